"""Regions that are no upright boxes."""

from __future__ import annotations

import numpy as np

from trackers.tracker import Boxes


def upright_boxes(polygons: Boxes) -> Boxes:
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


def bounds(polygon: Boxes) -> Boxes:
    """The upright box, shape (4,), that encloses a polygon, shape (2 n,): x1, y1 to xn, yn."""
    corners = polygon.reshape(-1, 2)
    low = corners.min(axis=0)
    return np.concatenate([low, corners.max(axis=0) - low])


def corners_of(box: Boxes) -> Boxes:
    """The corners of a box, shape (4,), as a polygon, shape (8,), clockwise from the top left."""
    x, y, w, h = box
    return np.array([x, y, x + w, y, x + w, y + h, x, y + h])
