"""What failures cost, and what two trackers share."""

from __future__ import annotations

import numpy as np
import pytest

from reports.failure_report.detection import Loss, SequenceFailures
from reports.failure_report.strips import crop, strip_frames
from reports.failure_report.summary import TrackerFailures, compare_failures


def failures(name: str, lost: range | None, *attributes: str) -> SequenceFailures:
    """Returns a sequence of 100 frames, tracked with an overlap of 0.8 where it is not lost."""
    flags = np.zeros(100, dtype=bool)
    losses = ()
    if lost is not None:
        flags[lost] = True
        losses = (Loss(lost[0], lost[-1], lost[0] - 1, len(lost), recovered=True, signs=("jump",)),)
    return SequenceFailures(name, attributes, losses, flags, 100, 0.8, np.zeros((100, 4)))


FIRST = TrackerFailures("first", (failures("a", range(10, 60), "OCC"), failures("b", None, "OCC", "FM")))
SECOND = TrackerFailures("second", (failures("a", range(70, 90)), failures("b", range(5, 15))))


def test_cost_is_the_overlap_that_lost_frames_lack() -> None:
    assert FIRST.total_cost == pytest.approx(0.5 * 0.8 / 2)
    occluded, fast = FIRST.by_attribute()
    assert (occluded.name, occluded.failed, occluded.sequences, occluded.share) == ("OCC", 1, 2, 0.25)
    assert (fast.name, fast.failed, fast.cost) == ("FM", 0, 0)
    assert FIRST.by_sign()[0].name == "jump"
    assert FIRST.by_sign()[0].cost == pytest.approx(FIRST.total_cost)


def test_failures_at_other_times_are_not_shared() -> None:
    pair = compare_failures(FIRST, SECOND)
    assert (pair.shared, pair.only_first, pair.only_second) == ((), ("a",), ("a", "b"))
    same = TrackerFailures("third", (failures("a", range(59, 70)),))
    assert compare_failures(FIRST, same).shared == ("a",)


def test_strip_shows_before_during_and_after() -> None:
    loss = Loss(20, 40, 10, 21, recovered=True, signs=())
    assert strip_frames(loss, 100) == [
        (10, "tracked"),
        (15, "before"),
        (20, "lost"),
        (30, "still lost"),
        (41, "after"),
    ]
    one = Loss(20, 20, 19, 1, recovered=False, signs=())
    assert strip_frames(one, 21) == [(19, "tracked"), (20, "lost")]


def test_crop_holds_the_boxes_within_the_image() -> None:
    x, y, w, h = crop(np.array([[300.0, 200, 20, 20], [600, 220, 20, 20]]), 640, 480)
    assert x <= 300
    assert x + w >= 620
    assert (y, y + h) == (max(y, 0), min(y + h, 480))
    assert crop(np.array([[np.nan] * 4, [9000.0, 0, 5, 5]]), 640, 480) == (0, 0, 640, 480)
