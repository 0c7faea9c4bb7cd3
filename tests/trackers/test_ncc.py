"""NCC and Still: exact shifts, borders, and odd boxes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackers import ncc
from trackers.errors import UserError
from trackers.ncc import NCC
from trackers.still import Still
from trackers.tracker import Frame


def textured(height: int, width: int, seed: int = 0) -> Frame:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(dx=st.integers(-12, 12), dy=st.integers(-12, 12))
@settings(max_examples=30, deadline=None)
def test_shift_is_followed_exactly(dx: int, dy: int) -> None:
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
def test_odd_boxes_and_uniform_frames_give_finite_boxes(box: tuple[float, ...]) -> None:
    for frame in (textured(100, 100), np.zeros((100, 100, 3), np.uint8), textured(1, 1)):
        before = frame.copy()
        tracker = NCC()
        tracker.init(frame, np.array(box, dtype=float))
        for _ in range(3):
            answer = tracker.update(frame)
            assert np.isfinite(answer).all()
            np.testing.assert_allclose(answer[2:], box[2:])
        np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize("reach", [0, -1, 100.5, float("nan")])
def test_invalid_reach_is_refused(reach: float) -> None:
    with pytest.raises(UserError, match=rf"'reach' of tracker 'ncc' must lie in \(0, 100\], not {reach}$"):
        NCC(reach)


@pytest.mark.parametrize(("reach", "farthest"), [(1.0, 20), (0.5, 10), (100, 60), (0.01, 1)])
@pytest.mark.parametrize("axis", [0, 1])
def test_search_extends_to_reach(reach: float, farthest: int, axis: int) -> None:
    scene = textured(240, 240)
    for shift in (farthest, farthest + 1):
        tracker = NCC(reach)
        box = np.array([110.0, 110.0, 20, 12])
        tracker.init(scene, box)
        found = tracker.update(np.roll(scene, shift, axis=1 - axis))
        # Targets beyond the reach are missed; nothing else looks like the target.
        assert (found[axis] == 110 + shift) == (shift <= farthest or farthest == 60)


def test_target_in_image_corner_is_followed() -> None:
    scene = textured(40, 60)
    for corner in ((0, 0), (50, 32)):
        tracker = NCC()
        tracker.init(scene, np.array([*corner, 10.0, 8]))
        np.testing.assert_array_equal(tracker.update(scene), [*corner, 10, 8])


@pytest.mark.parametrize(
    ("box", "limit"),
    [((-70, -90, 40, 60), (-20, -30)), ((95, 75, 40, 60), (80, 20)), ((-70, 75, 40, 60), (-20, 20))],
)
def test_center_stays_in_image(box: tuple[float, ...], limit: tuple[float, float]) -> None:
    # 100 wide and 50 high; the box is 40 by 60.
    frame = np.zeros((50, 100, 3), np.uint8)
    tracker = NCC(reach=0.001)
    tracker.init(frame, np.array(box, dtype=float))
    np.testing.assert_array_equal(tracker.update(frame), [*limit, 40, 60])


def test_integer_box_equals_float_box() -> None:
    frame = np.zeros((50, 101, 3), np.uint8)
    tracker = NCC(reach=0.001)
    tracker.init(frame, np.array([300, 10, 41, 20]))
    np.testing.assert_array_equal(tracker.update(frame), [80.5, 9, 41, 20])


def test_returned_box_is_a_copy() -> None:
    frame = textured(60, 60)
    tracker = NCC()
    tracker.init(frame, np.array([20.0, 20, 10, 10]))
    tracker.update(frame)[:] = -1000
    np.testing.assert_array_equal(tracker.update(frame), [20, 20, 10, 10])


def test_still_repeats_first_box() -> None:
    tracker = Still()
    tracker.init(textured(9, 9), np.array([1.0, 2, 3, 4]))
    np.testing.assert_array_equal(tracker.update(textured(9, 9, seed=1)), [1, 2, 3, 4])


@settings(deadline=None)
@given(
    x=st.floats(-80, 120),
    y=st.floats(-80, 120),
    width=st.floats(0.01, 90),
    height=st.floats(0.01, 90),
    seed=st.integers(0, 5),
)
def test_center_stays_in_frame_and_size_is_constant(
    x: float, y: float, width: float, height: float, seed: int
) -> None:
    tracker = NCC()
    tracker.init(textured(40, 50, seed), np.array([x, y, width, height]))
    for later in (1, 2):
        box = tracker.update(textured(40, 50, seed + later))
        assert box[2:].tolist() == [width, height]
        assert -1e-9 <= box[0] + box[2] / 2 <= 50 + 1e-9
        assert -1e-9 <= box[1] + box[3] / 2 <= 40 + 1e-9


@given(st.integers(-60, 60), st.integers(-60, 60), st.integers(1, 70), st.integers(1, 70))
def test_patch_repeats_border(x: int, y: int, width: int, height: int) -> None:
    frame, far = textured(20, 30), 150
    padded = cv2.copyMakeBorder(frame, far, far, far, far, cv2.BORDER_REPLICATE)
    wanted = padded[y + far : y + far + height, x + far : x + far + width]
    assert np.array_equal(ncc._cut(frame, x, y, width, height), wanted)


def test_ncc_is_declared_deterministic() -> None:
    # Otherwise protocols would repeat its runs.
    assert NCC.deterministic is True
