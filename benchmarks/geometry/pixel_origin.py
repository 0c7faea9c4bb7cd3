"""Shifts between files that call the first pixel (1, 1) and this project's 0-based coordinates."""

from __future__ import annotations

import numpy as np

from trackers.tracker import Boxes

ONE_BASED_SHIFT: Boxes = np.array([1.0, 1.0, 0.0, 0.0])
"""x, y, w, h of a 1-based box minus those of the same box in 0-based coordinates."""


def shift_origin(boxes: Boxes, pixels: float) -> Boxes:
    """Adds `pixels` to every x and y of boxes, shape (n, 4), or polygons, shape (n, 8)."""
    by_column = np.array([pixels, pixels, 0.0, 0.0]) if boxes.shape[1] == 4 else pixels
    return np.asarray(boxes + by_column, dtype=np.float64)
