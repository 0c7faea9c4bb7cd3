"""Running trackers: scheduling, timing, failures."""

from benchmarks.running.run import RunSettings, RunSummary, run

__all__ = ["RunSettings", "RunSummary", "run"]
