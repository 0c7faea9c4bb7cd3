"""Calls of a tracker, timed in one way wherever a tracker is called."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from trackers.box_validation import ConvertedPrediction, convert_prediction
from trackers.tracker import Boxes, Frame, SelfTimedTracker, Tracker


class TimedCall(NamedTuple):
    """Result and time of one call of a tracker.

    Attributes:
        prediction: what `update` returned, as `prediction_array` converts it; after `init`, the initial box.
        elapsed: seconds that the call took.
        seconds: the tracker's own part of `elapsed`; the rest is transport and conversion of frames.
        confidence: the tracker's confidence in its prediction; None if it reports none.
    """

    prediction: NDArray[Any]
    elapsed: float
    seconds: float
    confidence: float | None = None


def timed_call(
    tracker: Tracker,
    frame: Frame,
    box: Boxes | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> TimedCall:
    """Initializes a tracker on `box`, or updates it if there is no box.

    The device is synchronized before the clock is read, at both ends.

    Raises:
        InvalidPrediction: the tracker returned something that cannot be converted to numbers.
        BaseException: whatever the tracker raises.
    """
    tracker.synchronize()
    begin = clock()
    if box is not None:
        tracker.init(frame, box.copy())
        prediction = ConvertedPrediction(box)
    else:
        # Lazy and asynchronous arrays do their work only when they are converted.
        prediction = convert_prediction(tracker.update_with_confidence(frame))
    tracker.synchronize()
    elapsed = clock() - begin
    # `own_seconds` counts only for our adapters, so that a third-party class cannot report its own time.
    own = tracker.own_seconds if isinstance(tracker, SelfTimedTracker) else None
    seconds = elapsed if own is None else min(max(own, 0.0), elapsed)
    return TimedCall(prediction.array, elapsed, seconds, prediction.confidence)
