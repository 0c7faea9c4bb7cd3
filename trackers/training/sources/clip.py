"""A clip, which all sources yield: one object in the frames of a video, or in one image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MIN_SIDE = 8.0  # pixels; smaller objects show too little to learn from


@dataclass(frozen=True)
class Clip:
    """One target through the frames of a video, or one object in a single image.

    Attributes:
        name: says where it comes from, for messages and for choosing what is held back.
        files: n images, in order.
        boxes: (n, 4) x, y, w, h in pixels, 0-based and continuous.
        polygons: outlines (m, 2) of the object, for single images; may be empty.
        category: class of the object; empty if unknown.
    """

    name: str
    files: tuple[Path, ...]
    boxes: NDArray[np.float64]
    polygons: tuple[NDArray[np.float64], ...] = ()
    category: str = ""


def valid_boxes(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns which of the boxes (n, 4) are finite and have a size: bool (n,)."""
    valid: NDArray[np.bool_] = np.isfinite(boxes).all(1) & (boxes[:, 2:].min(1) > 0)
    return valid


def large_boxes(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns which of the boxes (n, 4) are large enough to learn from: bool (n,)."""
    large: NDArray[np.bool_] = boxes[:, 2:].min(1) >= MIN_SIDE
    return large
