"""Exact overlap of convex polygons within the image."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.geometry.overlap import iou
from benchmarks.geometry.polygons import polygon_area, polygon_overlap, region_overlap
from benchmarks.geometry.rasterize import VOT_TOOLKIT, raster_overlap
from trackers.regions import box_corners

SIZE = (200, 100)


def rotated(rng: np.random.Generator, count: int) -> np.ndarray:
    center, turn = rng.uniform([20, 20], [180, 80], (count, 2)), rng.uniform(0, 2 * np.pi, count)
    half = rng.uniform(5, 30, (count, 2))
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    offsets = signs * half[:, None]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = offsets[..., 0] * cos - offsets[..., 1] * sin
    y = offsets[..., 0] * sin + offsets[..., 1] * cos
    return (center[:, None] + np.stack([x, y], axis=-1)).reshape(-1, 8)


def test_boxes_inside_the_image_have_their_iou():
    rng = np.random.default_rng(0)
    a = np.concatenate([rng.uniform(10, 60, (500, 2)), rng.uniform(1, 30, (500, 2))], axis=1)
    b = a + rng.uniform(-8, 8, a.shape) * [1, 1, 0, 0]
    assert polygon_overlap(a, b, SIZE) == pytest.approx(iou(a, b), abs=1e-12)
    assert polygon_overlap(box_corners(a), b, SIZE) == pytest.approx(iou(a, b), abs=1e-12)


def test_overlap_worked_out_by_hand():
    # A diamond with half-diagonal 10 and the square around it: 200 of 400.
    diamond = np.array([[50.0, 40, 60, 50, 50, 60, 40, 50]])
    square = np.array([[40.0, 40, 20, 20]])
    assert polygon_overlap(diamond, square, SIZE) == pytest.approx(0.5)
    # The same corners in the other direction.
    assert polygon_overlap(diamond.reshape(1, 4, 2)[:, ::-1].reshape(1, 8), square, SIZE) == pytest.approx(
        0.5
    )
    # Only the half of both that lies in the image counts: 100 of 200.
    assert polygon_overlap(diamond - [50, 0] * 4, square - [50, 0, 0, 0], SIZE) == pytest.approx(0.5)


def test_polygons_clipped_at_the_border():
    # [-10, 10] x [0, 10] and [0, 20] x [0, 10]: in the image 100 and 200, of which 100 are shared.
    assert polygon_overlap(np.array([[-10.0, 0, 20, 10]]), np.array([[0.0, 0, 20, 10]]), SIZE) == 0.5


def test_rotated_boxes_agree_with_counted_pixels():
    rng = np.random.default_rng(1)
    a = rotated(rng, 300) * 20
    b = (a.reshape(-1, 4, 2) + rng.uniform(-200, 200, (300, 1, 2))).reshape(-1, 8)
    large = (4000, 2000)
    counted = raster_overlap(a, b, large, VOT_TOOLKIT)
    assert np.mean(counted > 0.1) > 0.5
    assert polygon_overlap(a, b, large) == pytest.approx(counted, abs=0.02)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([np.nan] * 4, [0, 0, 9, 9]),
        ([0, 0, 0, 9], [0, 0, 9, 9]),
        ([0, 0, 9, 9], [50, 50, 9, 9]),
        ([-20, 0, 9, 9], [-20, 0, 9, 9]),
        ([0, 0, 9, 9], [9, 0, 9, 9]),
    ],
)
def test_regions_without_common_area_have_no_overlap(a, b):
    assert polygon_overlap(np.array([a], dtype=float), np.array([b], dtype=float), SIZE).tolist() == [0]


def test_rule_chooses_the_measure():
    a, b = np.array([[10.2, 10, 20, 20]]), np.array([[15.0, 12, 20, 20]])
    assert region_overlap(a, b, SIZE, "exact") == pytest.approx(iou(a, b))
    assert region_overlap(a, b, SIZE, VOT_TOOLKIT) == raster_overlap(a, b, SIZE, VOT_TOOLKIT)


def test_area_ignores_repeated_corners():
    triangle = np.array([[[0, 0], [4, 0], [0, 3], [0, 3], [0, 0]]], dtype=float)
    assert polygon_area(triangle).tolist() == [6]
