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
        sequences: how many there are for this scheduler: a batch has no more slots. None where that is not
            known.
    """

    spec: TrackerSpec
    limit: float | None = None
    log: Path | None = None
    batch: int = 1
    decoder: str = "pillow"
    sequences: int | None = None

    @property
    def slots(self) -> int:
        """How many sequences are followed at once."""
        return self.batch if self.sequences is None else max(min(self.batch, self.sequences), 1)

    def scheduler(self) -> Scheduler:
        """The scheduler for this process."""
        builder = Builder(self.spec, self.limit, self.log)
        return LockStep(builder, self.slots, self.decoder) if self.batch > 1 else OneByOne(builder)
