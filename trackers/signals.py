"""Temporary signal handlers, and interruptions that come once and are not lost."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | signal.Handlers


COALESCE_SECONDS = 1.0
"""Seconds within which several signals count as one interruption: a signal to a process group may arrive both
directly and from a parent that forwards it."""


def interrupt_handler() -> Handler:
    """Returns a handler that raises KeyboardInterrupt, once for signals within `COALESCE_SECONDS`."""
    last = -COALESCE_SECONDS

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        global _swallowed
        nonlocal last
        now = time.monotonic()
        if now - last >= COALESCE_SECONDS or _swallowed:
            last, _swallowed = now, False
            raise KeyboardInterrupt

    return interrupt


_swallowed = False


def install_interrupt_hook() -> None:
    """Makes this process repeat a KeyboardInterrupt that came while a finalizer (`__del__`) ran.

    Exceptions cannot leave a finalizer: Python prints a traceback, and the interruption would be lost.
    """
    previous = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        global _swallowed
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            _swallowed = True
            # Background jobs of a shell ignore SIGINT; long-running commands handle SIGTERM.
            number = signal.SIGTERM if callable(signal.getsignal(signal.SIGTERM)) else signal.SIGINT
            # Not immediately: it would be raised in this function, and be lost again.
            again = threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, number])
            again.daemon = True
            again.start()
        else:
            previous(unraisable)

    sys.unraisablehook = hook


@contextmanager
def override_signal_handler(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Context in which `handler` handles a signal; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, previous)
