"""Geometry of regions: boxes, polygons and masks converted to one another, and the overlap of boxes.

A region's last axis tells what it is: 4 numbers are a box x, y, w, h, and 6, 8, ... numbers the corners
x1, y1 to xn, yn of a polygon; both in pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trackers.tracker import Boxes


def iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Returns the intersection over union of boxes, taken as rectangles [x, x + w] x [y, y + h].

    The MATLAB toolkits' form with inclusive pixels (right edge x + w - 1, then + 1 for the extent) is
    algebraically the same. The result is exact for whole numbers: an overlap of 3/20 compares equal to
    `3 / 20`. A box that is empty (w or h not positive) or not finite overlaps nothing.

    Args:
        a: shape (..., 4).
        b: shape (..., 4), broadcast against `a`.

    Returns:
        Shape (...), values in [0, 1], never NaN.

    Raises:
        ValueError: the last axis of one is not x, y, w, h.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    for boxes in (a, b):
        if boxes.shape[-1:] != (4,):
            raise ValueError(f"boxes have shape (..., 4), not {boxes.shape}")
    with np.errstate(all="ignore"):
        shared = _shared_extent(a, b, 0) * _shared_extent(a, b, 1)
        union = a[..., 2] * a[..., 3] + b[..., 2] * b[..., 3] - shared
        ratio = shared / union
    # (x + w) - x need not be w in floating point, so equal boxes may come out slightly above 1. For two boxes
    # without area the ratio is NaN or -0.0.
    return np.where(ratio > 0, np.minimum(ratio, 1.0), 0.0)


def _shared_extent(a: Boxes, b: Boxes, axis: int) -> NDArray[np.float64]:
    """Returns the length of the intersection along x (0) or y (1); 0 where the boxes do not meet."""
    # One column at a time: NumPy takes twice as long on the two-element rows of x, y and w, h.
    low = np.maximum(a[..., axis], b[..., axis])
    high = np.minimum(a[..., axis] + a[..., 2 + axis], b[..., axis] + b[..., 2 + axis])
    extent: NDArray[np.float64] = np.maximum(high - low, 0.0)
    return extent


def bounding_box(region: Boxes) -> Boxes:
    """Returns the axis-aligned boxes, shape (..., 4), that enclose regions, shape (..., n)."""
    if region.shape[-1] == 4:
        return region
    corners = region.reshape(*region.shape[:-1], -1, 2)
    low = corners.min(axis=-2)
    return np.concatenate([low, corners.max(axis=-2) - low], axis=-1)


def box_corners(region: Boxes) -> Boxes:
    """Returns regions, shape (..., n), as polygons: boxes as 8 numbers, clockwise from the top left."""
    if region.shape[-1] != 4:
        return region
    x, y, w, h = np.moveaxis(region, -1, 0)
    return np.stack([x, y, x + w, y, x + w, y + h, x, y + h], axis=-1)


def axis_aligned_boxes(polygons: Boxes) -> Boxes:
    """Returns axis-aligned boxes with the same center and about the same area as rotated boxes.

    The center is the mean of the corners. The size is the axis-aligned extent times sqrt(A / E) plus 1, where
    A is the area of the rotated box (the product of two adjacent sides) and E the area of the extent. VOT2015
    to VOT2019 initialize trackers by this rule (see the toolkits of got10k and pysot).

    Args:
        polygons: shape (..., 8): x1, y1 to x4, y4 in pixels.

    Returns:
        Shape (..., 4): x, y, w, h. A polygon without extent gives a box of 1 x 1 pixel around its center.
    """
    corners = polygons.reshape(*polygons.shape[:-1], 4, 2)
    # Annotations contain infinities where there is no target; such rows become NaN.
    with np.errstate(invalid="ignore"):
        extent = np.ptp(corners, axis=-2)
        sides = np.linalg.norm(np.diff(corners[..., :3, :], axis=-2), axis=-1)
        area = extent.prod(axis=-1)
        share = np.divide(sides.prod(axis=-1), area, out=np.zeros_like(area), where=area > 0)
        size = extent * np.sqrt(share)[..., None] + 1
        return np.concatenate([corners.mean(axis=-2) - size / 2, size], axis=-1)


def rotated_box(polygon: Boxes) -> Boxes:
    """Returns the smallest rotated box around a polygon; a polygon of four corners is returned as it is.

    Args:
        polygon: shape (2 n,): x1, y1 to xn, yn in pixels.

    Returns:
        Shape (8,): x1, y1 to x4, y4.
    """
    if len(polygon) == 8:
        return polygon
    import cv2  # takes a second to import, which only polygons should cost

    # OpenCV computes in float32, which is more precise near the origin.
    origin = polygon[:2]
    points = (polygon.reshape(-1, 2) - origin).astype(np.float32)
    corners = cv2.boxPoints(cv2.minAreaRect(points)).astype(np.float64)
    rotated: Boxes = (corners + origin).reshape(-1)
    return rotated


def mask_polygon(mask: NDArray[np.bool_]) -> Boxes:
    """Returns the convex hull of a mask's pixels, each a square of side 1.

    Args:
        mask: shape (H, W).

    Returns:
        A polygon, shape (2 n,), n >= 4; NaN, shape (4,), if no pixel is set.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return np.full(4, np.nan)
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    # The extreme columns of each row suffice: all pixels between them are inside the hull.
    x = np.concatenate([left, right, left, right])
    y = np.concatenate([rows, rows, rows + 1, rows + 1])
    import cv2  # as above

    hull = cv2.convexHull(np.stack([x, y], axis=1).astype(np.int32))
    outline: Boxes = hull.reshape(-1).astype(np.float64)
    return outline
