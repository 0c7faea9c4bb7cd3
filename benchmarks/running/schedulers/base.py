"""The interface of a scheduler, which has a tracker make the runs of a protocol over sequences.

    SequentialScheduler   one tracker, one sequence after the other
    LockstepScheduler     one batch tracker, as many sequences at once as it has slots
    ProcessWorkerPool     several processes, each with one of the above
    RayWorkerPool         the same on the machines of a Ray cluster

A scheduler knows no metric and writes no file: it yields the outcome of each sequence, in any order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias
from typing import Protocol as Interface

from benchmarks.datasets import Sequence
from benchmarks.protocols import Trajectory
from benchmarks.running.tasks import Task
from benchmarks.running.tracking.provider import TrackerInfo
from benchmarks.store import SequenceRecord
from trackers.tracker import Boxes, Frame

FrameCallback: TypeAlias = Callable[[Sequence, int, Frame, Boxes], None]
"""Receives a sequence, a frame's number (0-based), the frame, and the tracker's box (4,)."""


def ignore_box(sequence: Sequence, number: int, frame: Frame, box: Boxes) -> None:
    """A `FrameCallback` that does nothing."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one sequence.

    Attributes:
        sequence: its name.
        record: its status; without the result files, which are not written yet.
        trajectories: one for each run if the status is `ok`.
        environment: where it ran, if that differs from the `TrackerInfo`.
    """

    sequence: str
    record: SequenceRecord
    trajectories: list[Trajectory] = field(default_factory=list)
    environment: dict[str, Any] | None = None


class Progress(Interface):
    """Receives the progress of a run."""

    def start(self, sequence: str, frames: int) -> None:
        """A sequence of `frames` frames starts, perhaps for the second time; others may be running."""

    def advance(self, sequence: str, frames: float) -> None:
        """`frames` more frames are done; a fraction if a sequence is run several times."""

    def log(self, line: str) -> None:
        """A message to the user."""


Outcomes: TypeAlias = Generator[Outcome, None, None]


class Scheduler(ABC):
    """Runs a tracker over sequences. A context manager: leaving it ends the tracker."""

    @abstractmethod
    def tracker_info(self) -> TrackerInfo:
        """Builds the tracker and describes it.

        Raises:
            UserError: it cannot be built, or cannot run on this scheduler.
        """

    @abstractmethod
    def outcomes(
        self, tasks: Items[Task], progress: Progress, on_box: FrameCallback = ignore_box
    ) -> Outcomes:
        """Yields each task's outcome as soon as it is known. `tracker_info` has been called.

        Args:
            tasks: what to run. A sequence that fails does not affect the others.
            progress: receives what is done.
            on_box: receives every box; called only by a scheduler that runs one sequence at a time.

        Raises:
            UserError: nothing more can be run.
        """

    def throughput(self) -> str:
        """Returns a phrase about the speed of the whole run, or an empty string."""
        return ""

    @abstractmethod
    def close(self) -> None:
        """Ends the tracker and everything else that was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
