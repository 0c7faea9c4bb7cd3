"""Profile `lasot`: the MATLAB toolkit of LaSOT's authors."""

from __future__ import annotations

import numpy as np

from benchmarks.geometry.missing_boxes import empty_box_mask, missing_box_mask
from benchmarks.scoring.metrics import (
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    SUCCESS_AUC,
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
    invalid = empty_box_mask(prediction) | np.isnan(prediction[:, 0]) | np.isnan(prediction[:, 1])
    # As in the toolkit, boxes are held before the first one is replaced: an invalid first box is held too.
    held = hold_last_valid(prediction, ~invalid)
    return mark_missing_as_otb(
        measure_frames(replace_first_box(held, truth), truth), missing=missing_box_mask(truth)
    )


LASOT = OnePassProfile(
    name="lasot",
    title="as LaSOT's own toolkit: absent frames cannot be hits, but are counted",
    reference="LaSOT_Evaluation_Toolkit (Fan et al., CVPR 2019), commit 95bf38a",
    differs=(
        "frames in which the target is absent are no hits but stay in the count; an empty prediction is "
        "replaced by the one before"
    ),
    protocols=("ope",),
    datasets=("lasot", "lasot-ext", "tnl2k", "vasttrack"),
    standard_for=("lasot", "lasot-ext", "tnl2k", "vasttrack"),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20),
    measure=_measure,
    counts_absent_as_misses=True,
)
