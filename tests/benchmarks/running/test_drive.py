from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets.sequence import SequenceError
from benchmarks.protocols import Trajectory
from benchmarks.protocols.one_pass import one_pass
from benchmarks.running.attempt import InvalidBox, OutOfTime, TrackerFailure
from benchmarks.running.drive import drive
from benchmarks.running.prefetch import Prefetcher
from trackers.tracker import Boxes, Frame, Tracker


class Script(Tracker):
    """Answers `answers[i]` to frame i; a clock that the tracker itself moves on makes times exact."""

    def __init__(self, answers: dict[int, Any] | None = None) -> None:
        self.answers = answers or {}
        self.now = 100.0
        self.pending = 0.0
        self.calls: list[str] = []

    def init(self, frame: Frame, box: Boxes) -> None:
        self.calls.append("init")
        self.box, self.count = box, 0
        box_given = box.copy()
        box += 1000  # a tracker may do with its box as it likes
        self.box = box_given
        self.pending = 2.0

    def update(self, frame: Frame) -> Boxes:
        self.calls.append("update")
        self.count += 1
        self.pending = 0.25
        answer = self.answers.get(self.count, self.box)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    def synchronize(self) -> None:
        self.calls.append("synchronize")
        self.now += self.pending  # work on a device ends when it is waited for
        self.pending = 0.0

    def clock(self) -> float:
        return self.now


def follow(squares: Any, tracker: Script, **options: Any) -> Trajectory:
    sequence = squares["right"]
    with ThreadPoolExecutor(1) as pool, Prefetcher(sequence.open_frames(), pool) as frames:
        return drive(one_pass(sequence), tracker, frames, clock=tracker.clock, **options)


def test_times_are_those_of_the_tracker_with_the_device_waited_for(squares: Any) -> None:
    tracker = Script()
    trajectory = follow(squares, tracker)
    np.testing.assert_array_equal(trajectory.seconds, [2.0] + [0.25] * 11)
    np.testing.assert_array_equal(trajectory.boxes, np.tile(squares["right"].truth[0], (12, 1)))
    assert tracker.calls[:6] == ["synchronize", "init", "synchronize", "synchronize", "update", "synchronize"]


def test_every_frame_is_told(squares: Any) -> None:
    told: list[int] = []
    follow(squares, Script(), on_frame=lambda: told.append(1))
    assert len(told) == 12


def test_an_answer_is_copied(squares: Any) -> None:
    class Reuses(Script):
        def update(self, frame: Frame) -> Boxes:
            self.box += 1
            return self.box

    trajectory = follow(squares, Reuses())
    np.testing.assert_array_equal(trajectory.boxes[:, 2], 12 + np.arange(12))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([1, 2, 3], r"frame 5: the answer has shape \(3,\), not \(4,\)"),
        (None, "frame 5: the answer has shape|is a NoneType"),
        ("box", "frame 5: the answer is a str"),
        ([1, 2, np.nan, 4], "frame 5: .* is no box"),
        ([1, 2, 3, np.inf], "frame 5: .* is no box"),
        ([1, 2, -3, 4], "frame 5: .* is no box"),
    ],
)
def test_what_is_no_box(squares: Any, answer: Any, expected: str) -> None:
    with pytest.raises(InvalidBox, match=expected):
        follow(squares, Script({5: answer}))


def test_lists_and_empty_boxes_are_boxes(squares: Any) -> None:
    trajectory = follow(squares, Script({5: [1, 2, 0, 0]}))
    np.testing.assert_array_equal(trajectory.boxes[5], [1, 2, 0, 0])


def test_a_trackers_error_is_kept_as_the_cause(squares: Any) -> None:
    error = ValueError("out of luck")
    with pytest.raises(TrackerFailure, match="frame 3: ValueError: out of luck") as failure:
        follow(squares, Script({3: error}))
    assert failure.value.__cause__ is error


def test_a_stopiteration_of_the_tracker_does_not_end_the_protocol(squares: Any) -> None:
    with pytest.raises(TrackerFailure, match="frame 3: StopIteration"):
        follow(squares, Script({3: StopIteration()}))


def test_the_time_limit_counts_the_whole_sequence(squares: Any) -> None:
    with pytest.raises(OutOfTime, match=r"frame 5: the time limit has passed"):
        follow(squares, Script(), deadline=103)
    follow(squares, Script(), deadline=110)


def test_a_damaged_frame(squares: Any) -> None:
    squares.broken["right"] = frozenset({4})
    with pytest.raises(SequenceError, match="frame 4 is damaged"):
        follow(squares, Script())
