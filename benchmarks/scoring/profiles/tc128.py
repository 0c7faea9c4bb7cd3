"""Profile `tc128`: the evaluation script of Temple-Color-128's authors."""

from __future__ import annotations

from benchmarks.scoring.metrics import (
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from benchmarks.scoring.profiles.rules import measure_frames, replace_first_box
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    return measure_frames(replace_first_box(prediction, truth), truth)


TC128 = OnePassProfile(
    name="tc128",
    title="as the script of Temple-Color-128's authors: every frame as it is",
    reference=(
        "Liang, Blasch, Ling: Encoding Color Information for Visual Tracking, TIP 2015; "
        "normalized: LaSOT_Evaluation_Toolkit"
    ),
    differs="no rule for frames without a ground-truth box: they are scored as any other",
    protocols=("ope",),
    datasets=("tc128",),
    standard_for=("tc128",),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20),
    measure=_measure,
)
