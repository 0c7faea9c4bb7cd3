"""Overlap of convex polygons as continuous shapes, clipped to the image.

A polygon is clipped at one straight line after the other (Sutherland, Hodgman: Reentrant Polygon Clipping,
CACM 1974), for all pairs at once: first both at the image's borders, then one at the other's edges.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.rasterize import RasterRule, raster_overlap, rectangle_polygon
from trackers.tracker import Boxes

OverlapRule: TypeAlias = RasterRule | Literal["exact"]
"""How the overlap of regions is measured: counted in pixels by a rule, or exactly, of continuous shapes."""


def region_overlap(a: Boxes, b: Boxes, size: tuple[int, int], rule: OverlapRule) -> NDArray[np.float64]:
    """Returns the overlap of n pairs of regions by a rule; see `raster_overlap` and `polygon_overlap`."""
    return polygon_overlap(a, b, size) if rule == "exact" else raster_overlap(a, b, size, rule)


def polygon_overlap(a: Boxes, b: Boxes, size: tuple[int, int]) -> NDArray[np.float64]:
    """Returns the intersection over union of n pairs of regions, within the image.

    Args:
        a: convex polygons x1, y1 to x4, y4, shape (n, 8), or boxes x, y, w, h, shape (n, 4); 0-based pixels.
        b: likewise.
        size: width and height of the image, which is [0, width] x [0, height].

    Returns:
        Shape (n,), values in [0, 1]. 0 where a region is not finite, without area or outside the image.
    """
    corners = [_clockwise(rectangle_polygon(one) if one.shape[-1] == 4 else one) for one in (a, b)]
    finite = np.isfinite(np.concatenate(corners, axis=1)).all(axis=(1, 2))
    first, second = (one[finite] for one in corners)
    width, height = size
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    borders = np.broadcast_to(frame, (len(first), 4, 2))
    inside = clip(first, borders), clip(second, borders)
    shared = polygon_area(clip(inside[0], second))
    union = polygon_area(inside[0]) + polygon_area(inside[1]) - shared
    overlaps = np.zeros(len(a))
    ratio = np.divide(shared, union, out=np.zeros(len(union)), where=union > 0)
    overlaps[finite] = np.clip(ratio, 0.0, 1.0)
    return overlaps


def polygon_area(polygons: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the areas, shape (n,), of polygons, shape (n, corners, 2), whose corners may repeat."""
    x, y = polygons[..., 0], polygons[..., 1]
    cross = x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)
    area: NDArray[np.float64] = np.abs(cross.sum(axis=1)) / 2
    return area


def clip(polygons: NDArray[np.float64], windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Clips convex polygons, shape (n, k, 2), to convex windows, shape (n, m, 2), clockwise on the screen.

    Returns:
        Shape (n, corners, 2). Polygons with fewer corners repeat some; those that are outside repeat one.
    """
    for edge in range(windows.shape[1]):
        start = windows[:, edge, None]
        along = windows[:, (edge + 1) % windows.shape[1], None] - start
        polygons = _clip_at_line(polygons, start, along)
    return polygons


def _clip_at_line(
    polygons: NDArray[np.float64], start: NDArray[np.float64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Keeps the part of convex polygons on the inner side of lines; adds at most one corner."""
    offset = polygons - start
    side = along[..., 0] * offset[..., 1] - along[..., 1] * offset[..., 0]  # >= 0 is inside
    following, next_side = np.roll(polygons, -1, axis=1), np.roll(side, -1, axis=1)
    inside, crosses = side >= 0, (side >= 0) != (next_side >= 0)
    share = np.divide(side, side - next_side, out=np.zeros(side.shape), where=crosses)
    crossing = polygons + share[..., None] * (following - polygons)
    # Each corner that is inside stays, and each edge that crosses the line gets a corner there.
    count, corners = side.shape
    kept = np.stack([inside, crosses], axis=2).reshape(count, 2 * corners)
    points = np.stack([polygons, crossing], axis=2).reshape(count, 2 * corners, 2)
    order = np.argsort(~kept, axis=1, kind="stable")[:, : corners + 1]
    filled = np.arange(corners + 1) < kept.sum(axis=1, keepdims=True)
    place = np.where(filled, order, order[:, :1])
    return np.take_along_axis(points, place[..., None], axis=1)


def _clockwise(polygons: Boxes) -> NDArray[np.float64]:
    """Returns corners, shape (n, 4, 2), so that the inner side is on the right of each edge on the screen."""
    corners = polygons.reshape(-1, 4, 2)
    with np.errstate(invalid="ignore"):
        x, y = corners[..., 0], corners[..., 1]
        turned = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1) < 0
    return np.where(turned[:, None, None], corners[:, ::-1], corners)
