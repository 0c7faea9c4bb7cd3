"""Workers as actors on the machines of a Ray cluster, each with its share of cores and GPUs.

Only the driver writes results. Each machine receives the run's settings, and once the tracker's weights and
the file that defines it. sotbench has to be installed there, and the data set has to be at the same path.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Items
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any

from benchmarks.datasets import Dataset
from benchmarks.environment import thread_limits, usable_cores
from benchmarks.running.parallel.file_transfer import TransferredFile, files_to_transfer, with_local_files
from benchmarks.running.parallel.messages import Message, WorkerLost, WorkerUserError
from benchmarks.running.parallel.pool import WorkerHandle, WorkerPool
from benchmarks.running.parallel.worker import Worker, pickle_dataset
from benchmarks.running.settings import RunSettings
from benchmarks.running.tracking.provider import TrackerInfo
from benchmarks.store import SequenceRecord
from trackers.errors import UserError

try:
    import ray
except ModuleNotFoundError as missing:
    raise UserError('--ray needs the package ray; install it by pip install "sotbench[ray]"') from missing


class RayWorkerPool(WorkerPool):
    """Runs sequences on a Ray cluster.

    A cluster that this process is already connected to (by `ray.init`) is used and left running.

    Args:
        settings: of the run; `ray` names the cluster.
        dataset: the data set of the sequences.
        sequences: number of sequences to run; there are no more workers than that.

    Raises:
        UserError: the cluster cannot be reached or has no room for a worker, or something cannot be sent.
    """

    def __init__(self, settings: RunSettings, dataset: Dataset, sequences: int) -> None:
        options = settings.ray
        assert options
        pickled = pickle_dataset(dataset)
        files = files_to_transfer(settings.spec)
        self._connected_here = not ray.is_initialized()
        if self._connected_here:
            _connect(options.address)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        gpus = options.gpus
        if gpus is None:
            gpus = float(settings.spec.device != "cpu" and any(node.get("GPU") for node in nodes))
        self._resources = {"cpus": options.cpus, "gpus": gpus}
        room = worker_capacity(nodes, options.cpus, gpus)
        if not room:
            self._disconnect()
            raise UserError(
                f"no machine of the Ray cluster has {options.cpus} CPU and {gpus:g} GPU for a worker; ask "
                "for less with --cpus-per-worker and --gpus-per-worker"
            )
        size = min(room, max(sequences, 1))
        slots = settings.slots(-(-sequences // size))
        super().__init__(size, slots)
        self._started_with = size
        sent = {name: (file, ray.put(file.path.read_bytes())) for name, file in files.items()}
        self._begin = (settings, slots, pickled, sent, options.cpus)
        self._actor = ray.remote(_Actor).options(
            num_cpus=options.cpus, num_gpus=gpus, max_restarts=0, scheduling_strategy="SPREAD"
        )

    def start_worker(self) -> WorkerHandle:
        handle = _Remote(self._actor.remote())
        handle.begin(*self._begin)
        return handle

    def receive_messages(self, handles: Items[WorkerHandle]) -> Iterator[tuple[WorkerHandle, Message]]:
        streams = {
            handle.stream: handle for handle in handles if isinstance(handle, _Remote) and handle.stream
        }
        ready, _ = ray.wait(list(streams), timeout=1) if streams else ([], [])
        for stream in ready:
            handle = streams[stream]
            try:
                yield handle, ray.get(next(stream))
            except StopIteration:  # the actor's method has returned
                if handle.stream is stream:
                    handle.stream = None
            except ray.exceptions.RayActorError as error:
                yield handle, WorkerLost(f"was lost by Ray ({_reason(error)})")

    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        pool = {"workers": self._started_with, "ray": {"version": ray.__version__, **self._resources}}
        return replace(tracker_info, environment=tracker_info.environment | pool)

    def close(self) -> None:
        super().close()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connected_here:
            ray.shutdown()


def worker_capacity(nodes: Items[Mapping[str, float]], cpus: int, gpus: float) -> int:
    """Returns the number of workers that a cluster has room for.

    Args:
        nodes: each machine's resources, as Ray names them.
        cpus: cores per worker.
        gpus: GPUs per worker, or the share of one.
    """
    return sum(_node_capacity(node, cpus, gpus) for node in nodes)


def _node_capacity(node: Mapping[str, float], cpus: int, gpus: float) -> int:
    by_cores = int(node.get("CPU", 0) // cpus)
    if not gpus:
        return by_cores
    present = node.get("GPU", 0)
    # A worker's share is of one GPU: three workers with 0.4 each take two GPUs.
    by_gpus = present // gpus if gpus >= 1 else present * int(1 / gpus + 1e-9)
    return min(by_cores, int(by_gpus))


def _connect(address: str) -> None:
    """Joins a cluster, or starts one on this machine.

    Raises:
        UserError: there is none at that address.
    """
    if address.startswith("ray://"):
        raise UserError(
            "Ray's client protocol is not supported; run on a machine of the cluster, with --ray auto"
        )
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    in_main_thread = threading.current_thread() is threading.main_thread()
    sigterm_handler = signal.getsignal(signal.SIGTERM)
    try:
        if address == "local":
            # The user has not asked to send statistics to Ray's makers.
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            ray.init(address="local", num_cpus=usable_cores(), include_dashboard=False, **quiet)
        else:
            _check_reachable(address)
            ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        first = str(error).strip().partition("\n")[0].rstrip(".")
        raise UserError(
            f"no Ray cluster can be reached at '{address}' ({first}); start one with "
            "`ray start --head`, or give --ray local"
        ) from error
    finally:
        if in_main_thread:  # Ray has replaced the command's handler
            signal.signal(signal.SIGTERM, sigterm_handler)


def _check_reachable(address: str) -> None:
    """Raises OSError if nothing listens there, which takes Ray minutes to notice."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=10).close()


def _reason(error: Exception) -> str:
    """Returns why Ray has lost an actor: the error's type, and which import failed if sotbench is missing."""
    missing_module = re.search(r"^(ModuleNotFoundError|ImportError): .*", str(error), re.MULTILINE)
    return type(error).__name__ + (f": {missing_module[0]}" if missing_module else "")


class _Remote(WorkerHandle):
    """The driver's side of a worker on Ray."""

    def __init__(self, actor: Any) -> None:
        super().__init__()
        self._actor = actor
        self.stream: Any = None

    def begin(self, *arguments: object) -> None:
        """Sends the arguments of `_Actor.begin`."""
        self.stream = self._actor.begin.options(num_returns="streaming").remote(*arguments)

    def send(self, records: dict[str, SequenceRecord]) -> None:
        self.stream = self._actor.run_tasks.options(num_returns="streaming").remote(records)

    def terminate(self) -> None:
        with contextlib.suppress(ray.exceptions.RayError):
            ray.kill(self._actor)


class _Actor:
    """The worker, on the machine that Ray has chosen; its methods yield the messages.

    The tracker runs in one separate thread, so that messages can be sent while it works.
    """

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._worker = Worker(self._messages.put)
        self._thread = ThreadPoolExecutor(1, "tracker")

    def begin(
        self,
        settings: RunSettings,
        slots: int,
        dataset: bytes,
        files: dict[str, tuple[TransferredFile, Any]],
        cpus: int,
    ) -> Iterator[Message]:
        """Stores the transferred files and builds the tracker."""
        # Ray limits the threads to the actor's cores only if the machine's environment sets no limit.
        os.environ.update(thread_limits(cpus, {}))
        try:
            paths = {
                name: file.local_path(partial(ray.get, content)) for name, (file, content) in files.items()
            }
        except UserError as error:
            yield WorkerUserError(f"{platform.node()}: {error}")
            return
        local = replace(settings, spec=with_local_files(settings.spec, paths))
        # No log: its folder need not exist on this machine.
        for message in self._messages_of(lambda: self._worker.begin(local, slots, None, dataset)):
            yield (
                WorkerUserError(f"{platform.node()}: {message.sentence}")
                if isinstance(message, WorkerUserError)
                else message
            )

    def run_tasks(self, records: dict[str, SequenceRecord]) -> Iterator[Message]:
        """Runs sequences; see `Worker.run_tasks`."""
        yield from self._messages_of(lambda: self._worker.run_tasks(records))

    def _messages_of(self, work: Callable[[], None]) -> Iterator[Message]:
        """Runs `work` in the tracker's thread and yields the messages that it sends."""
        done = self._thread.submit(work)
        done.add_done_callback(lambda _: self._messages.put(None))
        while (message := self._messages.get()) is not None:
            yield message
        done.result()
