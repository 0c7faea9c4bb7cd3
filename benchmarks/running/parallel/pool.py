"""Several workers under one driver, wherever they are: who gets what, and what happens when one dies.

Whoever is free gets the longest sequence that is left, so that all end at about the same time. A worker that
dies loses what it was at. That is tried again when the rest is done, each sequence alone, so that one that
kills its workers takes no other along; after three tries it is recorded as failed.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterator
from collections.abc import Sequence as Items
from dataclasses import replace

from benchmarks.running.parallel.worker import (
    LogMessage,
    Message,
    SequenceAdvanced,
    SequenceFinished,
    SequenceStarted,
    TaskBatch,
    WorkerCrashed,
    WorkerLost,
    WorkerReady,
    WorkerUserError,
)
from benchmarks.running.schedulers.base import Job, Outcome, Outcomes, Progress, Scheduler, Task, TrackerInfo
from benchmarks.running.schedulers.config import SchedulerConfig
from trackers.errors import UserError

MAX_ATTEMPTS = 3
"""How often a sequence is begun whose workers die."""


def config_per_worker(config: SchedulerConfig, size: int) -> SchedulerConfig:
    """The config of one of `size` workers, which share the sequences that `config` speaks of."""
    return config if config.sequences is None else replace(config, sequences=-(-config.sequences // size))


class WorkerHandle(ABC):
    """A worker as its driver sees it.

    Attributes:
        tracker_info: its tracker; None until that is made.
        tasks: what it was given and has not finished, by the sequences' names.
    """

    def __init__(self) -> None:
        self.tracker_info: TrackerInfo | None = None
        self.tasks: dict[str, Task] = {}

    @abstractmethod
    def send(self, order: TaskBatch) -> None:
        """Has it run something. That it is gone is for `WorkerPool.receive_messages` to notice."""

    @abstractmethod
    def end(self) -> None:
        """Ends it, with all that it started."""


class WorkerPool(Scheduler):
    """Hands out sequences to workers.

    Args:
        size: how many workers there are at most.
        together: how many sequences each runs at once.
    """

    def __init__(self, size: int, together: int) -> None:
        self._size = size
        self._together = together
        self._handles: list[WorkerHandle] = []
        self._tracker_info: TrackerInfo | None = None
        self._reason = ""
        self._frames = 0
        self._seconds = 0.0

    @abstractmethod
    def start_worker(self) -> WorkerHandle:
        """Starts one more worker; does not wait until it is ready.

        Raises:
            UserError: none can be started.
        """

    @abstractmethod
    def receive_messages(self, handles: Items[WorkerHandle]) -> Iterator[tuple[WorkerHandle, Message]]:
        """Waits a moment for messages and yields those that there are, `WorkerLost` for a worker that is gone."""

    @abstractmethod
    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        """What a worker says of itself, with what there is to add to its environment."""

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
                        raise UserError(f"the worker {how} when it made the tracker")
                    case WorkerCrashed(trace):
                        raise RuntimeError(f"a worker failed:\n{trace}")
        return self._tracker_info

    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        if job.protocol.is_realtime:
            raise UserError(
                f"protocol {job.protocol.name} follows the tracker's own times, which it has only on a "
                "machine of its own; leave --workers and --ray out"
            )
        began = time.monotonic()
        queue = _Queue(tasks, self._together)
        while queue or any(handle.tasks for handle in self._handles):
            self._start_workers(len(queue))
            for handle in self._handles:
                if handle.tracker_info and not handle.tasks and queue:
                    handle.tasks = {task.name: task for task in queue.take(self._size)}
                    for name, task in handle.tasks.items():
                        progress.start(name, task.frames)
                    records = {name: task.record for name, task in handle.tasks.items()}
                    handle.send(TaskBatch(job.protocol.name, job.repeat, job.seed, job.timeout, records))
            for handle, message in self.receive_messages(self._handles):
                yield from self._handle_message(handle, message, queue, progress)
            self._seconds = time.monotonic() - began

    def _start_workers(self, waiting: int) -> None:
        """Starts as many workers as there are sequences for, up to the crew's size."""
        busy = sum(bool(handle.tasks) for handle in self._handles)
        while len(self._handles) < min(self._size, busy + waiting):
            self._handles.append(self.start_worker())
        if not self._handles:
            raise UserError(f"no worker is left: {self._reason}; what was finished is kept")

    def _handle_message(
        self, handle: WorkerHandle, message: Message, queue: _Queue, progress: Progress
    ) -> Outcomes:
        match message:
            case WorkerReady(tracker_info):
                self._accept_worker(handle, self.with_pool_environment(tracker_info), progress)
            case SequenceStarted(name, frames):
                progress.start(name, frames)
            case SequenceAdvanced(name, done) if (
                name in handle.tasks
            ):  # it may be told when the sequence is over
                progress.advance(name, done)
            case LogMessage(line):
                progress.say(line)
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
                        progress.say(f"{name}: its worker {how}; it is tried again")
                    else:
                        sentence = f"its worker {how}, as did those of {MAX_ATTEMPTS - 1} tries before"
                        yield Outcome(name, replace(task.record, status="failed", message=sentence))
            case WorkerLost(how):
                self._reject_worker(handle, f"it {how} when it made the tracker", progress)
            case WorkerUserError(sentence):
                if handle.tracker_info:
                    raise UserError(sentence)
                self._reject_worker(handle, sentence, progress)
            case WorkerCrashed(trace):
                raise RuntimeError(f"a worker failed:\n{trace}")

    def _accept_worker(self, handle: WorkerHandle, tracker_info: TrackerInfo, progress: Progress) -> None:
        """Lets a worker take part if it has the same tracker as the first."""
        assert self._tracker_info
        for what in ("weights", "code", "deterministic"):
            if getattr(tracker_info, what) != getattr(self._tracker_info, what):
                sentence = f"its tracker has not the same {what} as the first worker's"
                return self._reject_worker(handle, sentence, progress)
        if tracker_info.device.partition(":")[0] != self._tracker_info.device.partition(":")[0]:
            sentence = f"it runs on {tracker_info.device}, the first worker on {self._tracker_info.device}"
            return self._reject_worker(handle, sentence, progress)
        handle.tracker_info = tracker_info
        return None

    def _reject_worker(self, handle: WorkerHandle, reason: str, progress: Progress) -> None:
        """Goes on with one worker less: another one would fare no better."""
        self._remove_worker(handle)
        self._size -= 1
        self._reason = reason
        progress.say(f"a worker cannot take part: {reason}")

    def _remove_worker(self, handle: WorkerHandle) -> None:
        self._handles.remove(handle)
        handle.end()

    def throughput(self) -> str:
        if not self._frames:
            return ""
        return (
            f"{self._frames / self._seconds:.1f} frames/s by {self._size} workers, whose own times are not "
            "those of a tracker alone on its machine"
        )

    def close(self) -> None:
        handles, self._handles = self._handles, []
        for handle in handles:
            handle.end()


class _Queue:
    """What is still to be run: the longest first, and last what was lost with a worker."""

    def __init__(self, tasks: Items[Task], together: int) -> None:
        self._fresh = deque(sorted(tasks, key=lambda task: -task.frames))
        self._lost: deque[Task] = deque()
        self._tries: Counter[str] = Counter()
        self._together = together

    def __len__(self) -> int:
        return len(self._fresh) + len(self._lost)

    def take(self, workers: int) -> list[Task]:
        """What the next of so many workers is to run; neighbours in length, so that a batch ends together."""
        count = min(self._together, -(-len(self._fresh) // workers))
        taken = [self._fresh.popleft() for _ in range(count)] or [self._lost.popleft()]
        self._tries.update(task.name for task in taken)
        return taken

    def requeue(self, task: Task) -> bool:
        """Takes back what was lost with a worker; False if it was tried often enough."""
        again = self._tries[task.name] < MAX_ATTEMPTS
        if again:
            self._lost.append(task)
        return again
