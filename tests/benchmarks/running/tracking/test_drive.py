from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets.sequence import SequenceError
from benchmarks.protocols import Trajectory
from benchmarks.protocols.one_pass import one_pass
from benchmarks.running.decoding.prefetch import Prefetcher
from benchmarks.running.tracking.drive import drive
from benchmarks.running.tracking.errors import SequenceTimeout, failure_record
from benchmarks.store import SequenceRecord
from trackers.errors import InvalidPrediction, TrackerError
from trackers.tracker import Boxes, Frame, SelfTimedTracker, Tracker


class Script(Tracker):
    """Returns `answers[i]` for frame i; it advances the clock itself, so that times are exact."""

    def __init__(self, answers: dict[int, Any] | None = None) -> None:
        self.answers = answers or {}
        self.now = 100.0
        self.pending = 0.0
        self.calls: list[str] = []

    def init(self, frame: Frame, box: Boxes) -> None:
        self.calls.append("init")
        self.box, self.count = box, 0
        box_given = box.copy()
        box += 1000  # a tracker may modify its box
        self.box = box_given
        self.pending = 2.0

    def update(self, frame: Frame) -> Boxes:
        self.calls.append("update")
        self.count += 1
        self.pending = 0.25
        answer = self.answers.get(self.count, self.box)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]

    def synchronize(self) -> None:
        self.calls.append("synchronize")
        self.now += self.pending  # work on a device ends at synchronization
        self.pending = 0.0

    def clock(self) -> float:
        return self.now


def follow(squares: Any, tracker: Script, **options: Any) -> Trajectory:
    sequence = squares["right"]
    with ThreadPoolExecutor(1) as pool, Prefetcher(sequence.open_frames(), pool) as frames:
        return drive(one_pass(sequence), tracker, frames, clock=tracker.clock, **options)


def test_times_include_device_synchronization(squares: Any) -> None:
    tracker = Script()
    trajectory = follow(squares, tracker)
    np.testing.assert_array_equal(trajectory.seconds, [2.0] + [0.25] * 11)
    np.testing.assert_array_equal(trajectory.boxes, np.tile(squares["right"].truth[0], (12, 1)))
    assert tracker.calls[:6] == ["synchronize", "init", "synchronize", "synchronize", "update", "synchronize"]


def test_on_frame_is_called_for_every_frame(squares: Any) -> None:
    called: list[int] = []
    follow(squares, Script(), on_frame=lambda: called.append(1))
    assert len(called) == 12


def test_prediction_is_copied(squares: Any) -> None:
    class Reuses(Script):
        def update(self, frame: Frame) -> Boxes:
            self.box += 1
            return self.box

    trajectory = follow(squares, Reuses())
    np.testing.assert_array_equal(trajectory.boxes[:, 2], 12 + np.arange(12))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([1, 2, 3], r"frame 5: the tracker returned an array of shape \(3,\), not \(4,\)"),
        ("box", "frame 5: the tracker returned a str"),
        ([1, 2, np.nan, 4], "frame 5: .* is not a box"),
        ([1, 2, 3, np.inf], "frame 5: .* is not a box"),
        ([1, 2, -3, 4], "frame 5: .* is not a box"),
    ],
)
def test_invalid_boxes(squares: Any, answer: Any, expected: str) -> None:
    with pytest.raises(InvalidPrediction, match=expected):
        follow(squares, Script({5: answer}))


def test_lists_and_empty_boxes_are_valid(squares: Any) -> None:
    trajectory = follow(squares, Script({5: [1, 2, 0, 0]}))
    np.testing.assert_array_equal(trajectory.boxes[5], [1, 2, 0, 0])


def test_tracker_error_is_the_cause(squares: Any) -> None:
    error = ValueError("out of luck")
    with pytest.raises(TrackerError, match="frame 3: ValueError: out of luck") as failure:
        follow(squares, Script({3: error}))
    assert failure.value.__cause__ is error


def test_tracker_stop_iteration_is_a_failure(squares: Any) -> None:
    with pytest.raises(TrackerError, match="frame 3: StopIteration"):
        follow(squares, Script({3: StopIteration()}))


def test_deadline_covers_the_whole_sequence(squares: Any) -> None:
    with pytest.raises(SequenceTimeout, match=r"frame 5: the sequence timed out"):
        follow(squares, Script(), deadline=103)
    follow(squares, Script(), deadline=110)


def test_damaged_frame(squares: Any) -> None:
    squares.broken["right"] = frozenset({4})
    with pytest.raises(SequenceError, match="frame 4 is damaged"):
        follow(squares, Script())


class Lazy:
    """An array that does one second of work when it is converted."""

    def __init__(self, tracker: Script) -> None:
        self.tracker = tracker

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self.tracker.now += 1.0
        return np.array([1.0, 2, 3, 4])


def test_conversion_time_is_included(squares: Any) -> None:
    tracker = Script()
    tracker.answers[5] = Lazy(tracker)
    trajectory = follow(squares, tracker)
    np.testing.assert_array_equal(trajectory.seconds[4:7], [0.25, 1.25, 0.25])
    np.testing.assert_array_equal(trajectory.boxes[5], [1, 2, 3, 4])


@pytest.mark.parametrize("claim", [1e-12, -1, np.nan, "soon", None])
def test_plain_tracker_cannot_report_its_own_time(squares: Any, claim: Any) -> None:
    tracker = Script()
    tracker.own_seconds = claim  # type: ignore[attr-defined]
    np.testing.assert_array_equal(follow(squares, tracker).seconds, [2.0] + [0.25] * 11)


@pytest.mark.parametrize(("claim", "seconds"), [(-1.0, 0.0), (0.0, 0.0), (0.125, 0.125), (99.0, 0.25)])
def test_self_timed_seconds_are_clamped(squares: Any, claim: float, seconds: float) -> None:
    class Adapted(Script, SelfTimedTracker):
        own_seconds = claim

    transport: list[float] = []
    trajectory = follow(squares, Adapted(), on_transport=transport.append)
    np.testing.assert_array_equal(trajectory.seconds[1:], [seconds] * 11)
    np.testing.assert_array_equal(transport[1:], [0.25 - seconds] * 11)


class Own(BaseException):
    pass


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GeneratorExit(), "frame 3: GeneratorExit: "),
        (asyncio.CancelledError("tired"), "frame 3: CancelledError: tired"),
        (Own("mine"), "frame 3: Own: mine"),
        (SystemExit(0), "frame 3: SystemExit: 0"),
        (Unspeakable(), "its text cannot be had: str() raises RuntimeError"),
        (RuntimeError("\x1b[2J\0\u202e"), r"frame 3: RuntimeError: \x1b[2J\x00\u202e"),
    ],
)
def test_any_exception_is_a_tracker_failure(squares: Any, error: BaseException, said: str) -> None:
    with pytest.raises(TrackerError) as failure:
        follow(squares, Script({3: error}))
    assert said in str(failure.value)


def test_huge_exception_message_is_truncated(squares: Any) -> None:
    with pytest.raises(TrackerError) as failure:
        follow(squares, Script({3: RuntimeError("x" * 50_000_000)}))
    record = failure_record(SequenceRecord("ok"), failure.value)
    assert record.message.endswith("... (50000000 characters)")
    assert len(record.message) < 1500
    assert len(record.traceback) < 25_000
    assert "raise answer" in record.traceback


def test_absence_is_nan(squares: Any) -> None:
    trajectory = follow(squares, Script({3: None, 5: (False, [1, 2, 3, 4]), 7: np.full(4, np.nan)}))
    absent = np.isnan(trajectory.boxes).all(axis=1)
    assert np.flatnonzero(absent).tolist() == [3, 5, 7]
    assert not np.isnan(trajectory.boxes[~absent]).any()


POLYGON = [5, 1, 9, 4, 6, 8, 2, 5]


def test_polygon_becomes_upright_box(squares: Any) -> None:
    called: list[int] = []
    mask = np.zeros((64, 64), np.uint8)
    mask[10:20, 30:35] = 255
    trajectory = follow(squares, Script({4: POLYGON, 6: mask}), on_shape=lambda: called.append(1))
    np.testing.assert_array_equal(trajectory.boxes[4], [2, 1, 7, 7])
    np.testing.assert_array_equal(trajectory.boxes[6], [30, 10, 5, 10])
    assert called == [1, 1]


def test_polygon_becomes_rotated_box(squares: Any) -> None:
    trajectory = follow(squares, Script({4: POLYGON, 6: None}), rotated=True)
    np.testing.assert_array_equal(trajectory.boxes[4], POLYGON)
    np.testing.assert_array_equal(trajectory.boxes[0], [10, 8, 22, 8, 22, 18, 10, 18])
    assert np.isnan(trajectory.boxes[6]).all()


def test_forked_copy_of_the_process_exits(squares: Any, tmp_path: Path) -> None:
    class Forks(Script):
        def update(self, frame: Frame) -> Boxes:
            if self.count == 4:
                self.copy = os.fork()
            return super().update(frame)

    tracker = Forks()
    trajectory = follow(squares, tracker)
    # Only the original process gets here.
    with (tmp_path / "here").open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert os.waitpid(tracker.copy, 0)[1] == 0
    assert (tmp_path / "here").read_text() == f"{os.getpid()}\n"
    assert len(trajectory.boxes) == 12
