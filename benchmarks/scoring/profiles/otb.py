"""Profile `otb`: the Object Tracking Benchmark's MATLAB and Python toolkits."""

from __future__ import annotations

from benchmarks.geometry.missing_boxes import missing_box_mask
from benchmarks.scoring.metrics import (
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from benchmarks.scoring.profiles.rules import (
    mark_missing_as_otb,
    measure_frames,
    replace_first_box,
)
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    return mark_missing_as_otb(
        measure_frames(replace_first_box(prediction, truth), truth), missing=missing_box_mask(truth)
    )


OTB = OnePassProfile(
    name="otb",
    title="as OTB's own toolkits: success and precision over all frames, the first among them",
    reference="tracker_benchmark v1.1 (Wu, Lim, Yang, PAMI 2015); normalized: LaSOT_Evaluation_Toolkit",
    differs="frames without a ground-truth box are misses in success and hits in precision",
    protocols=("ope", "tre", "sre"),
    standard_for=("otb2015", "otb2013", "otb50", "demo", "folder"),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20),
    measure=_measure,
)
