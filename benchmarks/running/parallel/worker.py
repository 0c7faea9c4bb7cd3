"""A worker: the far end of `WorkerPool`, in another process or on another machine.

It has a scheduler and a tracker of its own, carries out orders, and tells its driver by messages what
becomes of them. It writes no result.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.protocols import PROTOCOLS
from benchmarks.running.schedulers.base import Job, Outcome, Scheduler, Task, TrackerInfo
from benchmarks.running.schedulers.config import SchedulerConfig
from benchmarks.running.tasks import plan_task
from benchmarks.running.tracking.requests import failed
from benchmarks.store import SequenceRecord
from trackers.errors import UserError

_PAUSE = 0.2
"""Seconds between two messages about progress."""


@dataclass(frozen=True)
class TaskBatch:
    """What a worker is to run: a `Job`, with the protocol's name and the records of the sequences' data."""

    protocol: str
    repeat: int
    seed: int
    timeout: float | None
    records: dict[str, SequenceRecord]


@dataclass(frozen=True)
class WorkerReady:
    """The tracker is made."""

    tracker_info: TrackerInfo


@dataclass(frozen=True)
class SequenceStarted:
    """A sequence of so many frames begins, perhaps for a second time."""

    sequence: str
    frames: int


@dataclass(frozen=True)
class SequenceAdvanced:
    """So many frames of a sequence are done since this was last said."""

    sequence: str
    frames: float


@dataclass(frozen=True)
class LogMessage:
    """Something that a person should know."""

    line: str


@dataclass(frozen=True)
class SequenceFinished:
    """A sequence is over."""

    outcome: Outcome


@dataclass(frozen=True)
class WorkerUserError:
    """The worker cannot go on, for a reason that the user can put right."""

    sentence: str


@dataclass(frozen=True)
class WorkerCrashed:
    """The worker cannot go on, by a mistake of ours."""

    trace: str


@dataclass(frozen=True)
class WorkerLost:
    """The worker is gone; said by the driver's end of the line. `how` follows its name in a sentence."""

    how: str


Message: TypeAlias = (
    WorkerReady
    | SequenceStarted
    | SequenceAdvanced
    | LogMessage
    | SequenceFinished
    | WorkerUserError
    | WorkerCrashed
    | WorkerLost
)
Say: TypeAlias = Callable[[Message], None]


def pickle_dataset(dataset: Dataset) -> bytes:
    """A data set, to be opened again by a worker.

    Raises:
        UserError: it is one that cannot be sent.
    """
    try:
        return pickle.dumps(dataset)
    except Exception as error:  # somebody's data set may hold anything
        raise UserError(
            f"data set '{dataset.name}' cannot be sent to another process ({error}); leave --workers out"
        ) from error


class Worker:
    """Carries out orders.

    Args:
        say: sends a message to the driver.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._scheduler: Scheduler | None = None

    def begin(self, config: SchedulerConfig, dataset: bytes) -> None:
        """Opens the data set and makes the tracker."""
        with _Reported(self._say):
            self._dataset: Dataset = pickle.loads(dataset)
            self._scheduler = config.scheduler()
            self._say(WorkerReady(self._scheduler.tracker_info()))

    def run_tasks(self, order: TaskBatch) -> None:
        """Runs the sequences of an order, and says what became of each."""
        with _Reported(self._say):
            assert self._scheduler
            job = Job(PROTOCOLS.load(order.protocol), order.repeat, order.seed, order.timeout)
            tasks = []
            for name, record in order.records.items():
                try:
                    tasks.append(self._found(name, record))
                except SequenceError as error:
                    self._say(SequenceFinished(Outcome(name, failed(record, error))))
            for outcome in self._scheduler.outcomes(job, tasks, _Messages(self._say)):
                self._say(SequenceFinished(outcome))

    def _found(self, name: str, record: SequenceRecord) -> Task:
        """A sequence as it is here, which has to be the one that the driver knows."""
        here = plan_task(self._dataset, name)
        if not here.record.same_data(record):
            raise SequenceError(f"{name}: its frames or its ground truth are not the same on every machine")
        return replace(here, record=record)

    def close(self) -> None:
        """Ends the tracker."""
        if self._scheduler:
            self._scheduler.close()


class _Reported:
    """Says what went wrong within."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, UserError):
            self._say(WorkerUserError(str(error)))
        elif isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self._say(WorkerCrashed("".join(traceback.format_exception(error))))
        else:
            return False
        return True


class _Messages:
    """Progress as messages, few enough not to be felt."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._done: defaultdict[str, float] = defaultdict(float)
        self._said = time.monotonic()

    def start(self, sequence: str, frames: int) -> None:
        self._done.pop(sequence, None)
        self._say(SequenceStarted(sequence, frames))

    def advance(self, sequence: str, frames: float) -> None:
        self._done[sequence] += frames
        if time.monotonic() - self._said >= _PAUSE:
            for name, done in self._done.items():
                self._say(SequenceAdvanced(name, done))
            self._done.clear()
            self._said = time.monotonic()

    def say(self, line: str) -> None:
        self._say(LogMessage(line))
