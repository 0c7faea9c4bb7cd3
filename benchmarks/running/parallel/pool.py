"""Several workers under one driver: which worker runs which sequences, and what happens when one dies.

Free workers take the longest remaining sequence, so all finish at about the same time. If a worker dies, its
unfinished sequences are retried at the end, one per batch, so a sequence that crashes its worker affects no
other. After three attempts it is marked failed.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterator
from collections.abc import Sequence as Items
from dataclasses import replace

from benchmarks.environment import device_type
from benchmarks.running.parallel.messages import (
    LogMessage,
    Message,
    SequenceAdvanced,
    SequenceFinished,
    SequenceStarted,
    WorkerCrashed,
    WorkerLost,
    WorkerReady,
    WorkerUserError,
)
from benchmarks.running.schedulers.base import (
    FrameCallback,
    Outcome,
    Outcomes,
    Progress,
    Scheduler,
    ignore_box,
)
from benchmarks.running.tasks import Task, longest_first
from benchmarks.running.tracking.provider import TrackerInfo
from benchmarks.store import SequenceRecord
from trackers.errors import UserError
from trackers.wording import counted

MAX_ATTEMPTS = 3
"""Number of attempts for a sequence whose worker dies."""


class WorkerHandle(ABC):
    """The driver's side of a worker.

    Attributes:
        tracker_info: describes its tracker; None until that is built.
        tasks: its unfinished tasks by sequence name.
    """

    def __init__(self) -> None:
        self.tracker_info: TrackerInfo | None = None
        self.tasks: dict[str, Task] = {}

    @abstractmethod
    def send(self, records: dict[str, SequenceRecord]) -> None:
        """Sends it sequences to run, with the records of their data.

        A dead worker is not reported here but by `WorkerPool.receive_messages`, as `WorkerLost`.
        """

    @abstractmethod
    def terminate(self) -> None:
        """Ends it, with everything that it started."""


class WorkerPool(Scheduler):
    """Distributes sequences to workers.

    Args:
        size: maximum number of workers.
        slots: number of sequences that each runs at once.
    """

    def __init__(self, size: int, slots: int) -> None:
        self._size = size
        self._slots = slots
        self._handles: list[WorkerHandle] = []
        self._tracker_info: TrackerInfo | None = None
        self._reason = ""
        self._frames = 0
        self._seconds = 0.0

    @abstractmethod
    def start_worker(self) -> WorkerHandle:
        """Starts one more worker, without waiting until it is ready.

        Raises:
            UserError: it cannot be started.
        """

    @abstractmethod
    def receive_messages(self, handles: Items[WorkerHandle]) -> Iterator[tuple[WorkerHandle, Message]]:
        """Waits briefly for messages and yields them; `WorkerLost` for each worker that is gone."""

    @abstractmethod
    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        """Returns a worker's `tracker_info` with the pool's properties added to its environment."""

    def tracker_info(self) -> TrackerInfo:
        self._handles.append(self.start_worker())
        while self._tracker_info is None:
            for handle, message in self.receive_messages(self._handles):
                match message:
                    case WorkerReady(tracker_info):
                        handle.tracker_info = self._tracker_info = self.with_pool_environment(tracker_info)
                    case WorkerUserError(sentence):
                        raise UserError(sentence)
                    case WorkerLost(how):
                        raise UserError(f"the worker {how} while building the tracker")
                    case WorkerCrashed(trace):
                        raise RuntimeError(f"a worker failed:\n{trace}")
        return self._tracker_info

    def outcomes(
        self,
        tasks: Items[Task],
        progress: Progress,
        on_box: FrameCallback = ignore_box,  # noqa: ARG002
    ) -> Outcomes:
        began = time.monotonic()
        queue = _Queue(tasks, self._slots)
        while queue or any(handle.tasks for handle in self._handles):
            self._start_workers(len(queue))
            for handle in self._handles:
                if handle.tracker_info and not handle.tasks and queue:
                    handle.tasks = {task.name: task for task in queue.take(self._size)}
                    for name, task in handle.tasks.items():
                        progress.start(name, task.frames)
                    handle.send({name: task.record for name, task in handle.tasks.items()})
            for handle, message in self.receive_messages(self._handles):
                yield from self._handle_message(handle, message, queue, progress)
            self._seconds = time.monotonic() - began

    def _start_workers(self, waiting: int) -> None:
        """Starts a worker for each of the `waiting` sequences, up to the pool's size."""
        busy = sum(bool(handle.tasks) for handle in self._handles)
        while len(self._handles) < min(self._size, busy + waiting):
            self._handles.append(self.start_worker())
        if not self._handles:
            raise UserError(f"no worker is left: {self._reason}; finished sequences are kept")

    def _handle_message(
        self, handle: WorkerHandle, message: Message, queue: _Queue, progress: Progress
    ) -> Outcomes:
        match message:
            case WorkerReady(tracker_info):
                self._accept_worker(handle, self.with_pool_environment(tracker_info), progress)
            case SequenceStarted(name, frames):
                progress.start(name, frames)
            case SequenceAdvanced(name, done):
                if name in handle.tasks:  # the message may arrive after the sequence is over
                    progress.advance(name, done)
            case LogMessage(line):
                progress.log(line)
            case SequenceFinished(outcome):
                task = handle.tasks.pop(outcome.sequence)
                self._frames += task.frames * (outcome.record.status == "ok")
                assert handle.tracker_info
                assert self._tracker_info
                other = handle.tracker_info.environment != self._tracker_info.environment
                yield replace(outcome, environment=handle.tracker_info.environment) if other else outcome
            case WorkerLost(how) if handle.tracker_info:
                self._remove_worker(handle)
                for name, task in handle.tasks.items():
                    if queue.requeue(task):
                        progress.log(f"{name}: its worker {how}; it is tried again")
                    else:
                        sentence = f"its worker {how}; given up after {MAX_ATTEMPTS} attempts"
                        yield Outcome(name, replace(task.record, status="failed", message=sentence))
            case WorkerLost(how):
                self._reject_worker(handle, f"it {how} while building the tracker", progress)
            case WorkerUserError(sentence):
                if handle.tracker_info:
                    raise UserError(sentence)
                self._reject_worker(handle, sentence, progress)
            case WorkerCrashed(trace):
                raise RuntimeError(f"a worker failed:\n{trace}")

    def _accept_worker(self, handle: WorkerHandle, tracker_info: TrackerInfo, progress: Progress) -> None:
        """Accepts a worker if it has the same tracker as the first one."""
        assert self._tracker_info
        for what in ("weights", "code", "deterministic"):
            if getattr(tracker_info, what) != getattr(self._tracker_info, what):
                reason = f"its tracker does not have the same {what} as the first worker's"
                return self._reject_worker(handle, reason, progress)
        if device_type(tracker_info.device) != device_type(self._tracker_info.device):
            reason = f"it runs on {tracker_info.device}, the first worker on {self._tracker_info.device}"
            return self._reject_worker(handle, reason, progress)
        handle.tracker_info = tracker_info
        return None

    def _reject_worker(self, handle: WorkerHandle, reason: str, progress: Progress) -> None:
        """Continues with one worker fewer: a replacement would fail in the same way."""
        self._remove_worker(handle)
        self._size -= 1
        self._reason = reason
        progress.log(f"a worker is left out: {reason}")

    def _remove_worker(self, handle: WorkerHandle) -> None:
        self._handles.remove(handle)
        handle.terminate()

    def throughput(self) -> str:
        if not self._frames:
            return ""
        return (
            f"{self._frames / self._seconds:.1f} frames/s with {counted(self._size, 'worker')}; per-frame "
            "times are not comparable with those of a tracker running alone"
        )

    def close(self) -> None:
        handles, self._handles = self._handles, []
        for handle in handles:
            handle.terminate()


class _Queue:
    """The tasks left to run: the longest first, and at the end those that were lost with a worker."""

    def __init__(self, tasks: Items[Task], slots: int) -> None:
        self._fresh = deque(longest_first(tasks))
        self._lost: deque[Task] = deque()
        self._attempts: Counter[str] = Counter()
        self._slots = slots

    def __len__(self) -> int:
        return len(self._fresh) + len(self._lost)

    def take(self, workers: int) -> list[Task]:
        """Takes the next of `workers` workers' tasks, similar in length so that a batch ends together."""
        count = min(self._slots, -(-len(self._fresh) // workers))
        taken = [self._fresh.popleft() for _ in range(count)] or [self._lost.popleft()]
        self._attempts.update(task.name for task in taken)
        return taken

    def requeue(self, task: Task) -> bool:
        """Takes back a task that was lost with a worker; returns False if it has had all its attempts."""
        again = self._attempts[task.name] < MAX_ATTEMPTS
        if again:
            self._lost.append(task)
        return again
