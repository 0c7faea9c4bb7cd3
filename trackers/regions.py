"""Regions that are no upright boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trackers.tracker import Boxes


def axis_aligned_boxes(polygons: Boxes) -> Boxes:
    """Upright boxes of the same centre and about the same area as rotated ones.

    The centre is the mean of the corners; the size is the axis-aligned extent times sqrt(A / E) plus 1, where
    A is the area of the rotated box (the product of two adjoining sides) and E the area of the extent: the
    rule by which trackers are started on VOT2015 to VOT2019 (as in got10k's and pysot's toolkits).

    Args:
        polygons: shape (..., 8): x1, y1 to x4, y4 in pixels.

    Returns:
        Shape (..., 4): x, y, w, h. A polygon without extent gives a box of 1 x 1 pixel around its centre.
    """
    corners = polygons.reshape(*polygons.shape[:-1], 4, 2)
    # Annotators leave infinities where there is no target; such rows become NaN.
    with np.errstate(invalid="ignore"):
        extent = np.ptp(corners, axis=-2)
        sides = np.linalg.norm(np.diff(corners[..., :3, :], axis=-2), axis=-1)
        area = extent.prod(axis=-1)
        share = np.divide(sides.prod(axis=-1), area, out=np.zeros_like(area), where=area > 0)
        size = extent * np.sqrt(share)[..., None] + 1
        return np.concatenate([corners.mean(axis=-2) - size / 2, size], axis=-1)


def bounding_box(polygon: Boxes) -> Boxes:
    """The upright box, shape (4,), that encloses a polygon, shape (2 n,): x1, y1 to xn, yn."""
    corners = polygon.reshape(-1, 2)
    low = corners.min(axis=0)
    return np.concatenate([low, corners.max(axis=0) - low])


def box_corners(box: Boxes) -> Boxes:
    """The corners of a box, shape (4,), as a polygon, shape (8,), clockwise from the top left."""
    x, y, w, h = box
    return np.array([x, y, x + w, y, x + w, y + h, x, y + h])


def rotated_box(polygon: Boxes) -> Boxes:
    """The rotated box for a polygon: itself where it has four corners, else the smallest around it.

    Args:
        polygon: shape (2 n,): x1, y1 to xn, yn in pixels.

    Returns:
        Shape (8,): x1, y1 to x4, y4.
    """
    if len(polygon) == 8:
        return polygon
    import cv2  # takes a second, which polygons alone should cost

    # OpenCV computes in float32, which is finer the nearer the origin is.
    origin = polygon[:2]
    points = (polygon.reshape(-1, 2) - origin).astype(np.float32)
    corners = cv2.boxPoints(cv2.minAreaRect(points)).astype(np.float64)
    rotated: Boxes = (corners + origin).reshape(-1)
    return rotated


def mask_polygon(mask: NDArray[np.bool_]) -> Boxes:
    """The convex hull of a mask's pixels, each a square of side 1.

    Args:
        mask: shape (H, W).

    Returns:
        A polygon, shape (2 n,), n >= 4; NaN, shape (4,), where no pixel is set.
    """
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return np.full(4, np.nan)
    left = mask[rows].argmax(axis=1)
    right = mask.shape[1] - mask[rows, ::-1].argmax(axis=1)
    # The extreme columns of each row are enough: what lies between them is inside.
    x = np.concatenate([left, right, left, right])
    y = np.concatenate([rows, rows, rows + 1, rows + 1])
    import cv2  # as above

    hull = cv2.convexHull(np.stack([x, y], axis=1).astype(np.int32))
    outline: Boxes = hull.reshape(-1).astype(np.float64)
    return outline
