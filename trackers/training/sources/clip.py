"""What every source of training data gives: one object in the frames of a video, or in one image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Clip:
    """One target through the frames of a video, or one object in a single image.

    Attributes:
        name: says where it comes from, for messages and for choosing what is held back.
        files: n images, in order.
        boxes: (n, 4) x, y, w, h in pixels, 0-based and continuous.
        polygons: outlines (m, 2) of the object, for single images; may be empty.
        category: class of the object; empty where it is not known.
    """

    name: str
    files: tuple[Path, ...]
    boxes: NDArray[np.float64]
    polygons: tuple[NDArray[np.float64], ...] = ()
    category: str = ""
