"""Scoring profiles: the sets of rules by which toolkits turn the same boxes into different scores.

A profile says what each frame counts as (`measure`), which curves a sequence's frames are summed up in, and
which figure is read off each curve (`Metric`). Toolkits disagree mostly about the first: what becomes of the
initial frame, of frames without a target, of boxes that were stored in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.one_pass import (
    NORMALIZED_THRESHOLDS,
    OVERLAP_THRESHOLDS,
    PIXEL_THRESHOLDS,
    normalized_precision_curve,
    precision_curve,
    success_curve,
)
from benchmarks.scoring.overlap import center_error, iou, normalized_center_error
from trackers.tracker import Boxes


class FrameMeasures(NamedTuple):
    """What each frame counts as, special cases already decided.

    Attributes:
        overlaps: shape (frames,): in [0, 1], or -1 for a miss.
        errors: shape (frames,): pixels, -1 for a hit, infinite for a miss.
        normalized_errors: shape (frames,): in units of the target's size, likewise.
    """

    overlaps: NDArray[np.float64]
    errors: NDArray[np.float64]
    normalized_errors: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Metric:
    """A figure that is read off a curve.

    Attributes:
        name: its key in records: `"success"`.
        thresholds: shape (T,), the curve's horizontal axis.
        curve: from a sequence's frames to its curve, shape (T,).
        value: from curves, shape (..., T), to the figure, shape (...). It is linear, so that a data set's
            figure is both the figure of the mean curve and the mean of the sequences' figures.
    """

    name: str
    thresholds: NDArray[np.float64]
    curve: Callable[[FrameMeasures], NDArray[np.float64]]
    value: Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Profile:
    """A named set of rules.

    Attributes:
        name: what the command line calls it: `"otb"`.
        title: what it is, in a line.
        reference: whose rules these are.
        protocols: whose results it is for.
        metrics: what it reports, in this order.
        measure: from prediction and ground truth of one pass, both of shape (frames, 4), 0-based, to what
            each frame counts as.
    """

    name: str
    title: str
    reference: str
    protocols: tuple[str, ...]
    metrics: tuple[Metric, ...]
    measure: Callable[[Boxes, Boxes], FrameMeasures]

    def curves(self, passes: Iterable[tuple[Boxes, Boxes]]) -> dict[str, NDArray[np.float64]]:
        """One sequence's curves, each of shape (T,), by the names of `metrics`.

        Args:
            passes: prediction and ground truth of each pass over the sequence, both of shape (frames, 4),
                0-based; at least one frame. The frames of all passes count together, as in OTB's TRE and SRE.
        """
        measures = (self.measure(prediction, truth) for prediction, truth in passes)
        frames = FrameMeasures(*map(np.concatenate, zip(*measures, strict=True)))
        return {metric.name: metric.curve(frames) for metric in self.metrics}


SUCCESS_AUC = Metric(
    "success",
    OVERLAP_THRESHOLDS,
    lambda frames: success_curve(frames.overlaps),
    lambda curves: curves.mean(axis=-1),
)
PRECISION_20 = Metric(
    "precision",
    PIXEL_THRESHOLDS,
    lambda frames: precision_curve(frames.errors),
    lambda curves: curves[..., 20],
)
NORMALIZED_PRECISION_20 = Metric(
    "normalized_precision",
    NORMALIZED_THRESHOLDS,
    lambda frames: normalized_precision_curve(frames.normalized_errors),
    lambda curves: curves[..., 20],
)


def _otb(prediction: Boxes, truth: Boxes) -> FrameMeasures:
    # The initial frame is counted with the box that the tracker was given, whatever it answered.
    prediction = np.concatenate([truth[:1], prediction[1:]])
    # The rule is about the numbers in the file, which count pixels from 1.
    unusable = (truth <= np.array([-1, -1, 0, 0])).any(axis=-1)
    # The toolkit marks such frames with -1 in both lists, which is no overlap but the smallest error.
    return FrameMeasures(
        overlaps=np.where(unusable, -1.0, iou(prediction, truth)),
        errors=np.where(unusable, -1.0, center_error(prediction, truth)),
        normalized_errors=np.where(unusable, -1.0, normalized_center_error(prediction, truth)),
    )


OTB = Profile(
    name="otb",
    title="as OTB's own toolkits: success and precision over all frames, the first among them",
    reference="tracker_benchmark v1.1 (Wu, Lim, Yang, PAMI 2015); normalised: LaSOT_Evaluation_Toolkit",
    protocols=("ope", "tre", "sre"),
    metrics=(SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20),
    measure=_otb,
)
