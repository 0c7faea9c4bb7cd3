"""Rules that several toolkits share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.overlap import both_center_errors, iou
from benchmarks.scoring.metrics import FrameMeasures
from trackers.tracker import Boxes


def replace_first_box(prediction: Boxes, truth: Boxes) -> Boxes:
    """The prediction, with the ground truth's box in the first frame whatever the tracker answered there."""
    return np.concatenate([truth[:1], prediction[1:]])


def measure_frames(prediction: Boxes, truth: Boxes, smallest: float | None = None) -> FrameMeasures:
    """Overlaps and errors as they are, both of shape (frames, 4), without any special case.

    Args:
        prediction: shape (frames, 4).
        truth: likewise.
        smallest: as for `normalized_center_error`.
    """
    return FrameMeasures(iou(prediction, truth), *both_center_errors(prediction, truth, smallest))


def hold_last_valid(boxes: Boxes, valid: NDArray[np.bool_]) -> Boxes:
    """Each box that is not valid, shape (frames,), becomes the one before it; the first always stays."""
    rows = np.where(valid, np.arange(len(boxes)), 0)
    return boxes[np.maximum.accumulate(rows)]


def mark_unusable_as_otb(frames: FrameMeasures, unusable: NDArray[np.bool_]) -> FrameMeasures:
    """OTB's rule for frames without a usable box: no overlap at all, but the smallest error.

    The toolkit marks them with -1 in both lists. That is less than every threshold, so such a frame is a
    miss in the success plot and a hit in the precision plot.
    """
    return FrameMeasures(*(np.where(unusable, -1.0, values) for values in frames[:3] if values is not None))
