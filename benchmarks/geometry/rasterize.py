"""Overlap of regions as sets of pixels, as VOT measures it.

Two regions are drawn into a mask that encloses both, clipped to the image. Their overlap is the number of
pixels in both divided by the number of pixels in either. On small targets it differs visibly from the overlap
of the shapes, and it depends on which pixels an edge covers. There are two rules for that:

    VOT2017: MATLAB's vot-toolkit 5, with which the challenge was evaluated (its "legacy" rasterization).
    VOT_TOOLKIT: the Python vot-toolkit 0.7.4.

The code never creates masks. In each row of pixels a quadrilateral covers at most two spans of columns, so it
counts pixels by the ends of the spans, in arrays of (rows, pairs). Time grows with the height of the regions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.missing_boxes import empty_box_mask
from trackers.regions import box_corners
from trackers.tracker import Boxes

Reals: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
Touches: TypeAlias = Callable[[Reals, Reals, Reals], NDArray[np.bool_]]
Spans: TypeAlias = list[tuple[Reals, Reals]]
"""First column and the one after the last, each of shape (rows, 2, pairs), for both regions of each pair. A
region's spans are disjoint; a span is empty if its end is not greater than its start."""

_BLOCK_ENTRIES = 1 << 13
"""Rows times pairs that are processed at a time; they fit a processor's cache."""


@dataclass(frozen=True, eq=False)
class RasterRule:
    """Which pixels a region covers.

    Attributes:
        name: the toolkit that has the rule.
        corners: maps regions, shape (n, 4) or (n, 8), to the corners to draw, shape (n, 4, 2), in the type
            used to compute columns; NaN for regions that cover nothing.
        touches: maps a row and the y of an edge's ends to whether the edge has a column in that row.
        spans: maps the sorted columns of the regions' edges, shape (4, rows, 2, pairs), padded with infinity,
            and the masks' widths, shape (pairs,), to the filled spans.
        line_is_equal: whether two regions in a single row or column have overlap 1 instead of being drawn;
            only if they are so before clipping to the image.
    """

    name: str
    corners: Callable[[Boxes], Reals]
    touches: Touches
    spans: Callable[[Reals, Reals], Spans]
    line_is_equal: bool


def rectangle_polygon(boxes: Boxes) -> Boxes:
    """Returns the corners of upright boxes, clockwise from the top left.

    Args:
        boxes: shape (..., 4): x, y, w, h in pixels.

    Returns:
        Shape (..., 8): x1, y1 to x4, y4; NaN where w or h is not positive.
    """
    return box_corners(np.where(empty_box_mask(boxes)[..., None], np.nan, boxes))


def raster_overlap(
    a: Boxes, b: Boxes, size: tuple[int, int], rule: RasterRule | None = None
) -> NDArray[np.float64]:
    """Returns the overlap of n pairs of regions, counted in pixels of the image.

    Args:
        a: polygons x1, y1 to x4, y4, shape (n, 8), or boxes x, y, w, h, shape (n, 4); 0-based pixels.
        b: likewise.
        size: width and height of the image.
        rule: which pixels a region covers; `VOT2017` by default.

    Returns:
        Shape (n,), values in [0, 1]. 0 where a region is not finite, empty or outside the image.
    """
    rule = rule or VOT2017
    with np.errstate(invalid="ignore", over="ignore"):
        first, second = rule.corners(a), rule.corners(b)
    last = np.array(size, dtype=first.dtype) - 1
    both = np.stack([first, second])
    lows, highs = np.maximum(both.min(axis=2), 0), np.minimum(both.max(axis=2), last)
    finite = np.isfinite(both).all(axis=(0, 2, 3))
    # The mask extends from the lowest to the highest corner of the regions' parts inside the image.
    low, high = lows.min(axis=0), highs.max(axis=0)
    drawn = finite & (lows <= highs).all(axis=(0, 2))
    if rule.line_is_equal:
        drawn &= (high > low).all(axis=1)
    overlaps = np.zeros(len(first))
    # The number of whole columns and rows from the lowest corner on.
    extent = np.floor(high - low) + 1
    for pairs in _blocks(np.flatnonzero(drawn), extent[:, 1]):
        width, height = extent[pairs].T
        row = np.arange(height.max(), dtype=first.dtype)[:, None, None]
        # Rows below a pair's mask intersect no edge.
        row = np.where(row < height, row, first.dtype.type(np.inf))
        columns = _columns(both[:, pairs] - low[pairs, None], row, rule.touches)
        overlaps[pairs] = _shared(rule.spans(columns, width))
    if rule.line_is_equal:
        overlaps[finite & (both.min(axis=(0, 2)) == both.max(axis=(0, 2))).any(axis=1)] = 1.0
    return overlaps


def _blocks(pairs: NDArray[np.intp], height: Reals) -> Iterator[NDArray[np.intp]]:
    """Yields blocks of pairs of similar height, because a block has as many rows as its highest pair."""
    pairs = pairs[np.argsort(-height[pairs])]
    while len(pairs):
        count = max(1, _BLOCK_ENTRIES // int(height[pairs[0]]))
        yield pairs[:count]
        pairs = pairs[count:]


def _columns(corners: Reals, row: Reals, touches: Touches) -> Reals:
    """Returns sorted columns, (4, rows, 2, pairs), of edges, (2, pairs, 4, 2), in rows, (rows, 1, pairs)."""
    x, y = np.ascontiguousarray(corners.transpose(3, 2, 0, 1))[:, :, None]
    x0, y0 = np.roll(x, 1, axis=0), np.roll(y, 1, axis=0)
    # A horizontal edge can only touch its own row, where row - y is 0 for any divisor.
    dy, dx = np.where(y == y0, 1, y0 - y), x0 - x
    with np.errstate(invalid="ignore", over="ignore"):
        # The order of operations matters: the last bit decides on which side of a pixel's edge a column is.
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
    """Returns the number of pixels in both regions divided by the number in either."""
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
    """Fills from the first to the second and from the third to the fourth edge, without the end pixel."""
    # Convex regions have at most two columns.
    pairs = (columns[:2], columns[2:]) if np.isfinite(columns[2]).any() else (columns[:2],)
    return [(np.maximum(start, 0), np.where(end > width, width - 1, end)) for start, end in pairs]


def _corners_toolkit(regions: Boxes) -> NDArray[np.float64]:
    regions = np.round(regions.astype(np.float32)).astype(np.float64)
    if regions.shape[-1] == 4:
        # An upright box ends at its last pixel, so a box of one pixel has no extent.
        regions = np.where(empty_box_mask(regions)[:, None], np.nan, regions)
        x, y, w, h = regions.T
        right, bottom = x + w - 1, y + h - 1
        regions = np.stack([x, y, right, y, right, bottom, x, bottom], axis=1)
    return regions.reshape(-1, 4, 2)


def _touches_toolkit(row: Reals, y0: Reals, y1: Reals) -> NDArray[np.bool_]:
    touches: NDArray[np.bool_] = (np.minimum(y0, y1) <= row) & (row <= np.maximum(y0, y1))
    return touches


def _spans_toolkit(columns: Reals, width: Reals) -> Spans:
    """Fills from the lowest column to the next greater one, both included.

    Columns repeat because a corner belongs to two edges. A second span, from the third to the fourth column,
    is filled only if there are four columns and the lowest is not repeated.
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
"""An edge touches the rows from just above its upper end to its lower end, at columns truncated to whole
numbers in single precision. The mask begins at the regions' lowest coordinates, whole or not."""

VOT_TOOLKIT = RasterRule(
    "vot-toolkit", _corners_toolkit, _touches_toolkit, _spans_toolkit, line_is_equal=True
)
"""Corners are first rounded to whole pixels; pixels on an edge belong to the region."""
