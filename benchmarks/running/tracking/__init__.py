"""One tracker on one sequence: its requests, the timed calls, and rebuilding the tracker after a failure."""
