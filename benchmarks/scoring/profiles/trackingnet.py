"""Profile `trackingnet`: the evaluation of TrackingNet's development kit, which its server runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.geometry.pixel_origin import to_one_based
from benchmarks.scoring.metrics import (
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    SUCCESS_AUC,
    FrameMeasures,
    OnePassMetric,
)
from benchmarks.scoring.profiles.profile import OnePassProfile
from trackers.tracker import Boxes

_THRESHOLDS = 21


def _measure(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    boxes = np.full(truth.shape, np.nan if len(prediction) else 0.0)
    boxes[: len(prediction)] = np.rint(to_one_based(prediction))
    truth = np.rint(to_one_based(truth))
    boxes[0] = truth[0]
    with np.errstate(all="ignore"):
        starts = np.maximum(boxes[:, :2], truth[:, :2])
        ends = np.minimum(boxes[:, :2] + boxes[:, 2:], truth[:, :2] + truth[:, 2:])
        shared = np.maximum(ends - starts, 0).prod(axis=1)
        overlaps = shared / (truth[:, 2:].prod(axis=1) + boxes[:, 2:].prod(axis=1) - shared)
        offsets = (truth[:, :2] + truth[:, 2:] / 2) - (boxes[:, :2] + boxes[:, 2:] / 2)
        errors = np.sqrt((offsets**2).sum(axis=1))
        normalized = np.sqrt((offsets / truth[:, 2:] * offsets / truth[:, 2:]).sum(axis=1))
    return FrameMeasures(
        overlaps=np.where(np.isnan(overlaps), -1.0, overlaps),
        errors=np.where(np.isnan(errors), np.inf, errors),
        normalized_errors=np.where(np.isnan(normalized), np.inf, normalized),
        answered=boxes.sum(axis=1) > 0,
    )


SUCCESS = replace(SUCCESS_AUC, thresholds=np.linspace(0, 1, _THRESHOLDS), inclusive=True, area=True)
PRECISION = replace(
    PRECISION_20,
    label="Precision (AUC)",
    thresholds=np.linspace(0, 50, _THRESHOLDS),
    read_at=None,
    area=True,
)
NORMALIZED_PRECISION = replace(
    NORMALIZED_PRECISION_20,
    label="Normalized precision (AUC)",
    thresholds=np.linspace(0, 0.5, _THRESHOLDS),
    read_at=None,
    area=True,
)
COVERAGE = OnePassMetric(
    name="coverage",
    label="Coverage (frames with a box)",
    measure=lambda frames: (
        np.ones(len(frames.overlaps)) if frames.answered is None else frames.answered.astype(np.float64)
    ),
    weight=lambda frames: len(frames.overlaps),
)
"""The share of all frames in which x + y + w + h of the result is positive."""

TRACKINGNET = OnePassProfile(
    name="trackingnet",
    title="as TrackingNet's server: boxes in whole pixels, all scores areas under curves",
    reference="github.com/SilvioGiancola/TrackingNet-devkit, metrics.py (Mueller et al., ECCV 2018)",
    differs=(
        "boxes and ground truth are rounded to whole pixels; an overlap equal to the threshold is a hit; "
        "precision is an area, not the value at 20 pixels; sequences without results count as empty boxes, "
        "and frames missing at the end as misses"
    ),
    protocols=("ope",),
    datasets=("trackingnet",),
    standard_for=("trackingnet",),
    metrics=(SUCCESS, PRECISION, NORMALIZED_PRECISION, COVERAGE),
    measure=_measure,
    pads=True,
    counts_missing_sequences=True,
)
