"""Overlap and center errors against counted pixels, exact fractions and Python's own geometry."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.geometry.overlap import center_error, iou, normalized_center_error

small = st.tuples(st.integers(-5, 15), st.integers(-5, 15), st.integers(0, 20), st.integers(0, 20))
real = st.tuples(*[st.floats(-1e4, 1e4)] * 2, *[st.floats(0, 1e4)] * 2)
anything = st.tuples(*[st.floats(width=32)] * 4)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, dtype=np.float64)


def counted(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, int]:
    """Counts the pixels in both and in either on a grid."""
    grids = np.zeros((2, 60, 60), dtype=bool)
    for grid, (x, y, w, h) in zip(grids, (a, b), strict=True):
        grid[y + 10 : y + 10 + h, x + 10 : x + 10 + w] = True
    return int((grids[0] & grids[1]).sum()), int((grids[0] | grids[1]).sum())


@given(small, small)
def test_whole_number_overlap_is_a_pixel_ratio(a, b):
    both, either = counted(a, b)
    assert iou(boxes(a), boxes(b))[0] == (both / either if either else 0.0)


@given(small, small, st.integers(0, 20))
def test_whole_number_overlap_compares_like_fractions(a, b, k):
    both, either = counted(a, b)
    exact = Fraction(both, either) if either else Fraction(0)
    assert (iou(boxes(a), boxes(b))[0] > k / 20) == (exact > Fraction(k, 20))


@given(real, real)
def test_overlap_is_symmetric_and_in_range(a, b):
    overlap = iou(boxes(a), boxes(b))[0]
    assert 0 <= overlap <= 1
    assert overlap == iou(boxes(b), boxes(a))[0]


@given(real)
def test_box_overlaps_itself_unless_empty(a):
    _, _, w, h = a
    overlap = iou(boxes(a), boxes(a))[0]
    if w == 0 or h == 0:
        assert overlap == 0
    elif min(w, h) > 1e-3:
        assert overlap == pytest.approx(1, abs=1e-8)


@given(anything, anything)
def test_any_numbers_give_finite_overlap_without_warning(a, b):
    assert 0 <= iou(boxes(a), boxes(b))[0] <= 1
    for error in (center_error, normalized_center_error):
        assert error(boxes(a), boxes(b))[0] >= 0


EXTREME = [
    (0.0, 0.0, 1e200, 1e200),
    (-1.7e308, -1.7e308, 1e308, 1e308),
    (1.7e308, 1.7e308, 1e308, 1e308),
    (math.inf, math.inf, 1.0, 1.0),
    (-math.inf, 0.0, math.inf, 5.0),
    (0.0, 0.0, 1e-200, 1e-200),
    # Its extent in x is computed as 2, so that the union is 0.
    (1e16 + 2, 1e16 + 2, 1.0, 2.0),
]


@pytest.mark.parametrize("a", EXTREME)
@pytest.mark.parametrize("b", EXTREME)
def test_extreme_numbers_cause_no_warning(a, b):
    assert 0 <= iou(boxes(a), boxes(b))[0] <= 1
    for error in (center_error, normalized_center_error):
        assert error(boxes(a), boxes(b))[0] >= 0


def test_infinite_area_overlaps_nothing():
    assert iou(boxes((0, 0, 1e200, 1e200)), boxes((0, 0, 1e200, 1e200)))[0] == 0
    assert iou(boxes((0, 0, 1e200, 1e200)), boxes((0, 0, 20, 20)))[0] == 0


def test_overlap_is_never_minus_zero():
    backwards = boxes((5, 5, -3, 4), (5, 5, 0, 0))
    assert not np.signbit(iou(backwards, backwards)).any()


@pytest.mark.parametrize(
    "nothing",
    [(5, 5, 0, 10), (5, 5, 10, 0), (5, 5, -3, 4), (5, 5, -3, -4), (math.nan, 5, 9, 9), (5, 5, math.inf, 9)],
)
def test_empty_or_infinite_box_overlaps_nothing(nothing):
    assert iou(boxes(nothing), boxes((0, 0, 20, 20)))[0] == 0
    assert iou(boxes(nothing), boxes(nothing))[0] == 0


def test_touching_boxes_do_not_overlap():
    assert iou(boxes((0, 0, 10, 10)), boxes((10, 0, 10, 10)))[0] == 0


def test_all_functions_broadcast():
    many = np.random.default_rng(0).uniform(1, 50, (3, 5, 4))
    one = np.array([10.0, 10.0, 30.0, 20.0])
    for function in (iou, center_error, normalized_center_error):
        together = function(many, one)
        assert together.shape == (3, 5)
        assert together[2, 4] == function(many[2, 4], one)


@given(real, real)
def test_center_error_is_the_distance_of_centers(a, b):
    centers = [(x + w / 2, y + h / 2) for x, y, w, h in (a, b)]
    assert center_error(boxes(a), boxes(b))[0] == pytest.approx(math.dist(*centers), rel=1e-12, abs=1e-150)


@pytest.mark.parametrize(("dx", "dy", "error"), [(12, 16, 20), (4.5, 6, 7.5), (0, 50, 50), (14, 48, 50)])
def test_center_error_is_exact_at_thresholds(dx, dy, error):
    assert center_error(boxes((3 + dx, 4 + dy, 7, 9)), boxes((3, 4, 7, 9)))[0] == error


def test_normalized_error_divides_each_axis_by_extent():
    truth = boxes((0, 0, 10, 40))
    assert normalized_center_error(boxes((3, 0, 10, 40)), truth)[0] == pytest.approx(0.3)
    assert normalized_center_error(boxes((0, 3, 10, 40)), truth)[0] == pytest.approx(0.075)
    assert normalized_center_error(boxes((3, 16, 10, 40)), truth)[0] == pytest.approx(0.5)


def test_normalized_error_is_infinite_without_an_extent():
    assert normalized_center_error(boxes((0, 0, 5, 5)), boxes((0, 0, 0, 5)))[0] == math.inf
    assert normalized_center_error(boxes((0, 0, 0, 0)), boxes((0, 0, 0, 0)))[0] == math.inf
