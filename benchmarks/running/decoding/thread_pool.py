"""Daemon threads that read and decode frames, and never block the end of the run.

A read from a stalled network mount may never return. `concurrent.futures.ThreadPoolExecutor` joins its
threads when it is closed and when Python exits, so such a read would keep Ctrl-C, SIGTERM and a timeout from
ending the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_GRACE = 1.0
"""Seconds to wait for all threads together when the pool is closed."""


class DaemonThreadPool(Executor):
    """Runs calls in daemon threads.

    Args:
        threads: number of calls that run at once.
        name: name of the threads, for debuggers.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[Future[Any]] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False
        for _ in range(threads):
            self._start()

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        future: Future[Result] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._calls.put((future, lambda: fn(*args, **kwargs)))
        return future

    def abandon(self, future: Future[Any]) -> None:
        """Cancels a call; if it is already running, a new thread takes the place of its thread."""
        if future.cancel():
            return
        with self._lock:
            if future in self._running:
                self._running.discard(future)
                if not self._closed:
                    self._start()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Accepts no more calls; abandons threads that are stuck."""
        with self._lock:
            self._closed = True
            for _ in self._threads:
                self._calls.put(None)
            threads = self._threads
        until = time.monotonic() + _GRACE
        for thread in threads if wait else ():
            thread.join(max(until - time.monotonic(), 0))

    def _start(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, name=self._name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (item := self._calls.get()) is not None:
            future, call = item
            with self._lock:
                if not future.set_running_or_notify_cancel():
                    continue
                self._running.add(future)
            try:
                result = call()
            except BaseException as error:  # re-raised where the result is read
                future.set_exception(error)
            else:
                future.set_result(result)
            with self._lock:
                if future not in self._running:
                    return  # abandoned: a new thread has taken this one's place
                self._running.discard(future)
            del item, future, call
