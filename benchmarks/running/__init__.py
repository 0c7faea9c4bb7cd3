"""Runs: trackers over the sequences of data sets.

run.py          the run itself            settings.py   its settings
tasks.py        the sequences to run      run_writer.py its folder, manifest and lock
progress.py     progress in the terminal  live.py       `--live`: frames in the terminal
schedulers/     one process: one sequence after the other, or many in lockstep (`--batch`)
parallel/       several workers: processes (`--workers`) or actors on a Ray cluster (`--ray`)
tracking/       one sequence: its requests, the timed calls, the tracker, what can go wrong
decoding/       frames read and decoded ahead of the tracker
"""

from benchmarks.running.run import RunSummary, run
from benchmarks.running.settings import RunSettings

__all__ = ["RunSettings", "RunSummary", "run"]
