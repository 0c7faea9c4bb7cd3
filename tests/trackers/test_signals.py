"""Temporary signal handlers and interruptions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trackers import signals
from trackers.signals import interrupt_handler, override_signal_handler


def test_coincident_signals_are_one_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(signals.time, "monotonic", lambda: now)
    handler = interrupt_handler()
    assert callable(handler)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGTERM, None)
    for _ in range(3):  # repeated signals do not delay the next interruption
        now += 0.3
        handler(signal.SIGINT, None)
    now += 0.3
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGINT, None)


def test_handler_is_restored() -> None:
    usual = signal.getsignal(signal.SIGUSR1)
    with override_signal_handler(signal.SIGUSR1, interrupt_handler()), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(5)
    assert signal.getsignal(signal.SIGUSR1) == usual


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_interrupt_in_finalizer_is_raised_again(number: str) -> None:
    program = f"""
import os, signal, time
from trackers.signals import interrupt_handler, override_signal_handler, install_interrupt_hook

class Slow:
    def __del__(self):
        os.kill(os.getpid(), signal.{number})
        time.sleep(0.1)

install_interrupt_hook()
handler = interrupt_handler()
with override_signal_handler(signal.SIGTERM, handler), override_signal_handler(signal.SIGINT, handler):
    try:
        Slow()
        time.sleep(20)
        print("went on")
    except KeyboardInterrupt:
        print("interrupted")
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
