"""Overlap in pixels against OpenCV's exact intersections, continuous IoU, and the rule drawn pixel by pixel.

The toolkits' own libraries are the oracle in tests/parity/test_vot_toolkit.py.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.geometry import rasterize
from benchmarks.geometry.overlap import iou
from benchmarks.geometry.rasterize import VOT2017, VOT_TOOLKIT, raster_overlap, rectangle_polygon

SIZE = (64, 48)
RULES = pytest.mark.parametrize("rule", [VOT2017, VOT_TOOLKIT], ids=lambda rule: rule.name)

quadrilaterals = arrays(np.float64, (3, 8), elements=st.floats(-20, 80, width=16))


def rotated_boxes(count, low, high, seed):
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 2 * np.pi, (count, 1))
    half = rng.uniform(low, high, (count, 2)) / 2
    x, y = half[:, :1] * [-1, 1, 1, -1], half[:, 1:] * [-1, -1, 1, 1]
    center = rng.uniform(150, 170, (count, 2))
    corners = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1)
    return (corners + center[:, None]).reshape(count, 8)


def exact_overlap(a, b):
    a, b = (polygon.astype(np.float32).reshape(4, 2) for polygon in (a, b))
    shared = cv2.intersectConvexConvex(a, b)[0]
    return shared / (cv2.contourArea(a) + cv2.contourArea(b) - shared)


@RULES
def test_large_regions_overlap_like_their_shapes(rule):
    a, b = rotated_boxes(200, 80, 150, seed=1), rotated_boxes(200, 80, 150, seed=2)
    exact = np.array([exact_overlap(*pair) for pair in zip(a, b, strict=True)])
    assert np.ptp(exact) > 0.4
    assert raster_overlap(a, b, (320, 320), rule) == pytest.approx(exact, abs=0.02)


@RULES
def test_small_regions_differ_from_their_shapes(rule):
    a, b = rotated_boxes(300, 13, 17, seed=3), rotated_boxes(300, 13, 17, seed=4)
    exact = np.array([exact_overlap(*pair) for pair in zip(a, b, strict=True)])
    off = np.abs(raster_overlap(a, b, (320, 320), rule) - exact)
    assert off.mean() > (0.01 if rule is VOT_TOOLKIT else 0.002)
    assert off.max() > 0.02


@given(
    arrays(np.int64, (5, 4), elements=st.integers(1, 20)),
    arrays(np.int64, (5, 4), elements=st.integers(1, 20)),
)
def test_whole_pixel_boxes_overlap_like_continuous_ones(a, b):
    a, b = a.astype(float), b.astype(float)
    for rule in (VOT2017, VOT_TOOLKIT):
        if rule.line_is_equal and ((a == b) & (a == 1))[:, 2:].any():
            continue
        assert raster_overlap(a, b, SIZE, rule) == pytest.approx(iou(a, b), abs=1e-12)


def drawn_2017(polygon, low, width, height):
    """Draws the mask of one region by the 2017 rule, edge by edge and pixel by pixel."""
    mask = np.zeros((height, width), bool)
    corners = polygon.astype(np.float32).reshape(4, 2) - low
    for row in range(height):
        columns = []
        for (xj, yj), (xi, yi) in zip(np.roll(corners, 1, axis=0), corners, strict=True):
            if (yi < row <= yj) or (yj < row <= yi):
                columns.append(int(xi + (np.float32(row) - yi) / (yj - yi) * (xj - xi)))
        columns.sort()
        for start, end in zip(columns[::2], columns[1::2], strict=True):
            mask[row, max(start, 0) : max(width - 1 if end > width else end, 0)] = True
    return mask


def test_regions_within_the_first_row_have_pixels():
    # vot-trax's library in its legacy mode gives 1 for both.
    regions = np.array([[1.0, 0, 0, -1, 0, 0, 0, 0], [-5, -5, 3, -5, 3, 0, -5, 0]])
    assert raster_overlap(regions, regions, SIZE).tolist() == [1, 1]


def pixel_by_pixel(a, b):
    overlaps = raster_overlap(a, b, SIZE)
    last = np.array(SIZE, np.float32) - 1
    for first, second, overlap in zip(a, b, overlaps, strict=True):
        corners = np.stack([first, second]).astype(np.float32).reshape(2, 4, 2)
        lows, highs = np.maximum(corners.min(axis=1), 0), np.minimum(corners.max(axis=1), last)
        if (lows > highs).any():
            assert overlap == 0
            continue
        low = lows.min(axis=0)
        width, height = (highs.max(axis=0) - low).astype(int) + 1
        m, n = (drawn_2017(polygon, low, width, height) for polygon in (first, second))
        assert overlap == pytest.approx((m & n).sum() / max((m | n).sum(), 1), abs=1e-12)


@given(quadrilaterals, quadrilaterals)
def test_vot2017_rule_pixel_by_pixel(a, b):
    pixel_by_pixel(a, b)


def test_vot2017_rule_outside_the_image_and_between_pixels():
    rng = np.random.default_rng(7)
    a = rng.uniform(-15, 75, (120, 8)).round(2)
    b = a + rng.uniform(-6, 6, (120, 8)).round(2)
    assert (raster_overlap(a, b, SIZE) > 0.1).mean() > 0.6
    pixel_by_pixel(a, b)


@RULES
@given(a=quadrilaterals, b=quadrilaterals)
def test_overlap_is_symmetric_and_a_fraction(rule, a, b):
    overlaps = raster_overlap(a, b, SIZE, rule)
    assert ((overlaps >= 0) & (overlaps <= 1)).all()
    assert (raster_overlap(b, a, SIZE, rule) == overlaps).all()
    assert set(raster_overlap(a, a, SIZE, rule)) <= {0.0, 1.0}


def test_polygon_of_a_box_is_larger_in_vot_toolkit():
    square = np.array([[30.0, 20, 20, 20]])
    assert raster_overlap(square, rectangle_polygon(square), SIZE, VOT_TOOLKIT) == pytest.approx(400 / 441)
    assert raster_overlap(square, rectangle_polygon(square), SIZE, VOT2017) == 1


@RULES
def test_self_crossing_regions_have_two_spans(rule):
    bow = np.array([[10.0, 10, 50, 10, 10, 40, 50, 40]])
    half = np.array([[10.0, 10, 50, 10, 30, 25, 30, 25]])
    assert raster_overlap(bow, half, SIZE, rule) == pytest.approx(0.5, abs=0.07)
    sideways = bow[:, [1, 0, 3, 2, 5, 4, 7, 6]]
    left = np.array([[10.0, 10, 25, 30, 25, 30, 10, 50]])
    assert raster_overlap(sideways, left, SIZE, rule) == pytest.approx(0.5, abs=0.07)


@RULES
@pytest.mark.parametrize(
    "region",
    [
        np.full(4, np.nan),
        np.full(8, np.nan),
        [10, np.inf, 5, 5],
        [-np.inf, 10, np.inf, 5],
        [10, 10, 1e300, 5],
        [10, 10, 0, 5],
        [10, 10, 5, -1],
        [64, 10, 5, 5],
        [-20, 10, 10, 5],
        [10, 48, 5, 5],
        [10, -9, 5, 5],
    ],
    ids=str,
)
def test_invalid_regions_overlap_nothing(rule, region):
    region = np.array([region], dtype=np.float64)
    everything = np.array([[0.0, 0, 64, 48]])
    assert raster_overlap(region, everything, SIZE, rule) == 0
    assert raster_overlap(region, region, SIZE, rule) == 0


def test_pixels_outside_the_image_do_not_count():
    inside, beyond = np.array([[54.0, 20, 10, 10]]), np.array([[54.0, 20, 1000, 10]])
    assert raster_overlap(inside, beyond, SIZE, VOT_TOOLKIT) == 1
    assert raster_overlap(inside, beyond, (2000, 48), VOT_TOOLKIT) == pytest.approx(0.01)


@RULES
def test_largest_finite_corners_cause_no_warning(rule):
    far = np.array([[0.0, 10, 3e38, 11, 3e38, 40, 0, 3e38]])
    everything = np.array([[0.0, 0, 64, 48]])
    assert 0 <= raster_overlap(far, everything, SIZE, rule)[0] <= 1


def test_lines_are_equal_in_vot_toolkit_only():
    lines, boxes = [30.0, 20, 1, 10], [30.0, 20, 4, 10]
    pairs = np.array([lines, boxes]), np.array([[30.0, 24, 1, 10], [30, 24, 4, 10]])
    assert raster_overlap(*pairs, SIZE, VOT_TOOLKIT).tolist() == [1, 6 / 14]


@RULES
def test_no_pairs_give_no_overlaps(rule):
    assert raster_overlap(np.zeros((0, 4)), np.zeros((0, 8)), SIZE, rule).shape == (0,)


def test_blocks_do_not_change_overlaps(monkeypatch):
    a, b = rotated_boxes(60, 2, 90, seed=5), rotated_boxes(60, 2, 90, seed=6)
    whole = raster_overlap(a, b, (320, 320))
    monkeypatch.setattr(rasterize, "_BLOCK_ENTRIES", 200)
    assert (raster_overlap(a, b, (320, 320)) == whole).all()


def test_rectangle_polygon_gives_the_corners():
    boxes = np.array([[[1.0, 2, 3, 4]], [[1, 2, 0, 4]]])
    corners = rectangle_polygon(boxes)
    assert corners.shape == (2, 1, 8)
    assert corners[0, 0].tolist() == [1, 2, 4, 2, 4, 6, 1, 6]
    assert np.isnan(corners[1]).all()
