"""Conversions between boxes, polygons and masks, and their invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from trackers.regions import axis_aligned_boxes, bounding_box, box_corners, mask_polygon, rotated_box

places = st.integers(-(2**14), 2**14).map(lambda k: k / 8)
extents = st.integers(1, 2**14).map(lambda k: k / 8)
boxes = st.tuples(places, places, extents, extents).map(np.array)
polygons = st.integers(3, 8).flatmap(lambda n: st.lists(places, min_size=2 * n, max_size=2 * n).map(np.array))
quadrilaterals = st.lists(places, min_size=8, max_size=8).map(np.array)


@st.composite
def rotated(draw: st.DrawFn) -> NDArray[np.float64]:
    """Draws the corners of a rotated box."""
    turn = draw(st.floats(0, 2 * np.pi))
    half = np.array([draw(st.floats(1, 300)), draw(st.floats(1, 300))])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return (corners @ rotation + [draw(places), draw(places)]).ravel()


@given(boxes)
def test_bounding_box_inverts_box_corners(box: NDArray[np.float64]) -> None:
    assert bounding_box(box_corners(box)).tolist() == box.tolist()


@given(polygons)
def test_bounding_box_is_tight(polygon: NDArray[np.float64]) -> None:
    x, y, w, h = bounding_box(polygon).tolist()
    xs, ys = polygon[::2].tolist(), polygon[1::2].tolist()
    assert (x, y, x + w, y + h) == (min(xs), min(ys), max(xs), max(ys))


@given(polygons, places, places)
def test_bounding_box_is_equivariant_to_translation(
    polygon: NDArray[np.float64], dx: float, dy: float
) -> None:
    moved = bounding_box(polygon + np.tile([dx, dy], len(polygon) // 2))
    assert moved.tolist() == (bounding_box(polygon) + np.array([dx, dy, 0, 0])).tolist()
    assert bounding_box(np.roll(polygon, 2)).tolist() == bounding_box(polygon).tolist()


@given(boxes)
def test_axis_aligned_box_grows_by_one_pixel(box: NDArray[np.float64]) -> None:
    x, y, w, h = box.tolist()
    assert axis_aligned_boxes(box_corners(box)) == pytest.approx([x - 0.5, y - 0.5, w + 1, h + 1], abs=1e-9)


@given(rotated(), places, places, st.integers(0, 3))
def test_axis_aligned_boxes_are_equivariant_to_translation(
    polygon: NDArray[np.float64], dx: float, dy: float, start: int
) -> None:
    box = axis_aligned_boxes(polygon)
    moved = axis_aligned_boxes(np.roll(polygon, 2 * start) + np.tile([dx, dy], 4))
    assert moved == pytest.approx(box + np.array([dx, dy, 0, 0]), rel=1e-9, abs=1e-6)
    swapped = axis_aligned_boxes(polygon.reshape(4, 2)[:, ::-1].ravel())
    assert swapped == pytest.approx(box[[1, 0, 3, 2]], rel=1e-9, abs=1e-6)


@given(rotated(), st.floats(0.1, 10))
def test_axis_aligned_boxes_scale_except_one_pixel(polygon: NDArray[np.float64], unit: float) -> None:
    small, large = axis_aligned_boxes(polygon), axis_aligned_boxes(polygon * unit)
    assert large[2:] - 1 == pytest.approx((small[2:] - 1) * unit, rel=1e-6, abs=1e-6)
    assert large[:2] + large[2:] / 2 == pytest.approx((small[:2] + small[2:] / 2) * unit, rel=1e-6, abs=1e-6)


@given(rotated())
def test_axis_aligned_boxes_stay_within_bounds(polygon: NDArray[np.float64]) -> None:
    x, y, w, h = axis_aligned_boxes(polygon)
    left, top, width, height = bounding_box(polygon)
    assert x >= left - 0.5 - 1e-6
    assert y >= top - 0.5 - 1e-6
    assert w <= width + 1 + 1e-6
    assert h <= height + 1 + 1e-6


@given(quadrilaterals)
def test_axis_aligned_boxes_have_at_least_one_pixel(polygon: NDArray[np.float64]) -> None:
    box = axis_aligned_boxes(polygon)
    assert np.isfinite(box).all()
    assert (box[2:] >= 1).all()


@pytest.mark.parametrize("gap", [np.nan, np.inf, -np.inf])
def test_rows_without_target_give_nan_silently(gap: float) -> None:
    rows = np.array([[0.0, 0, 2, 0, 2, 2, 0, 2]] * 2)
    rows[1, 3] = gap
    found = axis_aligned_boxes(rows)
    assert np.isfinite(found[0]).all()
    assert not np.isfinite(found[1]).all()


def test_bounding_box_of_any_number_of_corners() -> None:
    assert bounding_box(np.array([5.0, 1, 9, 4, 3, 8])).tolist() == [3, 1, 6, 7]
    assert bounding_box(np.array([-5.0, -1, -9, -4, -3, -8, -6, 2])).tolist() == [-9, -8, 6, 10]


def test_corners_are_clockwise_from_top_left() -> None:
    box = np.array([1.0, 2, 30, 40])
    assert box_corners(box).tolist() == [1, 2, 31, 2, 31, 42, 1, 42]
    assert bounding_box(box_corners(box)).tolist() == box.tolist()


def test_batches_are_converted_like_single_regions() -> None:
    polygons = np.random.default_rng(0).uniform(0, 50, (2, 3, 8))
    polygons[1, 1] = 7
    upright, enclosing = axis_aligned_boxes(polygons), bounding_box(polygons)
    assert upright.shape == enclosing.shape == (2, 3, 4)
    corners = box_corners(enclosing)
    assert corners.shape == (2, 3, 8)
    for place in np.ndindex(2, 3):
        np.testing.assert_allclose(upright[place], axis_aligned_boxes(polygons[place]), rtol=1e-12)
        np.testing.assert_array_equal(enclosing[place], bounding_box(polygons[place]))
        np.testing.assert_array_equal(corners[place], box_corners(enclosing[place]))


def test_converted_regions_are_returned_unchanged() -> None:
    box, polygon = np.array([1.0, 2, 3, 4]), np.array([0.0, 0, 4, 1, 2, 5])
    assert bounding_box(box) is box
    assert box_corners(polygon) is polygon


@given(rotated())
def test_polygon_of_four_corners_is_its_rotated_box(polygon: NDArray[np.float64]) -> None:
    assert rotated_box(polygon) is polygon


@given(rotated(), st.floats(0.1, 0.9))
def test_rotated_box_is_the_smallest(polygon: NDArray[np.float64], share: float) -> None:
    corners = polygon.reshape(4, 2)
    on_an_edge = corners[0] + share * (corners[1] - corners[0])
    found = rotated_box(np.concatenate([polygon, on_an_edge])).reshape(4, 2)
    apart = np.linalg.norm(found[:, None] - corners, axis=2).min(axis=1)
    assert apart.max() < 0.01


def test_mask_polygon_is_hull_of_pixels() -> None:
    mask = np.zeros((9, 12), bool)
    mask[2, 3] = mask[6, 8] = True
    outline = mask_polygon(mask)
    assert bounding_box(outline).tolist() == [3, 2, 6, 5]
    corners = {tuple(corner) for corner in outline.reshape(-1, 2).tolist()}
    assert corners == {(3, 2), (4, 2), (3, 3), (9, 6), (9, 7), (8, 7)}
    assert np.isnan(mask_polygon(np.zeros((9, 12), bool))).all()
