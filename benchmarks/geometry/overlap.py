"""Overlap and center errors of boxes, row by row.

Every function takes arrays of shape (..., 4), boxes as continuous rectangles [x, x + w] x [y, y + h], and
broadcasts. None warns or returns NaN: a box that is empty (w or h not positive) or not finite has overlap 0
with everything, and a center error that cannot be measured is infinite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trackers.regions import iou
from trackers.tracker import Boxes

__all__ = ["both_center_errors", "center_error", "iou", "normalized_center_error"]


def center_error(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Returns the Euclidean distance between the centers.

    Args:
        a: shape (..., 4): x, y, w, h in pixels.
        b: likewise.

    Returns:
        Shape (...), in pixels, 0 or more.
    """
    with np.errstate(all="ignore"):
        return _length(*_offsets(a, b))


def normalized_center_error(
    prediction: Boxes, truth: Boxes, smallest: float | None = None
) -> NDArray[np.float64]:
    """Returns the distance between the centers relative to the target's size.

    Each axis is divided by the ground truth's extent along it (Mueller et al.: TrackingNet, ECCV 2018).

    Args:
        prediction: shape (..., 4): x, y, w, h in pixels.
        truth: likewise.
        smallest: lower limit of the extents in pixels, if given.

    Returns:
        Shape (...), 0 or more; infinite where the ground truth has no extent and `smallest` is not given.
    """
    return both_center_errors(prediction, truth, smallest)[1]


def both_center_errors(
    prediction: Boxes, truth: Boxes, smallest: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns `center_error` and `normalized_center_error`, computed together."""
    with np.errstate(all="ignore"):
        offsets = _offsets(prediction, truth)
        sizes = (
            truth[..., 2 + axis] if smallest is None else np.maximum(truth[..., 2 + axis], smallest)
            for axis in (0, 1)
        )
        scaled = (
            offset / np.where(size > 0, size, np.nan) for offset, size in zip(offsets, sizes, strict=True)
        )
        return _length(*offsets), _length(*scaled)


def _offsets(a: Boxes, b: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the x and y distances between centers."""
    x, y = (a[..., i] + a[..., 2 + i] / 2 - (b[..., i] + b[..., 2 + i] / 2) for i in (0, 1))
    return x, y


def _length(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    # np.hypot's last digit depends on the C library, but an error of exactly 20 pixels must be a hit at 20.
    length = np.sqrt(x**2 + y**2)
    return np.where(np.isnan(length), np.inf, length)
