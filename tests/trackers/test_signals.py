"""Signals that come together interrupt once."""

from __future__ import annotations

import os
import signal
import time

import pytest

from trackers import signals
from trackers.signals import answering, interruption


def test_signals_that_come_together_are_one_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(signals.time, "monotonic", lambda: now)
    handler = interruption()
    assert callable(handler)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGTERM, None)
    for _ in range(3):  # impatience does not put off the next interruption
        now += 0.3
        handler(signal.SIGINT, None)
    now += 0.3
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGINT, None)


def test_a_handler_counts_within_and_the_usual_one_after() -> None:
    usual = signal.getsignal(signal.SIGUSR1)
    with answering(signal.SIGUSR1, interruption()), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(5)
    assert signal.getsignal(signal.SIGUSR1) == usual
