"""How a scheduler is made; what another process needs to make the same one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.running.schedulers.base import Scheduler
from benchmarks.running.schedulers.lockstep import LockstepScheduler
from benchmarks.running.schedulers.sequential import SequentialScheduler
from benchmarks.running.tracking.provider import TrackerProvider
from trackers.catalogue import TrackerSpec


@dataclass(frozen=True)
class SchedulerConfig:
    """How the scheduler of one process is made; picklable.

    Attributes:
        spec: the tracker.
        timeout: seconds that one sequence may take, or None.
        log: see `TrackerProvider`.
        batch: how many sequences the tracker follows at once.
        decoder: how a batch's frames are decoded: one of `DECODERS`.
        sequences: how many there are for this scheduler: a batch has no more slots. None where that is not
            known.
    """

    spec: TrackerSpec
    timeout: float | None = None
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
        provider = TrackerProvider(self.spec, self.timeout, self.log)
        return (
            LockstepScheduler(provider, self.slots, self.decoder)
            if self.batch > 1
            else SequentialScheduler(provider)
        )
