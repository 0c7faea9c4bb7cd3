"""Which boxes can be learnt from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trackers.training.sources.folder import MIN_SIDE


def valid_boxes(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the boxes (n, 4) are finite and have a size: bool (n,)."""
    good: NDArray[np.bool_] = np.isfinite(boxes).all(1) & (boxes[:, 2:].min(1) > 0)
    return good


def large_boxes(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the boxes (n, 4) show enough to learn from: bool (n,)."""
    enough: NDArray[np.bool_] = boxes[:, 2:].min(1) >= MIN_SIDE
    return enough
