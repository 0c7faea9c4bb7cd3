"""A worker of a `WorkerPool`, in another process or on another machine.

It has its own scheduler and tracker, runs batches of sequences, and sends messages to its driver. It writes
no results.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.running.parallel.messages import (
    LogMessage,
    Message,
    SequenceAdvanced,
    SequenceFinished,
    SequenceStarted,
    WorkerCrashed,
    WorkerReady,
    WorkerUserError,
)
from benchmarks.running.schedulers import Scheduler, create_scheduler
from benchmarks.running.schedulers.base import Outcome
from benchmarks.running.settings import RunSettings
from benchmarks.running.tasks import Task, plan_task
from benchmarks.running.tracking.errors import failure_record
from benchmarks.store import SequenceRecord
from trackers.errors import UserError

_PROGRESS_SECONDS = 0.2
"""Seconds between two messages about progress."""


def pickle_dataset(dataset: Dataset) -> bytes:
    """Pickles a data set, to be opened again by a worker.

    Raises:
        UserError: it cannot be pickled.
    """
    try:
        return pickle.dumps(dataset)
    except Exception as error:  # a user's data set may hold anything
        raise UserError(
            f"data set '{dataset.name}' cannot be sent to another process ({error}); leave --workers out"
        ) from error


class Worker:
    """Runs sequences for a driver.

    Args:
        send: sends a message to the driver.
    """

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._scheduler: Scheduler | None = None

    def begin(self, settings: RunSettings, slots: int, log: Path | None, dataset: bytes) -> None:
        """Opens the pickled data set and builds the tracker; see `create_scheduler`."""
        with self._errors_sent():
            self._dataset: Dataset = pickle.loads(dataset)
            self._scheduler = create_scheduler(settings, slots, log)
            self._send(WorkerReady(self._scheduler.tracker_info()))

    def run_tasks(self, records: dict[str, SequenceRecord]) -> None:
        """Runs sequences, named with the records of the driver's data, and sends their outcomes."""
        with self._errors_sent():
            assert self._scheduler
            tasks = []
            for name, record in records.items():
                try:
                    tasks.append(self._task(name, record))
                except SequenceError as error:
                    self._send(SequenceFinished(Outcome(name, failure_record(record, error))))
            for outcome in self._scheduler.outcomes(tasks, _ProgressMessages(self._send)):
                self._send(SequenceFinished(outcome))

    def _task(self, name: str, record: SequenceRecord) -> Task:
        """Returns the task of a sequence, whose data have to equal the driver's."""
        here = plan_task(self._dataset, name)
        if not here.record.same_data(record):
            raise SequenceError(f"{name}: its frames or its ground truth are not the same on every machine")
        return replace(here, record=record)

    @contextmanager
    def _errors_sent(self) -> Iterator[None]:
        """Sends an error to the driver in place of raising it."""
        try:
            yield
        except UserError as error:
            self._send(WorkerUserError(str(error)))
        except ConnectionError:
            raise
        except Exception as error:
            self._send(WorkerCrashed("".join(traceback.format_exception(error))))

    def close(self) -> None:
        """Ends the tracker."""
        if self._scheduler:
            self._scheduler.close()


class _ProgressMessages:
    """Sends progress as messages, few enough to cost no time."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self._send = send
        self._done: defaultdict[str, float] = defaultdict(float)
        self._sent = time.monotonic()

    def start(self, sequence: str, frames: int) -> None:
        self._done.pop(sequence, None)
        self._send(SequenceStarted(sequence, frames))

    def advance(self, sequence: str, frames: float) -> None:
        self._done[sequence] += frames
        if time.monotonic() - self._sent >= _PROGRESS_SECONDS:
            for name, done in self._done.items():
                self._send(SequenceAdvanced(name, done))
            self._done.clear()
            self._sent = time.monotonic()

    def log(self, line: str) -> None:
        self._send(LogMessage(line))
