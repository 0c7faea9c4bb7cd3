from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackers.ncc import NCC
from trackers.still import Still
from trackers.tracker import Frame


def textured(height: int, width: int, seed: int = 0) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(dx=st.integers(-12, 12), dy=st.integers(-12, 12))
@settings(max_examples=30, deadline=None)
def test_follows_a_shift_exactly(dx: int, dy: int) -> None:
    scene = textured(160, 200)
    tracker = NCC()
    tracker.init(scene[20:140, 20:180], np.array([60.25, 50.5, 24.0, 18.0]))

    moved = tracker.update(scene[20 - dy : 140 - dy, 20 - dx : 180 - dx])

    np.testing.assert_allclose(moved, [60.25 + dx, 50.5 + dy, 24, 18])


def test_brightness_and_contrast_do_not_matter() -> None:
    scene = textured(100, 100) // 2
    tracker = NCC()
    tracker.init(scene, np.array([40.0, 40, 20, 20]))

    moved = tracker.update(np.roll(scene, (3, 5), (0, 1)) + 100)

    np.testing.assert_array_equal(moved, [45, 43, 20, 20])


@pytest.mark.parametrize(
    "box",
    [
        (-30, -30, 20, 20),
        (95, 95, 20, 20),
        (500, 500, 10, 10),
        (0, 0, 100, 100),
        (-50, -50, 200, 200),
        (5, 5, 0.1, 0.1),
    ],
)
def test_odd_boxes_and_flat_frames_give_finite_boxes(box: tuple[float, ...]) -> None:
    for frame in (textured(100, 100), np.zeros((100, 100, 3), np.uint8), textured(1, 1)):
        before = frame.copy()
        tracker = NCC()
        tracker.init(frame, np.array(box, dtype=float))
        for _ in range(3):
            answer = tracker.update(frame)
            assert np.isfinite(answer).all()
            np.testing.assert_allclose(answer[2:], box[2:])
        np.testing.assert_array_equal(frame, before)


def test_answers_are_not_the_state() -> None:
    frame = textured(60, 60)
    tracker = NCC()
    tracker.init(frame, np.array([20.0, 20, 10, 10]))
    tracker.update(frame)[:] = -1000
    np.testing.assert_array_equal(tracker.update(frame), [20, 20, 10, 10])


def test_still_stays() -> None:
    tracker = Still()
    tracker.init(textured(9, 9), np.array([1.0, 2, 3, 4]))
    np.testing.assert_array_equal(tracker.update(textured(9, 9, seed=1)), [1, 2, 3, 4])
