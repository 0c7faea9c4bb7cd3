"""How a scheduler is made; what another process needs to make the same one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.running.builder import Builder
from benchmarks.running.lock_step import LockStep
from benchmarks.running.one_by_one import OneByOne
from benchmarks.running.scheduler import Scheduler
from trackers.catalogue import TrackerSpec


@dataclass(frozen=True)
class Recipe:
    """How the scheduler of one process is made; picklable.

    Attributes:
        spec: the tracker.
        limit: seconds that one sequence may take, or None.
        log: see `Builder`.
        batch: how many sequences the tracker follows at once.
        decoder: how a batch's frames are decoded: one of `DECODERS`.
    """

    spec: TrackerSpec
    limit: float | None = None
    log: Path | None = None
    batch: int = 1
    decoder: str = "pillow"

    def scheduler(self) -> Scheduler:
        """The scheduler for this process."""
        builder = Builder(self.spec, self.limit, self.log)
        return LockStep(builder, self.batch, self.decoder) if self.batch > 1 else OneByOne(builder)
