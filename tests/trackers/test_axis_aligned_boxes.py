"""Upright boxes of VOT's rotated ground truth: the toolkits' rule."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trackers.regions import axis_aligned_boxes

positions = st.floats(-1000, 1000)
sizes = st.floats(0.5, 500)


def rotated(x: float, y: float, w: float, h: float, angle: float) -> NDArray[np.float64]:
    """Returns the corners of a w x h box centered on x, y and rotated by `angle`."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
    return (corners @ turn.T + [x, y]).ravel()


@given(positions, positions, sizes, sizes, st.floats(0, 2 * np.pi))
def test_center_and_area_match_the_rotated_box(x: float, y: float, w: float, h: float, angle: float) -> None:
    box = axis_aligned_boxes(rotated(x, y, w, h, angle))
    np.testing.assert_allclose(box[:2] + box[2:] / 2, [x, y], atol=1e-6)
    # Without the pixel that the rule adds, the area is unchanged.
    np.testing.assert_allclose((box[2:] - 1).prod(), w * h, rtol=1e-6)


def test_worked_example() -> None:
    # A square of side sqrt(2) on its corner: extent 2 x 2, areas 2 and 4, so 2 x sqrt(1/2) + 1.
    side = np.sqrt(2) + 1
    np.testing.assert_allclose(
        axis_aligned_boxes(np.array([[1.0, 0, 2, 1, 1, 2, 0, 1]])), [[1 - side / 2, 1 - side / 2, side, side]]
    )


def test_polygon_without_extent_becomes_one_pixel() -> None:
    np.testing.assert_array_equal(axis_aligned_boxes(np.full((2, 8), 5.0)), [[4.5, 4.5, 1, 1]] * 2)
    np.testing.assert_array_equal(axis_aligned_boxes(np.array([0.0, 5, 8, 5, 8, 5, 0, 5])), [3.5, 4.5, 1, 1])
