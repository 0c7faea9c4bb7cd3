"""Another answer to a signal, for a while."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers


TOGETHER = 1.0
"""Seconds: signals that come within are one interruption. Whoever ends a group of processes sends one to each
of them, and a process that passes signals on adds another."""


def interruption() -> Handler:
    """A handler that raises KeyboardInterrupt, once for several signals that come together."""
    last = -TOGETHER

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        nonlocal last
        now = time.monotonic()
        if now - last >= TOGETHER:
            last = now
            raise KeyboardInterrupt

    return interrupt


@contextmanager
def answering(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Has `handler` answer a signal within. Only the main thread may: in others nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, usual)
