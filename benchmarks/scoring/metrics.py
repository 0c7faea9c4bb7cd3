"""Metrics: their names, labels, directions and curves, and how the one-pass ones are computed from frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.curves import (
    MATLAB_OVERLAP_THRESHOLDS,
    NORMALIZED_THRESHOLDS,
    OVERLAP_THRESHOLDS,
    PIXEL_THRESHOLDS,
    fraction_above,
    fraction_at_least,
    fraction_at_most,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Metric:
    """One score of a tracker, and how reports show it.

    Attributes:
        name: its key in records: `"success"`.
        label: its name in tables, pages and on axes: `"Success (AUC)"`.
        higher_is_better: False for failures.
        decimals: digits after the point on the page.
        per_sequence: whether a single sequence has a value that can be compared between trackers.
        curve_title: the title of the plot of its curve; empty if it has no curve.
        x_label, y_label: the axes of that plot.
        thresholds: shape (T,): the horizontal axis of a one-pass curve; empty if there is none.
        read_at: the threshold at which the value is read off the curve; None for the mean of the curve.
    """

    name: str
    label: str
    higher_is_better: bool = True
    decimals: int = 3
    per_sequence: bool = True
    curve_title: str = ""
    x_label: str = ""
    y_label: str = ""
    thresholds: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    read_at: float | None = None

    def sort_key(self, value: str | float | None) -> tuple[bool, float]:
        """Returns a key by which a record's values are sorted best first, and None last."""
        sign = -1 if self.higher_is_better else 1
        return value is None, sign * float(value or 0)


class FrameMeasures(NamedTuple):
    """The measures of each frame of a sequence, after a profile's special cases.

    Attributes:
        overlaps: shape (frames,), in [0, 1], or -1 for a miss.
        errors: shape (frames,), center errors in pixels, -1 for a hit, infinite for a miss.
        normalized_errors: shape (frames,), the same in units of the target's size.
        visible: shape (n,): the overlaps that average overlap is the mean of, if not `overlaps`.
        answered: bool, shape (frames,): the result has a box in the frame; None where a profile does not ask.
    """

    overlaps: NDArray[np.float64]
    errors: NDArray[np.float64]
    normalized_errors: NDArray[np.float64]
    visible: NDArray[np.float64] | None = None
    answered: NDArray[np.bool_] | None = None

    @classmethod
    def joined(cls, parts: Sequence[FrameMeasures]) -> FrameMeasures:
        """Concatenates the frames of all `parts`."""
        visible = [part.visible for part in parts if part.visible is not None]
        answered = [part.answered for part in parts if part.answered is not None]
        return cls(
            np.concatenate([part.overlaps for part in parts]),
            np.concatenate([part.errors for part in parts]),
            np.concatenate([part.normalized_errors for part in parts]),
            np.concatenate(visible) if visible else None,
            np.concatenate(answered) if answered else None,
        )

    def missed_where(self, missed: NDArray[np.bool_], normalized_error: float = np.inf) -> FrameMeasures:
        """Returns a copy in which the frames of `missed`, shape (frames,), are misses in every metric.

        Args:
            missed: the frames.
            normalized_error: their normalized error, if that is to be something else than a miss.
        """
        return self._replace(
            overlaps=np.where(missed, -1.0, self.overlaps),
            errors=np.where(missed, np.inf, self.errors),
            normalized_errors=np.where(missed, normalized_error, self.normalized_errors),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class OnePassMetric(Metric):
    """A metric of one-pass evaluation: a curve over the frames of a sequence, and a value read off it.

    A metric without thresholds is the mean of its frames, stored as a curve with one point.

    Attributes:
        measure: selects the values of the frames, shape (frames,).
        above: a frame is a hit if its value is greater than the threshold; otherwise, if it is at most that.
        inclusive: with `above`, a value equal to the threshold is a hit as well.
        area: without `read_at`, take the area under the curve by the trapezoidal rule, the thresholds scaled
            to a length of 1, instead of the mean of its values.
        weight: returns how much a sequence with these frames weighs in the score; None if all weigh the same.
            If it is the number of frames, the score is a mean over the frames of all sequences.
    """

    measure: Callable[[FrameMeasures], NDArray[np.float64]]
    above: bool = False
    inclusive: bool = False
    area: bool = False
    weight: Callable[[FrameMeasures], int] | None = None

    def curve(self, frames: FrameMeasures) -> NDArray[np.float64]:
        """Returns the curve of a sequence, shape (T,), or (1,) without thresholds."""
        return self.curve_of(self.measure(frames))

    def curve_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the curve of the values of frames, shape (frames,), as `curve` does.

        Without thresholds and without frames it is 0.
        """
        if len(self.thresholds):
            above = fraction_at_least if self.inclusive else fraction_above
            return (above if self.above else fraction_at_most)(values, self.thresholds)
        return np.array([np.maximum(values, 0).mean() if len(values) else 0.0])

    def value(self, curves: NDArray[np.float64]) -> NDArray[np.float64]:
        """Reads the metric off curves.

        It is linear: the value of a mean curve is the mean of the curves' values.

        Args:
            curves: shape (..., T).

        Returns:
            Shape (...).
        """
        if self.read_at is None:
            if self.area:
                # The thresholds are equally spaced.
                curves = (curves[..., :-1] + curves[..., 1:]) / 2
            mean: NDArray[np.float64] = curves.mean(axis=-1)
            return mean
        [place] = np.flatnonzero(self.thresholds == self.read_at)
        return curves[..., place]

    def score(self, values: NDArray[np.float64]) -> float:
        """Returns the metric of one sequence from the values of its frames, shape (frames,)."""
        return float(self.value(self.curve_of(values)))


SUCCESS_AUC = OnePassMetric(
    name="success",
    label="Success (AUC)",
    curve_title="Success plot",
    x_label="Overlap threshold",
    y_label="Success rate",
    thresholds=OVERLAP_THRESHOLDS,
    measure=lambda frames: frames.overlaps,
    above=True,
)
MATLAB_SUCCESS_AUC = replace(SUCCESS_AUC, thresholds=MATLAB_OVERLAP_THRESHOLDS)
PRECISION_20 = OnePassMetric(
    name="precision",
    label="Precision (20 pixels)",
    curve_title="Precision plot",
    x_label="Location error threshold (pixels)",
    y_label="Precision",
    thresholds=PIXEL_THRESHOLDS,
    read_at=20,
    measure=lambda frames: frames.errors,
)
NORMALIZED_PRECISION_20 = OnePassMetric(
    name="normalized_precision",
    label="Normalized precision",
    curve_title="Normalized precision plot",
    x_label="Normalized location error threshold",
    y_label="Precision",
    thresholds=NORMALIZED_THRESHOLDS,
    read_at=0.2,
    measure=lambda frames: frames.normalized_errors,
)
NORMALIZED_PRECISION_AUC = replace(NORMALIZED_PRECISION_20, read_at=None)
AVERAGE_OVERLAP = OnePassMetric(
    name="ao",
    label="Average overlap",
    measure=lambda frames: _counted_overlaps(frames),
    weight=lambda frames: 0 if frames.visible is None else len(frames.visible),
)
"""The limit of the success AUC for ever finer thresholds (Cehovin et al., TIP 2016)."""


def _counted_overlaps(frames: FrameMeasures) -> NDArray[np.float64]:
    """Returns the overlaps that average overlap is the mean of."""
    return frames.overlaps if frames.visible is None else frames.visible


def success_rate(name: str, label: str, threshold: float) -> OnePassMetric:
    """Returns the metric `name`: the share of the frames of average overlap with more than `threshold`.

    The frames of all sequences weigh as they do in average overlap.
    """
    return replace(
        AVERAGE_OVERLAP,
        name=name,
        label=label,
        measure=lambda frames: (_counted_overlaps(frames) > threshold).astype(np.float64),
    )


SUCCESS_RATE_50 = success_rate("sr50", "Success rate (overlap > 0.5)", 0.5)
SUCCESS_RATE_75 = success_rate("sr75", "Success rate (overlap > 0.75)", 0.75)
OVERLAP_PRECISION_50 = success_rate("op50", "Overlap precision (overlap > 0.5)", 0.5)
OVERLAP_PRECISION_75 = success_rate("op75", "Overlap precision (overlap > 0.75)", 0.75)
"""The names that pytracking gives the success rate; GOT-10k's are SR."""

ACCURACY = Metric(name="accuracy", label="Accuracy (mean overlap)")
ROBUSTNESS = Metric(name="robustness", label="Failures per 100 frames", higher_is_better=False)
TRACKED_SHARE = Metric(name="robustness", label="Robustness (share of frames tracked)")
"""Robustness of multi-start runs: frames before the failure by all frames."""
FAILURES = Metric(name="failures", label="Failures", higher_is_better=False, decimals=1, per_sequence=False)
EAO = Metric(
    name="eao",
    label="Expected average overlap",
    per_sequence=False,
    curve_title="Expected average overlap",
    x_label="Sequence length (frames)",
    y_label="Expected overlap",
)
TRACKING_PRECISION = Metric(name="precision", label="Tracking precision")
TRACKING_RECALL = Metric(name="recall", label="Tracking recall")
F_SCORE = Metric(
    name="f_score",
    label="F-score",
    curve_title="Precision and recall",
    x_label=TRACKING_RECALL.label,
    y_label=TRACKING_PRECISION.label,
)
"""The greatest harmonic mean of tracking precision and recall over thresholds of confidence."""
