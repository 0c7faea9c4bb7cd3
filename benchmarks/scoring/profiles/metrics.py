"""What is read off the frames of a sequence: measures per frame, curves over frames, figures of curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.curves import (
    NORMALIZED_THRESHOLDS,
    OVERLAP_THRESHOLDS,
    PIXEL_THRESHOLDS,
    normalized_precision_curve,
    precision_curve,
    success_curve,
)


class FrameMeasures(NamedTuple):
    """What each frame counts as, special cases already decided.

    Attributes:
        overlaps: shape (frames,): in [0, 1], or -1 for a miss.
        errors: shape (frames,): pixels, -1 for a hit, infinite for a miss.
        normalized_errors: shape (frames,): in units of the target's size, likewise.
        visible: shape (n,): the overlaps that average overlap is taken over, where these are not all frames'.
    """

    overlaps: NDArray[np.float64]
    errors: NDArray[np.float64]
    normalized_errors: NDArray[np.float64]
    visible: NDArray[np.float64] | None = None

    @classmethod
    def joined(cls, parts: Sequence[FrameMeasures]) -> FrameMeasures:
        """The frames of all `parts`, one after the other."""
        visible = [part.visible for part in parts if part.visible is not None]
        return cls(
            np.concatenate([part.overlaps for part in parts]),
            np.concatenate([part.errors for part in parts]),
            np.concatenate([part.normalized_errors for part in parts]),
            np.concatenate(visible) if visible else None,
        )

    def missed_where(self, missed: NDArray[np.bool_]) -> FrameMeasures:
        """The same with the frames of `missed`, shape (frames,), as misses in every metric."""
        return FrameMeasures(
            overlaps=np.where(missed, -1.0, self.overlaps),
            errors=np.where(missed, np.inf, self.errors),
            normalized_errors=np.where(missed, np.inf, self.normalized_errors),
            visible=self.visible,
        )


@dataclass(frozen=True, eq=False)
class Metric:
    """A figure that is read off a curve.

    Attributes:
        name: its key in records: `"success"`.
        thresholds: shape (T,), the curve's horizontal axis; empty for a figure that comes from no curve.
        curve: from a sequence's frames to its curve, shape (T,), or (1,) where there is none.
        value: from curves, shape (..., T), to the figure, shape (...). It is linear, so that a data set's
            figure is both the figure of the mean curve and the mean of the sequences' figures.
    """

    name: str
    thresholds: NDArray[np.float64]
    curve: Callable[[FrameMeasures], NDArray[np.float64]]
    value: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _mean_overlap(overlaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (1,); 0 where no frame counts."""
    return np.array([np.maximum(overlaps, 0).mean() if len(overlaps) else 0.0])


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
NORMALIZED_PRECISION_AUC = Metric(
    "normalized_precision",
    NORMALIZED_THRESHOLDS,
    lambda frames: normalized_precision_curve(frames.normalized_errors),
    lambda curves: curves.mean(axis=-1),
)
AVERAGE_OVERLAP = Metric(
    "ao",
    np.empty(0),
    lambda frames: _mean_overlap(frames.overlaps if frames.visible is None else frames.visible),
    lambda curves: curves[..., 0],
)
"""What the success AUC tends to with ever finer thresholds (Cehovin et al., TIP 2016)."""
