"""Frames decoded, or read at least, in threads ahead of the tracker."""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, overload

from benchmarks.datasets.sequence import Frames
from benchmarks.environment import usable_cores
from benchmarks.running.frames.thread_pool import DaemonThreadPool
from benchmarks.running.tracking.requests import SequenceTimeout
from trackers.devices import keep_freed_memory
from trackers.tracker import Frame

Item = TypeVar("Item")


@contextmanager
def short_switch_interval() -> Iterator[None]:
    """Lets a thread that waits for another process go on as soon as that has answered.

    A thread that decodes may keep the interpreter for 5 ms otherwise, ten times as long as it takes to bring
    a frame to the other process.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@contextmanager
def decoder_threads(own_process: bool) -> Iterator[DaemonThreadPool]:
    """Threads for a `Prefetcher`, beside one tracker.

    Args:
        own_process: whether the tracker is in another process: it has a core for itself then.
    """
    keep_freed_memory()
    threads = max(min(4, usable_cores()) - own_process, 1)
    with (
        DaemonThreadPool(threads, "decode") as pool,
        short_switch_interval() if own_process else nullcontext(),
    ):
        yield pool


def batch_decoder_threads() -> DaemonThreadPool:
    """Threads for the prefetchers of a batch, beside the thread that the tracker has."""
    keep_freed_memory()
    return DaemonThreadPool(min(max(usable_cores() - 1, 1), 16), "decode")


class Prefetcher(Generic[Item]):
    """Decodes the frames that follow the one asked for, so that the next is ready when it is needed.

    At most `ahead` + 1 frames are held. Any order of access is right; the order of the frames is fast.

    Args:
        frames: what to decode.
        pool: the threads that decode; it may serve several prefetchers.
        ahead: how many frames to decode before they are asked for.
        read: what a thread does to have a frame, if not decode it.
        finish: what is left to do where the frame is asked for, if anything: work for CUDA, which no other
            thread may be given while the tracker's records a graph.

    Attributes:
        deadline: the reading of `time.perf_counter` after which a frame is not waited for any more; None to
            wait without end.
    """

    deadline: float | None = None

    @overload
    def __init__(self: Prefetcher[Frame], frames: Frames, pool: Executor, ahead: int = ...) -> None: ...

    @overload
    def __init__(
        self, frames: Frames, pool: Executor, ahead: int = ..., *, read: Callable[[Frames, int], Item]
    ) -> None: ...

    @overload
    def __init__(
        self,
        frames: Frames,
        pool: Executor,
        ahead: int = ...,
        *,
        read: Callable[[Frames, int], Any],
        finish: Callable[[Any], Item] | None,
    ) -> None: ...

    def __init__(
        self,
        frames: Frames,
        pool: Executor,
        ahead: int = 8,
        read: Callable[[Frames, int], Any] = operator.getitem,
        finish: Callable[[Any], Any] | None = None,
    ) -> None:
        self._frames = frames
        self._pool = pool
        self._ahead = ahead
        self._read = read
        self._finish = finish
        self._waiting: dict[int, Future[Any]] = {}

    def __getitem__(self, index: int) -> Item:
        """Returns frame `index`, waiting for it if need be.

        Raises:
            SequenceError: the frame is missing or damaged.
            SequenceTimeout: it was not there when time was up: its disk or network does not answer.
        """
        wanted = range(index, min(index + 1 + self._ahead, len(self._frames)))
        for stale in self._waiting.keys() - set(wanted):
            self._waiting.pop(stale).cancel()
        for number in wanted:
            if number not in self._waiting:
                self._waiting[number] = self._pool.submit(self._read, self._frames, number)
        left = None if self.deadline is None else max(self.deadline - time.perf_counter(), 0)
        try:
            item: Item = self._waiting[index].result(left)
        except TimeoutError:
            if self._waiting[index].done():  # its own: some systems call a broken connection so
                raise
            raise SequenceTimeout(f"frame {index}: it was not read within the time limit") from None
        return item if self._finish is None else self._finish(item)

    def path(self, index: int) -> Path | None:
        """The image file of frame `index`, as `Frames.path`."""
        return self._frames.path(index)

    def fingerprint(self) -> str:
        """What all the frames are at present, as `Frames.fingerprint`."""
        return self._frames.fingerprint()

    def close(self) -> None:
        """Gives up the frames that are held, and those still to be decoded."""
        for future in self._waiting.values():
            if isinstance(self._pool, DaemonThreadPool):
                self._pool.abandon(future)
            else:
                future.cancel()
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
