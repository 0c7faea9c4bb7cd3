"""Overlap in pixels against the exact areas of the shapes, in rational arithmetic, and its invariances."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.geometry.overlap import iou
from benchmarks.geometry.rasterize import VOT2017, VOT_TOOLKIT, RasterRule, raster_overlap, rectangle_polygon

Point: TypeAlias = tuple[Fraction, Fraction]

SIZE = (200, 160)
RULES = pytest.mark.parametrize("rule", [VOT2017, VOT_TOOLKIT], ids=lambda rule: rule.name)


@st.composite
def turned_boxes(draw: st.DrawFn) -> np.ndarray:
    """Draws rotated rectangles well inside the image, on a grid of quarters, which float32 represents."""
    turn = draw(st.floats(0, math.pi))
    half = np.array([draw(st.floats(6, 45)), draw(st.floats(6, 45))])
    center = [draw(st.floats(70, 130)), draw(st.floats(66, 94))]
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    cos, sin = math.cos(turn), math.sin(turn)
    turned = corners @ np.array([[cos, sin], [-sin, cos]]) + center
    return np.round(turned * 4).reshape(1, 8) / 4


def points(polygon: np.ndarray) -> list[Point]:
    return [(Fraction(x), Fraction(y)) for x, y in polygon.reshape(-1, 2).tolist()]


def doubled_area(corners: list[Point]) -> Fraction:
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return sum((x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs), Fraction(0))


def clipped(subject: list[Point], window: list[Point]) -> list[Point]:
    """Intersects two convex polygons (Sutherland and Hodgman: Reentrant Polygon Clipping, CACM 1974)."""
    turn = 1 if doubled_area(window) > 0 else -1
    for (x0, y0), (x1, y1) in zip(window, window[1:] + window[:1], strict=True):
        kept: list[Point] = []
        sides = [turn * ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) for x, y in subject]
        for k, (x, y) in enumerate(subject):
            (u, v), before = subject[k - 1], sides[k - 1]
            if (sides[k] > 0 > before) or (sides[k] < 0 < before):
                share = before / (before - sides[k])
                kept.append((u + share * (x - u), v + share * (y - v)))
            if sides[k] >= 0:
                kept.append((x, y))
        subject = kept
    return subject


def area(corners: list[Point]) -> Fraction:
    return abs(doubled_area(corners)) / 2


def touched(polygon: np.ndarray) -> float:
    """Returns an upper bound of the pixels on the boundary: a line of length l crosses at most 2 l + 3."""
    corners = polygon.reshape(4, 2)
    return float(sum(2 * np.linalg.norm(corners[k] - corners[k - 1]) + 3 for k in range(4)))


@settings(deadline=None)
@RULES
@given(a=turned_boxes(), b=turned_boxes())
def test_pixels_differ_from_shapes_only_at_edges(rule: RasterRule, a: np.ndarray, b: np.ndarray) -> None:
    p, q = points(a), points(b)
    shared = area(clipped(p, q))
    union = area(p) + area(q) - shared
    found = raster_overlap(a, b, SIZE, rule)[0]
    edge = touched(a) + touched(b)
    low = max(float(shared) - edge, 0) / (float(union) + edge)
    high = (float(shared) + edge) / max(float(union) - edge, 1)
    assert low <= found <= high
    if not shared:
        assert found <= edge / float(union)


@RULES
@given(a=turned_boxes(), b=turned_boxes(), dx=st.integers(-8, 8), dy=st.integers(-8, 8))
def test_overlap_is_invariant_to_whole_pixel_shifts(
    rule: RasterRule, a: np.ndarray, b: np.ndarray, dx: int, dy: int
) -> None:
    wide = (SIZE[0] + 100, SIZE[1] + 100)
    # Even steps, because the Python toolkit rounds halves to even numbers.
    move = np.tile([50.0 + 2 * dx, 50.0 + 2 * dy], 4)
    still = np.full(8, 50.0)
    assert raster_overlap(a + move, b + move, wide, rule) == raster_overlap(a + still, b + still, wide, rule)


@RULES
@given(a=turned_boxes(), b=turned_boxes(), start=st.integers(0, 3))
def test_overlap_is_invariant_to_corner_order(
    rule: RasterRule, a: np.ndarray, b: np.ndarray, start: int
) -> None:
    wanted = raster_overlap(a, b, SIZE, rule)
    assert raster_overlap(np.roll(a, 2 * start, axis=1), b, SIZE, rule) == pytest.approx(wanted, abs=0.01)
    backwards = a.reshape(1, 4, 2)[:, ::-1].reshape(1, 8)
    assert raster_overlap(backwards, b, SIZE, rule) == pytest.approx(wanted, abs=0.01)


whole_boxes = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 60)] * 2)


@given(whole_boxes, whole_boxes, st.integers(1, 3))
def test_whole_pixel_boxes_overlap_like_continuous_boxes(
    a: tuple[int, ...], b: tuple[int, ...], unit: int
) -> None:
    first, second = (np.array([box], dtype=np.float64) for box in (a, b))
    size = (400, 400)
    found = raster_overlap(first * unit, second * unit, size)[0]
    assert found == pytest.approx(iou(first, second)[0], abs=1e-12)
    drawn = raster_overlap(rectangle_polygon(first * unit), rectangle_polygon(second * unit), size)[0]
    assert drawn == found


@given(st.tuples(*[st.floats(-1e6, 1e6)] * 2, *[st.floats(1e-6, 1e6)] * 2))
def test_corners_are_clockwise(box: tuple[float, ...]) -> None:
    x, y, w, h = box
    corners = points(rectangle_polygon(np.array([box])))
    assert corners[0] == (Fraction(x), Fraction(y))
    assert corners[2] == (Fraction(x + w), Fraction(y + h))
    # With y downwards, a positive area is clockwise.
    wanted = (Fraction(x + w) - Fraction(x)) * (Fraction(y + h) - Fraction(y))
    assert doubled_area(corners) / 2 == wanted
