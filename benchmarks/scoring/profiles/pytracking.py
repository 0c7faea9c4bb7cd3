"""Profile `pytracking`: the analysis of pytracking and the many projects built on it.

A ground-truth box counts if its four numbers are positive; from April 2020 to August 2022 (commits 07a34e8 to
b6d984d) if w and h are, as in projects that were built on it then: STARK, OSTrack. On NfS, whose boxes often
touch the left or upper border, that makes a third of a point: its published scores follow the rule of w, h.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.missing_boxes import empty_box_mask, missing_box_mask
from benchmarks.geometry.pixel_origin import to_one_based, to_zero_based
from benchmarks.scoring.metrics import (
    NORMALIZED_PRECISION_20,
    OVERLAP_PRECISION_50,
    OVERLAP_PRECISION_75,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from benchmarks.scoring.profiles.rules import (
    hold_last_valid,
    measure_frames,
    replace_first_box,
)
from trackers.errors import UserError
from trackers.tracker import Boxes


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    return _measure_where(prediction, truth, missing_box_mask(truth))


def _measure_where(prediction: Boxes, truth: Boxes, missing: NDArray[np.bool_]) -> FrameMeasures:
    # Its result files hold 1-based boxes truncated to integers.
    stored = np.trunc(to_one_based(prediction))
    refused = np.flatnonzero((np.isnan(stored) | (stored < [-np.inf, -np.inf, 0, 0])).any(axis=1))
    if len(refused):
        raise UserError(
            f"the box of frame {refused[0] + 1} is not a number or has a negative size; use another --profile"
        )
    held = hold_last_valid(stored, ~empty_box_mask(stored))
    padded = to_zero_based(np.concatenate([held, np.zeros((len(truth) - len(held), 4))]))
    frames = measure_frames(replace_first_box(padded, truth), truth)
    return FrameMeasures(
        overlaps=np.where(missing, -1.0, frames.overlaps),
        errors=np.where(missing, np.inf, frames.errors),
        normalized_errors=np.where(missing, -1.0, frames.normalized_errors),
    )


def _measure_uav(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    frames = _measure(prediction, truth)
    return frames._replace(errors=np.where(missing_box_mask(truth), -1.0, frames.errors))


def _measure_nfs(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    return _measure_where(prediction, truth, empty_box_mask(truth))


_GENERAL = OnePassProfile(
    name="pytracking",
    title="as pytracking and the projects built on it: boxes in whole pixels",
    reference="github.com/visionml/pytracking, pytracking/analysis/extract_results.py, commit 7eb9e74",
    differs=(
        "boxes are cut off to whole pixels, empty ones replaced by the one before, missing ones are misses; "
        "frames without a ground-truth box are misses in precision as well"
    ),
    protocols=("ope",),
    standard_for=("nfs", "nfs-240", "avist"),
    metrics=(
        SUCCESS_AUC,
        PRECISION_20,
        NORMALIZED_PRECISION_20,
        OVERLAP_PRECISION_50,
        OVERLAP_PRECISION_75,
    ),
    measure=_measure,
    counts_absent_as_misses=True,
    pads=True,
)
_ON_UAV123 = replace(
    _GENERAL,
    differs=(
        "boxes are cut off to whole pixels, empty ones replaced by the one before, missing ones are misses; "
        "frames without a ground-truth box are misses in success and hits in precision"
    ),
    measure=_measure_uav,
)
_ON_NFS = replace(
    _GENERAL,
    reference="github.com/visionml/pytracking, pytracking/analysis/extract_results.py, commit b6d984d",
    differs=(
        "boxes are cut off to whole pixels, empty ones replaced by the one before, missing ones are misses; "
        "frames whose ground-truth box has no size are misses in precision as well"
    ),
    measure=_measure_nfs,
)
_ON_FLAGGED = replace(
    _GENERAL,
    differs=(
        f"{_GENERAL.differs}; frames in which the target is absent are misses, but hits in normalized "
        "precision"
    ),
    absent_normalized_error=-1.0,
)
PYTRACKING = replace(
    _GENERAL,
    by_dataset={
        "uav123": _ON_UAV123,
        "nfs": _ON_NFS,
        "nfs-240": _ON_NFS,
        "avist": _ON_FLAGGED,
        "lasot-ext": _ON_FLAGGED,
    },
)
