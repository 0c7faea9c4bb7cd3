"""Rules that several toolkits share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.overlap import both_center_errors, iou
from benchmarks.scoring.metrics import FrameMeasures
from trackers.tracker import Boxes


def replace_first_box(prediction: Boxes, truth: Boxes) -> Boxes:
    """Returns the prediction with the first box replaced by the ground truth."""
    return np.concatenate([truth[:1], prediction[1:]])


def measure_frames(prediction: Boxes, truth: Boxes, smallest: float | None = None) -> FrameMeasures:
    """Returns overlaps and center errors without special cases.

    Args:
        prediction: shape (frames, 4).
        truth: shape (frames, 4).
        smallest: as for `normalized_center_error`.
    """
    return FrameMeasures(iou(prediction, truth), *both_center_errors(prediction, truth, smallest))


def hold_last_valid(boxes: Boxes, valid: NDArray[np.bool_]) -> Boxes:
    """Replaces boxes that are not `valid`, shape (frames,), by the last valid one; the first stays."""
    rows = np.where(valid, np.arange(len(boxes)), 0)
    return boxes[np.maximum.accumulate(rows)]


def mark_missing_as_otb(frames: FrameMeasures, missing: NDArray[np.bool_]) -> FrameMeasures:
    """Applies OTB's rule for frames without a ground-truth box: a miss in success, and a hit in precision.

    The toolkit sets both the overlap and the error to -1, which is less than every threshold.
    """
    return FrameMeasures(*(np.where(missing, -1.0, values) for values in frames[:3] if values is not None))
