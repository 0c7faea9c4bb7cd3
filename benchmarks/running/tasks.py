"""What there is to run: a sequence of a data set, looked at before anything is started."""

from __future__ import annotations

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.datasets.sequence import start_problem
from benchmarks.running.schedulers.base import Task
from benchmarks.store import SequenceRecord, truth_digest
from trackers.errors import system_reason


def plan_task(dataset: Dataset, name: str) -> Task:
    """Reads a sequence's ground truth and finds its frames; the record says what data they are.

    Raises:
        SequenceError: they are missing, damaged, or not fit to be run.
    """
    try:
        sequence = dataset[name]
        frames = sequence.open_frames()
    except OSError as error:
        raise SequenceError(f"{name}: {system_reason(error)}") from None
    if len(frames) != len(sequence.truth):
        raise SequenceError(f"{name} has {len(frames)} frames and {len(sequence.truth)} rows of ground truth")
    if problem := start_problem(sequence):
        raise SequenceError(problem)
    record = SequenceRecord(
        "ok", frames=len(frames), truth=truth_digest(sequence.truth), images=frames.fingerprint()
    )
    return Task(dataset, name, record)
