"""Schedulers of one process: one sequence at a time, or many in lockstep batches."""

from __future__ import annotations

from pathlib import Path

from benchmarks.running.schedulers.base import Scheduler
from benchmarks.running.schedulers.lockstep import LockstepScheduler
from benchmarks.running.schedulers.sequential import SequentialScheduler
from benchmarks.running.settings import RunSettings
from benchmarks.running.tracking.provider import TrackerProvider

__all__ = ["Scheduler", "create_scheduler"]


def create_scheduler(settings: RunSettings, slots: int, log: Path | None = None) -> Scheduler:
    """Returns the scheduler that runs in this process.

    Args:
        settings: of the run.
        slots: number of sequences that a batch tracker follows at once.
        log: see `TrackerProvider`.
    """
    provider = TrackerProvider(settings, log)
    if settings.batch > 1:
        return LockstepScheduler(settings, provider, slots)
    return SequentialScheduler(settings, provider)
