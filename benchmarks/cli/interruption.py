"""Commands that start processes, and are told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_when_terminated() -> Iterator[None]:
    """Takes being told to end for an interruption: what was started has to be ended as well."""
    if threading.current_thread() is not threading.main_thread():  # nobody else hears of signals
        yield
        return
    usual = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)
