"""Profile `pysot`: the evaluation of pysot and pysot-toolkit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.missing_boxes import empty_box_mask
from benchmarks.geometry.pixel_origin import to_one_based
from benchmarks.scoring.metrics import (
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from benchmarks.scoring.profiles.rules import measure_frames
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    frames = measure_frames(prediction, truth)
    # Its centers are of inclusive pixels, x + (w - 1) / 2 in the file's 1-based numbers. Frames whose center
    # is not positive are hits in precision; normalized precision tests the sign after division by the size.
    size = truth[:, 2:]
    centers = to_one_based(truth)[:, :2] + (size - 1) / 2
    return FrameMeasures(
        overlaps=np.where(empty_box_mask(truth), -1.0, frames.overlaps),
        errors=np.where(_any_not_positive(centers), -1.0, frames.errors),
        normalized_errors=np.where(
            _any_not_positive(np.where(size < 0, -centers, centers)), -1.0, frames.normalized_errors
        ),
    )


def _any_not_positive(pairs: NDArray[np.float64]) -> NDArray[np.bool_]:
    return ~((pairs[:, 0] > 0) & (pairs[:, 1] > 0))


PYSOT = OnePassProfile(
    name="pysot",
    title="as pysot and pysot-toolkit: the first frame counts as it was predicted",
    reference="github.com/STVIR/pysot, toolkit/evaluation/ope_benchmark.py, commit d04028f",
    differs=(
        "the first frame counts with the stored box, which pysot's trackers put half a pixel off; a "
        "ground-truth box needs a positive size alone in success, a positive center in precision"
    ),
    protocols=("ope",),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20),
    measure=_measure,
    counts_absent_as_misses=True,
)
