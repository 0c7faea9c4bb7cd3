"""Workers as processes of this machine, each with its own tracker and its share of cores and GPUs.

`concurrent.futures` and loky give up all processes, and what they were at, when one of them dies. Here each
is an interpreter of its own, in a session of its own, at the other end of a pipe.
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
from benchmarks.environment import usable_cores
from benchmarks.running.parallel.pool import WorkerHandle, WorkerPool, config_per_worker
from benchmarks.running.parallel.worker import Message, TaskBatch, Worker, WorkerLost, pickle_dataset
from benchmarks.running.schedulers.base import TrackerInfo
from benchmarks.running.schedulers.config import SchedulerConfig
from trackers.processes.child_process import python_command
from trackers.processes.process_tree import describe_exit, kill_marked
from trackers.processes.reaper import cancel_kill_on_exit, kill_on_exit
from trackers.signals import raise_swallowed_interrupts

_GRACE = 4.0
"""Seconds that workers have to end their trackers when they are told to."""

_MARK = "SOTBENCH_WORKER"

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


class ProcessWorkerPool(WorkerPool):
    """Runs sequences in several processes.

    Args:
        config: how each makes its scheduler.
        dataset: where the sequences are from.
        size: how many processes.

    Raises:
        UserError: the data set cannot be sent.
    """

    def __init__(self, config: SchedulerConfig, dataset: Dataset, size: int) -> None:
        config = config_per_worker(config, size)
        super().__init__(size, config.slots)
        self._workers = size
        limits = replace(config.spec.limits, memory=config.spec.limits.memory_bytes(size))
        self._config = replace(config, spec=replace(config.spec, limits=limits))
        self._dataset = pickle_dataset(dataset)

    def start_worker(self) -> WorkerHandle:
        taken = {handle.number for handle in self._handles if isinstance(handle, _Process)}
        number = next(number for number in range(self._workers) if number not in taken)
        gpus = gpus_here() if self._config.spec.device in ("auto", "cuda") else []
        share = thread_limits(usable_cores() // self._workers, os.environ)
        if gpus:
            share["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
        handle = _Process(number, share)
        handle.begin(self._config, self._dataset)
        return handle

    def receive_messages(self, handles: Items[WorkerHandle]) -> Iterator[tuple[WorkerHandle, Message]]:
        processes = {handle.connection: handle for handle in handles if isinstance(handle, _Process)}
        told = wait(list(processes), timeout=1)
        for connection, handle in processes.items():
            if connection in told:
                try:
                    message: Message = connection.recv()
                except (EOFError, OSError):
                    message = WorkerLost(handle.describe_exit())
                yield handle, message
            elif handle.process.poll() is not None and not connection.poll():
                # Something that it started holds its end of the pipe open.
                yield handle, WorkerLost(handle.describe_exit())

    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        return replace(tracker_info, environment=tracker_info.environment | {"workers": self._workers})

    def close(self) -> None:
        # All of them end at the same time.
        for handle in self._handles:
            assert isinstance(handle, _Process)
            handle.stop()
        super().close()


class _Process(WorkerHandle):
    """A worker in a process.

    Args:
        number: which of the workers it is; whoever takes its place has the same.
        share: environment variables that give it its share of the machine.
    """

    def __init__(self, number: int, share: Mapping[str, str]) -> None:
        super().__init__()
        self.number = number
        self._mark = f"{_MARK}={uuid.uuid4().hex}"
        name, _, value = self._mark.partition("=")
        kill_on_exit(self._mark)
        self.connection, theirs = Pipe()
        with theirs:
            self.process = subprocess.Popen(
                [*python_command(__name__), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, **share, name: value},
                start_new_session=True,
            )
        self._until = 0.0

    def begin(self, config: SchedulerConfig, dataset: bytes) -> None:
        """Sends what it needs to make its tracker."""
        with contextlib.suppress(OSError):
            self.connection.send((config, dataset))

    def send(self, order: TaskBatch) -> None:
        with contextlib.suppress(OSError):
            self.connection.send(order)

    def describe_exit(self) -> str:
        """How it ended, now that it has nothing more to say."""
        try:
            return describe_exit(self.process.wait(_GRACE))
        except subprocess.TimeoutExpired:
            return "fell silent"

    def stop(self) -> None:
        """Tells it to end, without waiting until it has."""
        if not self._until:
            self._until = time.monotonic() + _GRACE
            self.connection.close()
            if self.tasks or not self.tracker_info:  # otherwise it is waiting for an order
                self.process.terminate()

    def end(self) -> None:
        self.stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(self._until - time.monotonic(), 0))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        kill_marked(self._mark)
        cancel_kill_on_exit(self._mark)


def thread_limits(threads: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that have numerical libraries use `threads` threads, or fewer where they are told so."""
    limits = {}
    for name in _THREADS:
        told = environment.get(name, "")
        limits[name] = str(max(min(threads, int(told) if told.isdecimal() else threads), 1))
    return limits


def gpus_here() -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; loads no library to ask.

    Empty where the system does not show them as devices: then all workers see what this process sees.
    """
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return [name.strip() for name in told.split(",") if name.strip()]
    return [str(number) for number in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]


def main() -> int:
    """Is a worker until its driver has no more to say; the pipe's number is the first word."""
    # An interruption, not SystemExit: that is what a tracker may raise, and costs its sequence alone.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise_swallowed_interrupts()
    connection = Connection(int(sys.argv[1]))
    worker = Worker(connection.send)
    try:
        worker.begin(*connection.recv())
        while True:
            worker.run_tasks(connection.recv())
    except (EOFError, ConnectionError, KeyboardInterrupt):
        return 0
    finally:
        worker.close()
