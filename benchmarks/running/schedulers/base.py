"""What a scheduler is: it has a tracker make the runs of a protocol over sequences, in its own way.

    SequentialScheduler   one tracker, one sequence after the other
    LockstepScheduler   one batch tracker, as many sequences at once as it has slots
    ProcessWorkerPool    several processes, each of them one of the above
    RayWorkerPool      the same on the machines of a Ray cluster

A scheduler knows no metric and writes no file: it yields what became of each sequence, in any order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeAlias
from typing import Protocol as Interface

from benchmarks.datasets import Dataset, Sequence, SequenceError
from benchmarks.protocols import Protocol, Trajectory
from benchmarks.store import SequenceRecord, truth_digest
from trackers.tracker import Boxes, Frame


@dataclass(frozen=True)
class TrackerInfo:
    """What a run has to know of its tracker before it begins.

    Attributes:
        device: `"cpu"`, or `"cuda:N"`.
        weights: sha256 of the file that its weights come from, or None.
        code: sha256 of the file that defines it; of their digests where there are several; None where none
            is known.
        deterministic: see `Tracker.deterministic`.
        environment: machine and versions, as the manifest keeps them.
    """

    device: str
    weights: str | None
    code: str | None
    deterministic: bool
    environment: dict[str, Any]


FrameCallback: TypeAlias = Callable[[Sequence, int, Frame, Boxes], None]
"""Is told a sequence, a frame's number (0-based), the frame, and the box that the tracker gave."""


@dataclass(frozen=True)
class Job:
    """What is done with each sequence.

    Attributes:
        protocol: which runs are made over it.
        repeat: how often each is made.
        seed: see `RunSettings.seed`.
        timeout: seconds that one sequence may take with all its runs, or None.
        on_box: is shown every answer, by a scheduler that runs one sequence at a time.
    """

    protocol: Protocol
    repeat: int = 1
    seed: int = 0
    timeout: float | None = None
    on_box: FrameCallback = lambda sequence, number, frame, box: None  # noqa: ARG005


@dataclass(frozen=True)
class Task:
    """A sequence to be run. It holds no ground truth: there may be 10,000 of them.

    Attributes:
        dataset: where the sequence is from.
        name: what it is called.
        record: its data as they were when the run was planned; becomes the record of its outcome.
    """

    dataset: Dataset
    name: str
    record: SequenceRecord

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return self.record.frames

    def sequence(self) -> Sequence:
        """Reads it.

        Raises:
            SequenceError: its ground truth is missing, damaged, or not what the run was planned with.
        """
        sequence = self.dataset[self.name]
        if truth_digest(sequence.truth) != self.record.truth:
            raise SequenceError(
                f"{self.name}: its ground truth was changed since the run began; run it again"
            )
        return sequence


@dataclass(frozen=True)
class Outcome:
    """What became of a sequence.

    Attributes:
        sequence: its name.
        record: its status; without the files, which are not written yet.
        trajectories: one for each run, where the status is `ok`.
        environment: where it ran, if that is not what the `TrackerInfo` says.
    """

    sequence: str
    record: SequenceRecord
    trajectories: list[Trajectory] = field(default_factory=list)
    environment: dict[str, Any] | None = None


class Progress(Interface):
    """Who is told how a run is going."""

    def start(self, sequence: str, frames: int) -> None:
        """A sequence of `frames` frames begins, perhaps for a second time; others may be under way."""

    def advance(self, sequence: str, frames: float) -> None:
        """So many frames are done: a part of one where a sequence is run several times."""

    def say(self, line: str) -> None:
        """Something that a person should know."""


Outcomes: TypeAlias = Generator[Outcome, None, None]


class Scheduler(ABC):
    """Carries out a job on sequences; to be closed, as a context, when it is no longer needed."""

    @abstractmethod
    def tracker_info(self) -> TrackerInfo:
        """Makes the tracker ready and says what it is.

        Raises:
            UserError: it cannot be built, or not for this scheduler.
        """

    @abstractmethod
    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        """Yields each task's outcome as soon as it is known; a sequence that fails costs no other.

        Raises:
            UserError: nothing more can be run.
        """

    def throughput(self) -> str:
        """What is to be said of the whole at its end, if anything."""
        return ""

    @abstractmethod
    def close(self) -> None:
        """Ends trackers and whatever else was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
