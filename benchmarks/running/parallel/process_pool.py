"""Workers as processes on this machine; each has its own tracker and a part of the cores and GPUs.

`concurrent.futures` and loky give up all processes and their work when one of them dies. Here each worker is
a separate interpreter, in its own session, at the other end of a pipe.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Items
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.environment import thread_limits, usable_cores, visible_gpus
from benchmarks.running.parallel.messages import Message, WorkerLost
from benchmarks.running.parallel.pool import WorkerHandle, WorkerPool
from benchmarks.running.parallel.worker import Worker, pickle_dataset
from benchmarks.running.settings import RunSettings
from benchmarks.running.tracking.provider import TrackerInfo
from benchmarks.store import SequenceRecord
from trackers.processes.child_process import python_command
from trackers.processes.process_tree import describe_exit, kill_marked
from trackers.processes.reaper import cancel_kill_on_exit, kill_on_exit
from trackers.signals import install_interrupt_hook

_GRACE = 4.0
"""Seconds that workers get to shut down after being asked to."""

_MARK = "SOTBENCH_WORKER"


class ProcessWorkerPool(WorkerPool):
    """Runs sequences in several processes.

    Args:
        settings: the run's settings.
        dataset: the data set of the sequences.
        sequences: number of sequences to run; there are no more workers than that.
        log: see `TrackerProvider`.

    Raises:
        UserError: the data set cannot be sent.
    """

    def __init__(self, settings: RunSettings, dataset: Dataset, sequences: int, log: Path) -> None:
        size = min(settings.workers, max(sequences, 1))
        slots = settings.slots(-(-sequences // size))
        super().__init__(size, slots)
        self._workers = size
        limits = replace(settings.spec.limits, memory=settings.spec.limits.memory_bytes(size))
        self._spec = replace(settings.spec, limits=limits)
        self._begin = (replace(settings, spec=self._spec), slots, log, pickle_dataset(dataset))

    def start_worker(self) -> WorkerHandle:
        taken = {handle.number for handle in self._handles if isinstance(handle, _Process)}
        number = next(number for number in range(self._workers) if number not in taken)
        gpus = visible_gpus() if self._spec.device in ("auto", "cuda") else []
        environment_limits = thread_limits(usable_cores() // self._workers, os.environ)
        if gpus:
            environment_limits["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
        handle = _Process(number, environment_limits)
        handle.begin(*self._begin)
        return handle

    def receive_messages(self, handles: Items[WorkerHandle]) -> Iterator[tuple[WorkerHandle, Message]]:
        processes = {handle.connection: handle for handle in handles if isinstance(handle, _Process)}
        ready = wait(list(processes), timeout=1)
        for connection, handle in processes.items():
            if connection in ready:
                try:
                    message: Message = connection.recv()
                except (EOFError, OSError):
                    message = WorkerLost(handle.describe_exit())
                yield handle, message
            elif handle.process.poll() is not None and not connection.poll():
                # A child of the worker still holds the pipe open.
                yield handle, WorkerLost(handle.describe_exit())

    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        return replace(tracker_info, environment=tracker_info.environment | {"workers": self._workers})

    def close(self) -> None:
        # Ask all of them first, so that they shut down in parallel.
        for handle in self._handles:
            assert isinstance(handle, _Process)
            handle.request_stop()
        super().close()


class _Process(WorkerHandle):
    """The driver's side of a worker process.

    Args:
        number: the worker's number; a replacement gets the same.
        environment_limits: environment variables that limit it to its part of the machine.
    """

    def __init__(self, number: int, environment_limits: Mapping[str, str]) -> None:
        super().__init__()
        self.number = number
        self._mark = f"{_MARK}={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        kill_on_exit(self._mark)
        self.connection, worker_end = Pipe()
        with worker_end:
            self.process = subprocess.Popen(
                [*python_command(__name__), str(worker_end.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[worker_end.fileno()],
                env={**os.environ, **environment_limits, name: value},
                start_new_session=True,
            )
        self._kill_time = 0.0

    def begin(self, *arguments: object) -> None:
        """Sends the arguments of `Worker.begin`."""
        with contextlib.suppress(OSError):
            self.connection.send(arguments)

    def send(self, records: dict[str, SequenceRecord]) -> None:
        with contextlib.suppress(OSError):
            self.connection.send(records)

    def describe_exit(self) -> str:
        """Describes how the process ended, after its pipe was closed."""
        try:
            return describe_exit(self.process.wait(_GRACE))
        except subprocess.TimeoutExpired:
            return "stopped responding"

    def request_stop(self) -> None:
        """Asks the process to shut down, without waiting for it."""
        if not self._kill_time:
            self._kill_time = time.monotonic() + _GRACE
            self.connection.close()
            if self.tasks or not self.tracker_info:  # an idle one ends when the pipe is closed
                self.process.terminate()

    def terminate(self) -> None:
        self.request_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(self._kill_time - time.monotonic(), 0))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        kill_marked(self._mark)
        cancel_kill_on_exit(self._mark)


def main() -> int:
    """Runs a worker until its driver closes the pipe, whose file descriptor is the first argument."""
    # SIGTERM raises KeyboardInterrupt: a SystemExit would count as the tracker's and fail its sequence.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    install_interrupt_hook()
    connection = Connection(int(sys.argv[1]))
    worker = Worker(connection.send)
    # The driver may ask for the end while the worker is closing: what that leaves behind, it kills.
    with contextlib.suppress(KeyboardInterrupt):
        try:
            worker.begin(*connection.recv())
            while True:
                worker.run_tasks(connection.recv())
        except (EOFError, ConnectionError, KeyboardInterrupt):
            pass
        finally:
            worker.close()
    return 0
