"""Profile `got10k`: the GOT-10k toolkit's evaluation of other data sets and of its own.

On GOT-10k it follows the toolkit's `ExperimentGOT10k`: the first frame and those without the target are
left out, boxes are clipped to the image, and the frames of all sequences and repetitions are averaged
together. For a user's folder with visibility flags, average overlap is computed likewise. On UAV123 and
UAV20L, frames whose ground truth is not a number are left out, as `ExperimentUAV123` does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.overlap import iou
from benchmarks.geometry.pixel_origin import to_one_based
from benchmarks.scoring.metrics import (
    AVERAGE_OVERLAP,
    NORMALIZED_PRECISION_AUC,
    PRECISION_20,
    SUCCESS_AUC,
    SUCCESS_RATE_50,
    SUCCESS_RATE_75,
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


def _measure_annotated(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    frames, annotated = _measure(prediction, truth), ~np.isnan(truth).any(axis=1)
    return FrameMeasures(
        frames.overlaps[annotated], frames.errors[annotated], frames.normalized_errors[annotated]
    )


def _visible_overlaps(
    prediction: Boxes, truth: Boxes, size: tuple[float, float] | None
) -> NDArray[np.float64]:
    prediction = np.round(prediction, 3)
    if size:
        prediction, truth = _clipped(prediction, size), _clipped(truth, size)
    return iou(prediction, truth)


def _visible_overlaps_in_files(
    prediction: Boxes, truth: Boxes, size: tuple[int, int] | None
) -> NDArray[np.float64]:
    # The toolkit clips the numbers of the files. Of images of unknown size, two borders are known.
    return _visible_overlaps(to_one_based(prediction), to_one_based(truth), size or (np.inf, np.inf))


def _clipped(boxes: Boxes, size: tuple[float, float]) -> Boxes:
    """Clips boxes to the image as `rect_iou` with `bound` does: x or y < 0 does not reduce the size."""
    ends = np.array(size, dtype=np.float64)
    corners = np.clip(boxes[:, :2], 0, ends)
    return np.concatenate([corners, np.clip(boxes[:, 2:], 0, ends - corners)], axis=1)


_GENERAL = OnePassProfile(
    name="got10k",
    title="as the GOT-10k toolkit, on its own data set and on others; with average overlap (AO)",
    reference="got10k 0.1.3 (Huang, Zhao, Huang, PAMI 2021); normalized: github.com/got-10k/toolkit",
    differs=(
        "boxes have three decimals; no rule for frames without a ground-truth box or target, but in a folder "
        "of one's own whose files flag the latter: average overlap leaves out these and the first; "
        "normalized precision is the mean of its curve, not the value at 0.20"
    ),
    protocols=("ope",),
    standard_for=("got10k",),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_AUC, AVERAGE_OVERLAP, SUCCESS_RATE_50),
    measure=_measure,
    visible_overlaps=_visible_overlaps,
)
_ON_GOT10K = replace(
    _GENERAL,
    title="as the GOT-10k toolkit does its own data set: average overlap (AO) and success rates (SR)",
    reference="got10k 0.1.3, ExperimentGOT10k (Huang, Zhao, Huang, PAMI 2021)",
    differs=(
        "the first frame and those in which the target is hidden are left out, boxes are clipped to the "
        "image, and the frames of all sequences and repetitions weigh the same"
    ),
    metrics=(AVERAGE_OVERLAP, SUCCESS_RATE_50, SUCCESS_RATE_75),
    visible_overlaps=_visible_overlaps_in_files,
    always_visible_overlaps=True,
)
_ON_UAV = replace(
    _GENERAL,
    differs=(
        "frames whose ground truth is not a number are left out; boxes have three decimals; "
        "normalized precision is the mean of its curve, not the value at 0.20"
    ),
    measure=_measure_annotated,
)
GOT10K = replace(
    _GENERAL,
    by_dataset={"got10k": _ON_GOT10K, **dict.fromkeys(("uav123", "uav20l", "uav123_10fps"), _ON_UAV)},
)
