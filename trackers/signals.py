"""Another answer to a signal, for a while."""

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
"""Seconds: signals that come within are one interruption. Whoever ends a group of processes sends one to each
of them, and a process that passes signals on adds another."""


def interrupt_handler() -> Handler:
    """A handler that raises KeyboardInterrupt, once for several signals that come together."""
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


def raise_swallowed_interrupts() -> None:
    """Has this process raise a KeyboardInterrupt again that came while a finalizer (`__del__`) ran.

    Python cannot raise there: it prints a traceback, and the interruption is lost.
    """
    usual = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        global _swallowed
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            _swallowed = True
            # In the background of a shell Ctrl-C is ignored; commands that run for long handle SIGTERM.
            number = signal.SIGTERM if callable(signal.getsignal(signal.SIGTERM)) else signal.SIGINT
            # Not at once: it would be raised in this function, and lost again.
            again = threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, number])
            again.daemon = True
            again.start()
        else:
            usual(unraisable)

    sys.unraisablehook = hook


@contextmanager
def override_signal_handler(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Has `handler` answer a signal within. Only the main thread may: in others nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, usual)
