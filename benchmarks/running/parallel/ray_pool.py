"""Workers as actors on the machines of a Ray cluster, each with its share of cores and GPUs.

The driver alone writes results. What travels to a machine is the run's settings, the tracker's weights and
its file, once; sotbench has to be installed there, and the data set has to lie in the same place.
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
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Items
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any

from benchmarks.datasets import Dataset
from benchmarks.environment import usable_cores
from benchmarks.running.parallel.file_transfer import TransferredFile, files_to_transfer, with_local_files
from benchmarks.running.parallel.pool import WorkerHandle, WorkerPool, config_per_worker
from benchmarks.running.parallel.process_pool import thread_limits
from benchmarks.running.parallel.ray_options import RayOptions
from benchmarks.running.parallel.worker import (
    Message,
    TaskBatch,
    Worker,
    WorkerLost,
    WorkerUserError,
    pickle_dataset,
)
from benchmarks.running.schedulers.base import TrackerInfo
from benchmarks.running.schedulers.config import SchedulerConfig
from trackers.errors import UserError

try:
    import ray
except ModuleNotFoundError as missing:
    raise UserError('--ray needs the package ray; install it by pip install "sotbench[ray]"') from missing


class RayWorkerPool(WorkerPool):
    """Runs sequences on a Ray cluster.

    Where this process is part of a cluster already (`ray.init` was called), that one is used and left alone.

    Args:
        config: how each worker makes its scheduler.
        dataset: where the sequences are from.
        cluster: which cluster, and how much of it each worker gets.
        most: how many workers there is work for, if that is known.

    Raises:
        UserError: the cluster cannot be reached or has no room for a worker, or something cannot be sent.
    """

    def __init__(
        self, config: SchedulerConfig, dataset: Dataset, cluster: RayOptions, most: int | None = None
    ) -> None:
        self._dataset = pickle_dataset(dataset)
        to_ship = files_to_transfer(config.spec)
        self._ours = not ray.is_initialized()
        if self._ours:
            _connect(cluster.address)
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        gpus = cluster.gpus
        if gpus is None:
            gpus = float(config.spec.device != "cpu" and any(node.get("GPU") for node in nodes))
        self._share = {"cpus": cluster.cpus, "gpus": gpus}
        size = room(nodes, cluster.cpus, gpus)
        if not size:
            self._disconnect()
            raise UserError(
                f"no machine of the Ray cluster has {cluster.cpus} CPU and {gpus:g} GPU for a worker; give "
                "less by --cpus-per-worker and --gpus-per-worker"
            )
        size = size if most is None else min(size, most)
        # The log's folder need not be there on other machines.
        self._config = replace(config_per_worker(config, size), log=None)
        super().__init__(size, self._config.slots)
        self._started_with = size
        self._shipped = {
            what: (parcel, ray.put(parcel.path.read_bytes())) for what, parcel in to_ship.items()
        }
        self._actor = ray.remote(_Actor).options(
            num_cpus=cluster.cpus, num_gpus=gpus, max_restarts=0, scheduling_strategy="SPREAD"
        )

    def start_worker(self) -> WorkerHandle:
        handle = _Remote(self._actor.remote())
        handle.begin(self._config, self._dataset, self._shipped, self._share["cpus"])
        return handle

    def receive_messages(self, handles: Items[WorkerHandle]) -> Iterator[tuple[WorkerHandle, Message]]:
        streams = {
            handle.stream: handle for handle in handles if isinstance(handle, _Remote) and handle.stream
        }
        told, _ = ray.wait(list(streams), timeout=1) if streams else ([], [])
        for stream in told:
            handle = streams[stream]
            try:
                yield handle, ray.get(next(stream))
            except StopIteration:  # it has carried out its order
                if handle.stream is stream:
                    handle.stream = None
            except ray.exceptions.RayActorError as error:
                yield handle, WorkerLost(f"was lost by Ray ({_why(error)})")

    def with_pool_environment(self, tracker_info: TrackerInfo) -> TrackerInfo:
        about = {"workers": self._started_with, "ray": {"version": ray.__version__, **self._share}}
        return replace(tracker_info, environment=tracker_info.environment | about)

    def close(self) -> None:
        super().close()
        self._disconnect()

    def _disconnect(self) -> None:
        if self._ours:
            ray.shutdown()


def room(nodes: Items[Mapping[str, float]], cpus: int, gpus: float) -> int:
    """How many workers a cluster has room for.

    Args:
        nodes: each machine's resources, as Ray names them.
        cpus: cores that a worker is given.
        gpus: GPUs, or the share of one, that it is given.
    """
    return sum(_room(node, cpus, gpus) for node in nodes)


def _room(node: Mapping[str, float], cpus: int, gpus: float) -> int:
    by_cores = int(node.get("CPU", 0) // cpus)
    if not gpus:
        return by_cores
    present = node.get("GPU", 0)
    # A worker's share is of one GPU: three workers with 0.4 each take two GPUs.
    by_gpus = present // gpus if gpus >= 1 else present * int(1 / gpus + 1e-9)
    return min(by_cores, int(by_gpus))


def _connect(address: str) -> None:
    """Joins a cluster, or starts one here.

    Raises:
        UserError: there is none at that address.
    """
    if address.startswith("ray://"):
        raise UserError(
            "Ray's client protocol is not spoken here; run on a machine of the cluster, with --ray auto"
        )
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    main = threading.current_thread() is threading.main_thread()
    terminated = signal.getsignal(signal.SIGTERM)
    try:
        if address == "local":
            # Whoever runs a tracker here did not ask to report to somebody that Ray was used.
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            ray.init(address="local", num_cpus=usable_cores(), include_dashboard=False, **quiet)
        else:
            _knock(address)
            ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        first = str(error).strip().partition("\n")[0].rstrip(".")
        raise UserError(
            f"there is no Ray cluster to be reached at '{address}' ({first}); start one with "
            "`ray start --head`, or give --ray local"
        ) from error
    finally:
        if main:  # Ray has put its own in place of the command's
            signal.signal(signal.SIGTERM, terminated)


def _knock(address: str) -> None:
    """Raises OSError where nobody listens, which Ray takes minutes to find out."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=10).close()


def _why(error: Exception) -> str:
    """What Ray says of a lost actor, in short; that sotbench is not installed there is worth saying."""
    absent = re.search(r"^(ModuleNotFoundError|ImportError): .*", str(error), re.MULTILINE)
    return type(error).__name__ + (f": {absent[0]}" if absent else "")


class _Remote(WorkerHandle):
    """A worker on Ray."""

    def __init__(self, actor: Any) -> None:
        super().__init__()
        self._actor = actor
        self.stream: Any = None

    def begin(self, *arguments: object) -> None:
        """Sends what it needs to make its tracker."""
        self.stream = self._actor.begin.options(num_returns="streaming").remote(*arguments)

    def send(self, order: TaskBatch) -> None:
        self.stream = self._actor.run_tasks.options(num_returns="streaming").remote(order)

    def end(self) -> None:
        with contextlib.suppress(ray.exceptions.RayError):
            ray.kill(self._actor)


class _Actor:
    """The worker where Ray placed it; its methods yield the messages.

    The tracker lives in a thread, always the same, so that messages can be sent while it works.
    """

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._worker = Worker(self._messages.put)
        self._thread = ThreadPoolExecutor(1, "tracker")

    def begin(
        self,
        config: SchedulerConfig,
        dataset: bytes,
        shipped: dict[str, tuple[TransferredFile, Any]],
        cpus: int,
    ) -> Iterator[Message]:
        """Unpacks what was shipped and makes the tracker."""
        # Ray gives an actor as many threads as cores, unless the machine says otherwise.
        os.environ.update(thread_limits(cpus, {}))
        try:
            paths = {
                what: parcel.local_path(partial(ray.get, content))
                for what, (parcel, content) in shipped.items()
            }
        except UserError as error:
            yield WorkerUserError(f"{platform.node()}: {error}")
            return
        here = replace(config, spec=with_local_files(config.spec, paths))
        for message in self._told(lambda: self._worker.begin(here, dataset)):
            yield (
                WorkerUserError(f"{platform.node()}: {message.sentence}")
                if isinstance(message, WorkerUserError)
                else message
            )

    def run_tasks(self, order: TaskBatch) -> Iterator[Message]:
        """Runs the sequences of an order."""
        yield from self._told(lambda: self._worker.run_tasks(order))

    def _told(self, work: Any) -> Iterator[Message]:
        done = self._thread.submit(work)
        done.add_done_callback(lambda _: self._messages.put(None))
        while (message := self._messages.get()) is not None:
            yield message
        done.result()
