"""How far a box is from where it should be: overlap and centre errors of boxes, row by row.

Every function takes arrays of shape (..., 4), boxes as continuous rectangles [x, x + w] x [y, y + h], and
broadcasts. None of them warns or returns NaN: a box that is empty (w or h not positive) or not finite has
overlap 0 with everything, and an error that cannot be measured is infinite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trackers.tracker import Boxes


def iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over union.

    The MATLAB toolkits' form with inclusive pixels (right edge x + w - 1, then + 1 for the extent) is
    algebraically the same. It is exact for whole numbers: an overlap of 3/20 compares equal to `3 / 20`.

    Args:
        a: shape (..., 4): x, y, w, h in pixels.
        b: likewise.

    Returns:
        Shape (...), values in [0, 1].
    """
    with np.errstate(all="ignore"):
        low = np.maximum(a[..., :2], b[..., :2])
        high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
        extent = np.maximum(high - low, 0.0)
        shared = extent[..., 0] * extent[..., 1]
        union = a[..., 2] * a[..., 3] + b[..., 2] * b[..., 3] - shared
        ratio = shared / union
    # (x + w) - x need not be w in floating point, so equal boxes may come out a little above 1. Of two boxes
    # without an area the ratio is NaN or -0.0.
    return np.where(ratio > 0, np.minimum(ratio, 1.0), 0.0)


def center_error(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Euclidean distance between the centres.

    Args:
        a: shape (..., 4): x, y, w, h in pixels.
        b: likewise.

    Returns:
        Shape (...), in pixels, 0 or more.
    """
    with np.errstate(all="ignore"):
        return _length(_center(a) - _center(b))


def normalized_center_error(
    prediction: Boxes, truth: Boxes, smallest: float | None = None
) -> NDArray[np.float64]:
    """Distance between the centres in units of the target's size.

    Each axis is divided by the ground truth's extent along it (Mueller et al.: TrackingNet, ECCV 2018), so
    that the same error counts for more on a small target.

    Args:
        prediction: shape (..., 4): x, y, w, h in pixels.
        truth: likewise.
        smallest: pixels; extents below count as this much, if given.

    Returns:
        Shape (...), 0 or more; infinite where the ground truth has no extent and `smallest` gives it none.
    """
    return both_center_errors(prediction, truth, smallest)[1]


def both_center_errors(
    prediction: Boxes, truth: Boxes, smallest: float | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What `center_error` and `normalized_center_error` give, in little more time than one of them."""
    size = truth[..., 2:] if smallest is None else np.maximum(truth[..., 2:], smallest)
    size = np.where(size > 0, size, np.nan)
    with np.errstate(all="ignore"):
        offset = _center(prediction) - _center(truth)
        return _length(offset), _length(offset / size)


def _center(boxes: Boxes) -> NDArray[np.float64]:
    return boxes[..., :2] + boxes[..., 2:] / 2


def _length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    # Not np.hypot, whose last digit is up to the C library: an error of exactly 20 pixels is a hit at 20.
    length = np.sqrt(vectors[..., 0] ** 2 + vectors[..., 1] ** 2)
    return np.where(np.isnan(length), np.inf, length)
