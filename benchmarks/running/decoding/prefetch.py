"""Frames that threads read and decode ahead of the tracker."""

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
from benchmarks.running.decoding.thread_pool import DaemonThreadPool
from benchmarks.running.tracking.errors import SequenceTimeout
from trackers.devices import keep_freed_memory
from trackers.tracker import Frame

Item = TypeVar("Item")


@contextmanager
def short_switch_interval() -> Iterator[None]:
    """Lets a thread that waits for another process continue as soon as that process has replied.

    Otherwise a decoding thread may keep the interpreter for 5 ms, ten times as long as it takes to send a
    frame to the other process.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@contextmanager
def decoder_threads(own_process: bool) -> Iterator[DaemonThreadPool]:
    """Returns the threads for a `Prefetcher` of one tracker.

    Args:
        own_process: whether the tracker runs in its own process, for which one core is left free.
    """
    keep_freed_memory()
    threads = max(min(4, usable_cores()) - own_process, 1)
    with (
        DaemonThreadPool(threads, "decode") as pool,
        short_switch_interval() if own_process else nullcontext(),
    ):
        yield pool


def batch_decoder_threads() -> DaemonThreadPool:
    """Returns the threads for the prefetchers of a batch; the tracker's thread keeps a core."""
    keep_freed_memory()
    return DaemonThreadPool(min(max(usable_cores() - 1, 1), 16), "decode")


class Prefetcher(Generic[Item]):
    """Decodes the frames after the requested one, so that the next is ready when it is needed.

    At most `ahead` + 1 frames are held. Any order of access works; sequential access is fast, in both
    directions.

    Args:
        frames: the sequence's frames.
        pool: the threads that decode; may serve several prefetchers.
        ahead: number of frames to decode before they are requested.
        read: what a thread does with a frame; decodes it by default.
        finish: the rest of the work, if any, done in the thread that requests the frame. CUDA work must run
            in the tracker's thread, because other threads may not use CUDA while a graph is being captured.

    Attributes:
        deadline: the reading of `time.perf_counter` at which waiting for a frame ends; None for no deadline.
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
        self._last = -1

    def __getitem__(self, index: int) -> Item:
        """Returns frame `index`, waiting for it if necessary.

        Raises:
            SequenceError: the frame is missing or damaged.
            SequenceTimeout: the deadline passed first: the disk or network does not respond.
        """
        backward = index == self._last - 1
        self._last = index
        if backward:
            wanted = range(index, max(index - self._ahead, 0) - 1, -1)
        else:
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
            if self._waiting[index].done():  # raised by the read: on some systems, a broken connection
                raise
            raise SequenceTimeout(f"frame {index}: not read before the sequence timed out") from None
        return item if self._finish is None else self._finish(item)

    def path(self, index: int) -> Path | None:
        """Returns the image file of frame `index`, as `Frames.path`."""
        return self._frames.path(index)

    def fingerprint(self) -> str:
        """Returns a fingerprint of all frames as they are now, as `Frames.fingerprint`."""
        return self._frames.fingerprint()

    def close(self) -> None:
        """Drops the frames that are held, and those still to be decoded."""
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
