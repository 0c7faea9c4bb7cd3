"""Overlap of regions as sets of pixels, the way VOT measures it.

Two regions are drawn into one mask that encloses both, clipped to the image; their overlap is the pixels in
both over the pixels in either. On small targets that differs visibly from the overlap of the shapes, and it
depends on which pixels an edge takes in. Two rules decide that:

    VOT2017: MATLAB's vot-toolkit 5, with which the challenge was evaluated (its "legacy" rasterisation).
    VOT_TOOLKIT: the Python vot-toolkit 0.7.4.

No mask is ever made. In each row of pixels a quadrilateral covers at most two spans of columns, so pixels
are counted by the ends of the spans: arrays of (rows, pairs), and time grows with the height of the regions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from trackers.tracker import Boxes

Reals: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
Touches: TypeAlias = Callable[[Reals, Reals, Reals], NDArray[np.bool_]]
Spans: TypeAlias = list[tuple[Reals, Reals]]
"""First column and the one after the last, each of shape (rows, 2, pairs), for both regions of each pair. A
region's spans are disjoint, and empty where the end is not greater than the start."""

_BLOCK_ENTRIES = 1 << 13
"""Rows times pairs that are worked on at a time: few enough to stay in a processor's cache."""


@dataclass(frozen=True, eq=False)
class RasterRule:
    """Which pixels a region covers.

    Attributes:
        name: whose rule it is.
        corners: from regions, shape (n, 4) or (n, 8), to the corners that are drawn, shape (n, 4, 2), of the
            type that columns are calculated in; NaN for regions that cover nothing.
        touches: from a row and the y of an edge's ends to whether the edge has a column in that row.
        spans: from the sorted columns of the regions' edges, shape (4, rows, 2, pairs), infinite where there
            are fewer, and the masks' widths, shape (pairs,), to what is filled.
        line_is_equal: nothing is drawn where both regions lie in one row or column of the image; they count
            as equal if they do so before they are clipped to it.
    """

    name: str
    corners: Callable[[Boxes], Reals]
    touches: Touches
    spans: Callable[[Reals, Reals], Spans]
    line_is_equal: bool


def rectangle_polygon(boxes: Boxes) -> Boxes:
    """Corners of upright boxes, clockwise from the top left.

    Args:
        boxes: shape (..., 4): x, y, w, h in pixels.

    Returns:
        Shape (..., 8): x1, y1 to x4, y4; NaN where w or h is not positive.
    """
    x, y, w, h = np.moveaxis(np.where((boxes[..., 2:] > 0).all(axis=-1, keepdims=True), boxes, np.nan), -1, 0)
    return np.stack([x, y, x + w, y, x + w, y + h, x, y + h], axis=-1)


def raster_overlap(
    a: Boxes, b: Boxes, size: tuple[int, int], rule: RasterRule | None = None
) -> NDArray[np.float64]:
    """Overlap of n pairs of regions, counted in pixels of the image.

    Args:
        a: shape (n, 8), polygons x1, y1 to x4, y4, or (n, 4), boxes x, y, w, h; pixels, where pixel 0 is the
            image's first.
        b: likewise.
        size: width and height of the image.
        rule: which pixels a region covers; `VOT2017` unless given.

    Returns:
        Shape (n,), values in [0, 1]. 0 where a region is not finite, empty or outside of the image.
    """
    rule = rule or VOT2017
    with np.errstate(invalid="ignore", over="ignore"):
        first, second = rule.corners(a), rule.corners(b)
    last = np.array(size, dtype=first.dtype) - 1
    both = np.stack([first, second])
    lows, highs = np.maximum(both.min(axis=2), 0), np.minimum(both.max(axis=2), last)
    finite = np.isfinite(both).all(axis=(0, 2, 3))
    # The mask reaches from the lowest corner to the highest, of those parts of the regions that are inside.
    low, high = lows.min(axis=0), highs.max(axis=0)
    drawn = finite & (lows <= highs).all(axis=(0, 2))
    if rule.line_is_equal:
        drawn &= (high > low).all(axis=1)
    overlaps = np.zeros(len(first))
    # As many columns and rows as fit from the lowest corner on.
    extent = np.floor(high - low) + 1
    for pairs in _blocks(np.flatnonzero(drawn), extent[:, 1]):
        width, height = extent[pairs].T
        row = np.arange(height.max(), dtype=first.dtype)[:, None, None]
        # Rows below a pair's mask meet no edge.
        row = np.where(row < height, row, first.dtype.type(np.inf))
        columns = _columns(both[:, pairs] - low[pairs, None], row, rule.touches)
        overlaps[pairs] = _shared(rule.spans(columns, width))
    if rule.line_is_equal:
        overlaps[finite & (both.min(axis=(0, 2)) == both.max(axis=(0, 2))).any(axis=1)] = 1.0
    return overlaps


def _blocks(pairs: NDArray[np.intp], height: Reals) -> Iterator[NDArray[np.intp]]:
    """Pairs of about the same height together, since a block has as many rows as its highest."""
    pairs = pairs[np.argsort(-height[pairs])]
    while len(pairs):
        count = max(1, _BLOCK_ENTRIES // int(height[pairs[0]]))
        yield pairs[:count]
        pairs = pairs[count:]


def _columns(corners: Reals, row: Reals, touches: Touches) -> Reals:
    """Where the edges of regions (2, pairs, 4, 2) meet rows (rows, 1, pairs): (4, rows, 2, pairs), sorted."""
    x, y = np.ascontiguousarray(corners.transpose(3, 2, 0, 1))[:, :, None]
    x0, y0 = np.roll(x, 1, axis=0), np.roll(y, 1, axis=0)
    # A level edge is met, if at all, in its own row, where row - y is 0 whatever it is divided by.
    dy, dx = np.where(y == y0, 1, y0 - y), x0 - x
    with np.errstate(invalid="ignore", over="ignore"):
        # In this order of operations: the last bit decides on which side of a pixel's edge a column is.
        columns: Reals = row - y
        columns /= dy
        columns *= dx
        columns += x
        np.trunc(columns, out=columns)
    np.copyto(columns, np.inf, where=~touches(row, y0, y))
    for i, j in ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)):
        higher = np.maximum(columns[i], columns[j])
        np.minimum(columns[i], columns[j], out=columns[i])
        columns[j] = higher
    return columns


def _shared(spans: Spans) -> NDArray[np.float64]:
    """Pixels in both regions over pixels in either."""
    first, second = ([(start[:, k], end[:, k]) for start, end in spans] for k in (0, 1))
    both = _count((np.maximum(s, t), np.minimum(e, f)) for (s, e), (t, f) in product(first, second))
    either = _count(first) + _count(second) - both
    return np.divide(both, either, out=np.zeros(len(both)), where=either > 0)


def _count(spans: Iterable[tuple[Reals, Reals]]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = sum(
        np.maximum(end - start, 0).sum(axis=0, dtype=np.float64) for start, end in spans
    )
    return total


def _polygons(regions: Boxes) -> Boxes:
    return rectangle_polygon(regions) if regions.shape[-1] == 4 else regions


def _corners_2017(regions: Boxes) -> NDArray[np.float32]:
    return _polygons(regions).astype(np.float32).reshape(-1, 4, 2)


def _touches_2017(row: Reals, y0: Reals, y1: Reals) -> NDArray[np.bool_]:
    crosses: NDArray[np.bool_] = (y0 < row) != (y1 < row)
    return crosses


def _spans_2017(columns: Reals, width: Reals) -> Spans:
    """Between the first and second and between the third and fourth edge, without the pixel at the end."""
    # Convex regions never have more than two columns.
    pairs = (columns[:2], columns[2:]) if np.isfinite(columns[2]).any() else (columns[:2],)
    return [(np.maximum(start, 0), np.where(end > width, width - 1, end)) for start, end in pairs]


def _corners_toolkit(regions: Boxes) -> NDArray[np.float64]:
    regions = np.round(regions.astype(np.float32)).astype(np.float64)
    if regions.shape[-1] == 4:
        # An upright box ends at its last pixel. Shrunk to that, a box of one pixel has no extent.
        regions = np.where((regions[:, 2:] > 0).all(axis=1, keepdims=True), regions, np.nan)
        x, y, w, h = regions.T
        right, bottom = x + w - 1, y + h - 1
        regions = np.stack([x, y, right, y, right, bottom, x, bottom], axis=1)
    return regions.reshape(-1, 4, 2)


def _touches_toolkit(row: Reals, y0: Reals, y1: Reals) -> NDArray[np.bool_]:
    touches: NDArray[np.bool_] = (np.minimum(y0, y1) <= row) & (row <= np.maximum(y0, y1))
    return touches


def _spans_toolkit(columns: Reals, width: Reals) -> Spans:
    """From the lowest column to the next greater, both included.

    Corners are columns of both their edges, hence the repetitions. Only where the lowest is not repeated and
    there are four is a second span filled, from the third to the fourth.
    """
    start, *others = columns
    end = start
    for column in reversed(others):
        end = np.where((column > start) & np.isfinite(column), column, end)
    spans = [(np.maximum(start, 0), np.minimum(end + 1, width))]
    third, fourth = columns[2:]
    twice = (columns[1] > start) & np.isfinite(fourth)
    if twice.any():
        third = np.where(twice, np.maximum(third, np.maximum(end + 1, 0)), np.inf)
        spans.append((third, np.minimum(fourth + 1, width)))
    return spans


VOT2017 = RasterRule("vot2017", _corners_2017, _touches_2017, _spans_2017, line_is_equal=False)
"""Edges take part in rows from above their upper end to their lower end, at columns cut to whole numbers in
single precision. The mask begins at the regions' lowest coordinates, whole or not."""

VOT_TOOLKIT = RasterRule(
    "vot-toolkit", _corners_toolkit, _touches_toolkit, _spans_toolkit, line_is_equal=True
)
"""Corners are rounded to whole pixels first, and pixels on an edge belong to the region."""
