"""The server of `sotbench serve`: `results_folder` finds and scores runs, `handler` speaks HTTP."""
