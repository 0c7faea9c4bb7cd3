"""Timed calls of a tracker."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trackers.errors import InvalidPrediction
from trackers.timing import timed_call
from trackers.tracker import Boxes, Frame, SelfTimedTracker, Tracker

FRAME, BOX = np.zeros((4, 5, 3), np.uint8), np.array([1.0, 2, 3, 4])


class Clocked(Tracker):
    """Takes one second for each call, and another to wait for its device."""

    now = 0.0

    def init(self, frame: Frame, box: Boxes) -> None:
        self.now += 1
        box[:] = 0

    def update(self, frame: Frame) -> Any:
        self.now += 1
        return [5, 6, 7, 8]

    def synchronize(self) -> None:
        self.now += 1


def test_timed_call_synchronizes_before_reading_the_clock() -> None:
    tracker = Clocked()
    init = timed_call(tracker, FRAME, BOX, lambda: tracker.now)
    update = timed_call(tracker, FRAME, clock=lambda: tracker.now)
    np.testing.assert_array_equal(init.prediction, [1, 2, 3, 4])
    np.testing.assert_array_equal(update.prediction, [5, 6, 7, 8])
    assert (init.elapsed, init.seconds, update.elapsed, update.seconds) == (2, 2, 2, 2)


@pytest.mark.parametrize(("claim", "seconds"), [(None, 2), (-1.0, 0), (0.5, 0.5), (99.0, 2)])
def test_only_adapters_report_their_own_time(claim: float | None, seconds: float) -> None:
    class Adapted(Clocked, SelfTimedTracker):
        own_seconds = claim

    class ThirdParty(Clocked):
        own_seconds = claim

    for tracker, expected in ((Adapted(), seconds), (ThirdParty(), 2)):
        assert timed_call(tracker, FRAME, clock=lambda: tracker.now).seconds == expected  # noqa: B023


def test_timed_call_refuses_what_is_not_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clocked, "update", lambda tracker, frame: "here")
    with pytest.raises(InvalidPrediction, match="the tracker returned a str"):
        timed_call(Clocked(), FRAME)
