"""Profile `got10k`: the GOT-10k toolkit's evaluation of OTB, TC128 and LaSOT."""

from __future__ import annotations

import numpy as np

from benchmarks.scoring.profiles.metrics import (
    AVERAGE_OVERLAP,
    NORMALIZED_PRECISION_AUC,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import Profile
from benchmarks.scoring.profiles.rules import plain_measures, start_as_given
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    # Its result files have three decimals.
    prediction = start_as_given(np.round(prediction, 3), truth)
    # It calls no target smaller than a pixel, so that none makes the normalised error infinite.
    return plain_measures(prediction, truth, smallest=1.0)


GOT10K = Profile(
    name="got10k",
    title="as the GOT-10k toolkit does OTB, TC128 and LaSOT; with average overlap",
    reference="got10k 0.1.3 (Huang, Zhao, Huang, PAMI 2021); normalised: github.com/got-10k/toolkit",
    differs=(
        "boxes have three decimals; no rule for frames without a ground-truth box or target; normalised "
        "precision is the mean of its curve, not the value at 0.20"
    ),
    protocols=("ope",),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_AUC, AVERAGE_OVERLAP),
    measure=_measure,
)
