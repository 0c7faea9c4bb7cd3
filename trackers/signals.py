"""Signal handlers: temporary ones, and Ctrl-C that is handled once and never lost."""

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
"""Seconds within which several signals count as one interruption.

A signal to a process group may arrive twice: directly, and from a parent that forwards it.
"""


def interrupt_handler() -> Handler:
    """Returns a handler that raises KeyboardInterrupt, but only once within `COALESCE_SECONDS`."""
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
    """Installs a hook that raises KeyboardInterrupt again if it was raised in a finalizer (`__del__`).

    Python ignores exceptions in finalizers: it prints a traceback and continues, so Ctrl-C would be lost.
    """
    previous = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        global _swallowed
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            _swallowed = True
            # Background jobs of a shell ignore SIGINT; long-running commands handle SIGTERM.
            number = signal.SIGTERM if callable(signal.getsignal(signal.SIGTERM)) else signal.SIGINT
            # After a delay: sent now, it would be raised in this hook and lost again.
            timer = threading.Timer(0.05, signal.pthread_kill, [threading.main_thread().ident, number])
            timer.daemon = True
            timer.start()
        else:
            previous(unraisable)

    sys.unraisablehook = hook


@contextmanager
def override_signal_handler(number: signal.Signals, handler: Handler) -> Iterator[None]:
    """Handles a signal by `handler` inside the context; has no effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, previous)
