"""Profile `got10k`: the GOT-10k toolkit's evaluation of OTB, TC128 and LaSOT, and average overlap.

For a user's folder with visibility flags, average overlap is that of the toolkit's `ExperimentGOT10k`: the
first frame and those without the target are left out, boxes are clipped to the image, and the frames of all
sequences are averaged together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.overlap import iou
from benchmarks.scoring.metrics import (
    AVERAGE_OVERLAP,
    NORMALIZED_PRECISION_AUC,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from benchmarks.scoring.profiles.rules import measure_frames, replace_first_box
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    # Its result files have three decimals.
    prediction = replace_first_box(np.round(prediction, 3), truth)
    # It takes no target as smaller than a pixel, so that the normalized error stays finite.
    return measure_frames(prediction, truth, smallest=1.0)


def _visible_overlaps(prediction: Boxes, truth: Boxes, size: tuple[int, int] | None) -> NDArray[np.float64]:
    prediction = np.round(prediction, 3)
    if size:
        prediction, truth = _clipped(prediction, size), _clipped(truth, size)
    return iou(prediction, truth)


def _clipped(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """Clips boxes to the image as `rect_iou` with `bound` does: x or y < 0 does not reduce the size."""
    ends = np.array(size, dtype=np.float64)
    corners = np.clip(boxes[:, :2], 0, ends)
    return np.concatenate([corners, np.clip(boxes[:, 2:], 0, ends - corners)], axis=1)


GOT10K = OnePassProfile(
    name="got10k",
    title="as the GOT-10k toolkit does OTB, TC128 and LaSOT; with average overlap (AO)",
    reference="got10k 0.1.3 (Huang, Zhao, Huang, PAMI 2021); normalised: github.com/got-10k/toolkit",
    differs=(
        "boxes have three decimals; no rule for frames without a ground-truth box or target, but in a folder "
        "of one's own whose files flag the latter: average overlap leaves out these and the first; "
        "normalised precision is the mean of its curve, not the value at 0.20"
    ),
    protocols=("ope",),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_AUC, AVERAGE_OVERLAP),
    measure=_measure,
    visible_overlaps=_visible_overlaps,
)
