"""Profile `uav`: OTB's MATLAB toolkit as UAV123's authors pass it on, with which most UAV papers score."""

from __future__ import annotations

import numpy as np

from benchmarks.geometry.missing_boxes import empty_box_mask, missing_box_mask
from benchmarks.scoring.metrics import (
    MATLAB_SUCCESS_AUC,
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from benchmarks.scoring.profiles.rules import (
    hold_last_valid,
    mark_missing_as_otb,
    measure_frames,
    replace_first_box,
)
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    invalid = empty_box_mask(prediction) | np.isnan(prediction).any(axis=1)
    # The toolkit repeats the row before only where ground truth is numbers.
    held = hold_last_valid(prediction, ~(invalid & ~np.isnan(truth).any(axis=1)))
    return mark_missing_as_otb(
        measure_frames(replace_first_box(held, truth), truth), missing=missing_box_mask(truth)
    )


UAV = OnePassProfile(
    name="uav",
    title="as OTB's MATLAB toolkit does UAV123, DTB70 and UAVDT",
    reference=(
        "tracker_benchmark v1.0 with UAV123's configSeqs.m (Mueller, Smith, Ghanem, ECCV 2016); normalized: "
        "LaSOT_Evaluation_Toolkit"
    ),
    differs=(
        "frames without a ground-truth box are misses in success and hits in precision; an empty prediction "
        "is replaced by the one before; MATLAB's thresholds 0:0.05:1, of which one is just below 0.65"
    ),
    protocols=("ope", "tre", "sre"),
    datasets=("uav123", "uav20l", "uav123_10fps", "dtb70", "uavdt"),
    standard_for=("uav123", "uav20l", "uav123_10fps", "dtb70", "uavdt"),
    metrics=(MATLAB_SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20),
    measure=_measure,
)
