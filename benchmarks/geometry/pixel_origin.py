"""Shifts between files that call the first pixel (1, 1) and this project's 0-based coordinates."""

from __future__ import annotations

import numpy as np

from trackers.tracker import Boxes


def to_zero_based(boxes: Boxes, first_pixel: int = 1) -> Boxes:
    """Converts boxes of a file to this project's 0-based coordinates.

    Args:
        boxes: x, y, w, h of shape (..., 4), or polygons of shape (..., 8).
        first_pixel: the file's coordinates of the first pixel, 0 or 1.
    """
    return _shift(boxes, -first_pixel)


def to_one_based(boxes: Boxes) -> Boxes:
    """Converts 0-based boxes, shape (..., 4), or polygons, shape (..., 8); see `to_zero_based`."""
    return from_zero_based(boxes, 1)


def from_zero_based(boxes: Boxes, first_pixel: int) -> Boxes:
    """Converts 0-based boxes or polygons to the coordinates of a file; the inverse of `to_zero_based`."""
    return _shift(boxes, first_pixel)


def _shift(boxes: Boxes, pixels: int) -> Boxes:
    by_column = np.array([pixels, pixels, 0.0, 0.0]) if boxes.shape[-1] == 4 else pixels
    return np.asarray(boxes + by_column, dtype=np.float64)
