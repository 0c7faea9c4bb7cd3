"""Which rows of ground truth or predictions hold no usable box.

There are four rules, because published scores depend on them:

- `usable_box_mask`: finite, with an area. A tracker can start with such a box.
- `missing_box_mask`: the rule of the OTB toolkits, which LaSOT and pytracking share. They test the numbers of
  1-based files, so a box that begins left of or above the image is missing as well. NaN is missing; infinity
  is not.
- `valid_box_mask`: finite, and not missing by that rule. TRE starts at such frames.
- `empty_box_mask`: no area, the only test of pysot's toolkit and of LaSOT's for predictions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.pixel_origin import to_one_based
from trackers.tracker import Boxes


def usable_box_mask(boxes: Boxes) -> NDArray[np.bool_]:
    """Returns which boxes, shape (..., 4), are finite with w and h > 0; shape (...)."""
    usable: NDArray[np.bool_] = np.isfinite(boxes).all(axis=-1) & ~empty_box_mask(boxes)
    return usable


def missing_box_mask(truth: Boxes) -> NDArray[np.bool_]:
    """Returns where one of 1-based x, y, w, h is not positive.

    Args:
        truth: 0-based boxes, shape (frames, 4).

    Returns:
        Shape (frames,).
    """
    x, y, w, h = to_one_based(truth).T
    missing: NDArray[np.bool_] = ~((x > 0) & (y > 0) & (w > 0) & (h > 0))
    return missing


def valid_box_mask(truth: Boxes) -> NDArray[np.bool_]:
    """Returns which 0-based boxes, shape (frames, 4), are finite and not missing; shape (frames,)."""
    valid: NDArray[np.bool_] = np.isfinite(truth).all(axis=1) & ~missing_box_mask(truth)
    return valid


def empty_box_mask(boxes: Boxes) -> NDArray[np.bool_]:
    """Returns where w or h of boxes, shape (..., 4), is not positive (or NaN); shape (...)."""
    empty: NDArray[np.bool_] = ~((boxes[..., 2] > 0) & (boxes[..., 3] > 0))
    return empty
