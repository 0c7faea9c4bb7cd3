"""Tasks: the sequences of a run, checked before anything is started."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.datasets import Dataset, Sequence, SequenceError
from benchmarks.datasets.sequence import first_box_problem
from benchmarks.store import SequenceRecord, truth_digest
from trackers.errors import system_reason
from trackers.wording import counted


@dataclass(frozen=True)
class Task:
    """A sequence to run. It holds no ground truth: a run may have 10,000 tasks.

    Attributes:
        dataset: the sequence's data set.
        name: the sequence's name.
        record: describes its data as they were when the run was planned; becomes its outcome's record.
    """

    dataset: Dataset
    name: str
    record: SequenceRecord

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.record.frames

    def sequence(self) -> Sequence:
        """Reads the sequence.

        Raises:
            SequenceError: its ground truth is missing, damaged, or was changed since the run was planned.
        """
        sequence = self.dataset[self.name]
        if truth_digest(sequence.truth) != self.record.truth:
            raise SequenceError(
                f"{self.name}: its ground truth was changed since the run began; run it again"
            )
        return sequence


def plan_task(dataset: Dataset, name: str) -> Task:
    """Reads a sequence's ground truth and finds its frames; the task's record describes these data.

    Raises:
        SequenceError: they are missing, damaged, or cannot be run.
    """
    try:
        sequence = dataset[name]
        frames = sequence.open_frames()
    except OSError as error:
        raise SequenceError(f"{name}: {system_reason(error)}") from None
    if len(frames) != len(sequence.truth):
        rows = counted(len(sequence.truth), "row")
        raise SequenceError(f"{name} has {counted(len(frames), 'frame')} and {rows} of ground truth")
    if problem := first_box_problem(sequence):
        raise SequenceError(problem)
    record = SequenceRecord(
        "ok", frames=len(frames), truth=truth_digest(sequence.truth), images=frames.fingerprint()
    )
    return Task(dataset, name, record)


def longest_first(tasks: Iterable[Task]) -> list[Task]:
    """Sorts tasks so that parallel workers or slots finish at about the same time."""
    return sorted(tasks, key=lambda task: -task.frames)
