"""Overlap and center errors against exact rational arithmetic, and their invariances."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.geometry.overlap import center_error, iou, normalized_center_error

Box: TypeAlias = tuple[float, float, float, float]

HALF_UNIT = Fraction(1, 2**53)
"""Relative error of one rounded operation on float64."""

places = st.floats(-1e5, 1e5)
extents = st.floats(1e-3, 1e5)
boxes = st.tuples(places, places, extents, extents)
# Eighths of pixels, whose sums and halves are exact, so that invariances hold to the bit.
eighths = st.integers(-(2**16), 2**16).map(lambda k: k / 8)
exact_boxes = st.tuples(eighths, eighths, *[st.integers(1, 2**16).map(lambda k: k / 8)] * 2)
powers = st.integers(-20, 20).map(lambda k: 2.0**k)


def rows(*boxes: Box) -> np.ndarray:
    return np.array(boxes, dtype=np.float64)


def exact(box: Box) -> list[Fraction]:
    return list(map(Fraction, box))


def shared_extents(a: Box, b: Box) -> list[Fraction]:
    """Returns width and height of the intersection, negative if the boxes are apart."""
    p, q = exact(a), exact(b)
    return [min(p[k] + p[k + 2], q[k] + q[k + 2]) - max(p[k], q[k]) for k in (0, 1)]


def exact_iou(a: Box, b: Box) -> Fraction:
    w, h = (max(extent, Fraction(0)) for extent in shared_extents(a, b))
    (_, _, wa, ha), (_, _, wb, hb) = exact(a), exact(b)
    return w * h / (wa * ha + wb * hb - w * h)


def exact_offset(a: Box, b: Box) -> list[Fraction]:
    """Returns the vector from the center of `b` to that of `a`."""
    p, q = exact(a), exact(b)
    return [p[k] + p[k + 2] / 2 - q[k] - q[k + 2] / 2 for k in (0, 1)]


def rounding_of_places(a: Box, b: Box) -> Fraction:
    """Returns the largest rounding error of an edge x + w in pixels: a few units of the largest number."""
    return 4 * HALF_UNIT * max(abs(p) + q for x, y, w, h in (exact(a), exact(b)) for p, q in ((x, w), (y, h)))


@given(boxes, boxes)
def test_overlap_is_exact_up_to_rounded_edges(a: Box, b: Box) -> None:
    found, wanted = Fraction(float(iou(rows(a), rows(b))[0])), exact_iou(a, b)
    # Moving an edge by e changes the shared area by e times its length, and the union likewise.
    edge = rounding_of_places(a, b)
    sides = sum(exact(a)[2:]) + sum(exact(b)[2:])
    union = max(exact(a)[2] * exact(a)[3], exact(b)[2] * exact(b)[3])
    assert abs(found - wanted) <= 2 * (edge * sides + 2 * edge * edge) / union + 16 * HALF_UNIT


@given(exact_boxes, exact_boxes)
def test_overlap_on_a_grid_is_correctly_rounded(a: Box, b: Box) -> None:
    assert iou(rows(a), rows(b))[0] == float(exact_iou(a, b))


@given(exact_boxes, exact_boxes, eighths, eighths)
def test_overlap_is_translation_invariant(a: Box, b: Box, dx: float, dy: float) -> None:
    move = np.array([dx, dy, 0, 0])
    assert iou(rows(a) + move, rows(b) + move)[0] == iou(rows(a), rows(b))[0]


@given(exact_boxes, exact_boxes, powers)
def test_overlap_is_scale_invariant(a: Box, b: Box, unit: float) -> None:
    assert iou(rows(a) * unit, rows(b) * unit)[0] == iou(rows(a), rows(b))[0]


@given(exact_boxes, exact_boxes)
def test_overlap_is_invariant_to_swapped_or_mirrored_axes(a: Box, b: Box) -> None:
    wanted = iou(rows(a), rows(b))[0]
    swapped = [1, 0, 3, 2]
    assert iou(rows(a)[:, swapped], rows(b)[:, swapped])[0] == wanted
    mirrored = [rows((-x - w, y, w, h)) for x, y, w, h in (a, b)]
    assert iou(*mirrored)[0] == wanted


@given(boxes, boxes)
def test_overlap_is_bounded_by_the_ratio_of_areas(a: Box, b: Box) -> None:
    overlap = iou(rows(a), rows(b))[0]
    areas = sorted([a[2] * a[3], b[2] * b[3]])
    assert overlap <= areas[0] / areas[1] * (1 + 1e-6) + 1e-6
    apart = min(shared_extents(a, b)) <= -rounding_of_places(a, b)
    assert not apart or overlap == 0


@given(exact_boxes, st.integers(0, 4), st.integers(0, 4), st.integers(1, 4), st.integers(1, 4))
def test_nested_boxes_overlap_by_the_ratio_of_areas(
    box: Box, left: int, top: int, width: int, height: int
) -> None:
    x, y, w, h = box
    inner = (x + w * left / 8, y + h * top / 8, w * width / 8, h * height / 8)
    assert iou(rows(inner), rows(box))[0] == width * height / 64


@given(boxes, boxes)
def test_center_error_is_exact_up_to_rounding(a: Box, b: Box) -> None:
    dx, dy = exact_offset(a, b)
    found = Fraction(float(center_error(rows(a), rows(b))[0]))
    # Avoids a square root: (d - e)^2 <= dx^2 + dy^2 <= (d + e)^2.
    slack = rounding_of_places(a, b) + 8 * HALF_UNIT * found
    assert max(found - slack, Fraction(0)) ** 2 <= dx * dx + dy * dy <= (found + slack) ** 2


@given(boxes, boxes, boxes)
def test_center_error_is_a_metric(a: Box, b: Box, c: Box) -> None:
    ab, ba = center_error(rows(a, b), rows(b, a))
    assert ab == ba
    assert center_error(rows(a), rows(a))[0] == 0
    ac, cb = center_error(rows(a, c), rows(c, b))
    assert ab <= (ac + cb) * (1 + 1e-12) + 1e-9


@given(exact_boxes, exact_boxes, eighths, eighths, powers)
def test_center_errors_are_translation_invariant_and_scale(
    a: Box, b: Box, dx: float, dy: float, unit: float
) -> None:
    move = np.array([dx, dy, 0, 0])
    for error in (center_error, normalized_center_error):
        assert error(rows(a) + move, rows(b) + move)[0] == error(rows(a), rows(b))[0]
    assert center_error(rows(a) * unit, rows(b) * unit)[0] == center_error(rows(a), rows(b))[0] * unit
    normalized = normalized_center_error(rows(a), rows(b))[0]
    assert normalized_center_error(rows(a) * unit, rows(b) * unit)[0] == normalized


@given(boxes, boxes)
def test_normalized_error_is_exact_up_to_rounding(a: Box, b: Box) -> None:
    (dx, dy), (_, _, w, h) = exact_offset(a, b), exact(b)
    found = Fraction(float(normalized_center_error(rows(a), rows(b))[0]))
    slack = 2 * rounding_of_places(a, b) / min(w, h) + 8 * HALF_UNIT * found
    squared = (dx / w) ** 2 + (dy / h) ** 2
    assert max(found - slack, Fraction(0)) ** 2 <= squared <= (found + slack) ** 2


@given(exact_boxes, exact_boxes, powers)
def test_normalized_error_is_invariant_to_stretched_axes(a: Box, b: Box, stretch: float) -> None:
    axis = np.array([stretch, 1, stretch, 1])
    stretched = normalized_center_error(rows(a) * axis, rows(b) * axis)[0]
    assert stretched == normalized_center_error(rows(a), rows(b))[0]


@given(boxes, boxes, st.floats(1e-3, 1e3))
def test_smallest_never_increases_the_error(a: Box, b: Box, smallest: float) -> None:
    plain = normalized_center_error(rows(a), rows(b))[0]
    bounded = normalized_center_error(rows(a), rows(b), smallest)[0]
    assert bounded <= plain
    if smallest <= min(b[2:]):
        assert bounded == plain


@given(exact_boxes, exact_boxes)
def test_hit_at_twenty_pixels_matches_exact_distance(a: Box, b: Box) -> None:
    dx, dy = exact_offset(a, b)
    # If the squared distance is exact in float64, so is the comparison with a whole number of pixels.
    assume((dx * dx + dy * dy).numerator < 2**53)
    error = center_error(rows(a), rows(b))[0]
    for pixels in range(0, 51, 5):
        assert (error <= pixels) == (dx * dx + dy * dy <= pixels * pixels)


@pytest.mark.parametrize("error", [center_error, normalized_center_error, iou])
def test_rows_are_independent(error) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.uniform(1, 50, (2, 40, 4))
    together = error(a, b)
    assert [error(p, q) for p, q in zip(a, b, strict=True)] == together.tolist()
