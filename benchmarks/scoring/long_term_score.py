"""The score of long-term runs: tracking precision, recall and F-score over thresholds of confidence.

A tracker counts as reporting the target in the frames whose confidence is at least a threshold. Precision is
the mean overlap of these frames, recall their overlaps' sum divided by the frames with a target. Both are
means over sequences; F is the greatest harmonic mean of the two over all thresholds.

Source: Lukezic et al., Now You See Me: Evaluating Performance in Long-Term Visual Tracking (arXiv
1804.07056), section 3; vot-toolkit 0.7.4.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.metrics import F_SCORE, TRACKING_PRECISION, TRACKING_RECALL
from benchmarks.scoring.statistics import Estimate
from benchmarks.scoring.vot_metrics import bootstrap_estimates

if TYPE_CHECKING:
    from benchmarks.scoring.vot_profiles import LongTermProfile


@dataclass(frozen=True, eq=False)
class ConfidentRun:
    """One run over a sequence of n frames.

    Attributes:
        overlaps: shape (n,); 1 where neither the ground truth nor the tracker has a target.
        confidences: shape (n,).
        visible: the number of frames with a target.
    """

    overlaps: NDArray[np.float64]
    confidences: NDArray[np.float64]
    visible: int


@dataclass(frozen=True, eq=False)
class LongTermScore:
    """The score of long-term runs over S sequences, for each of T thresholds of confidence.

    Attributes:
        profile: the rules.
        sequences: their names.
        thresholds: shape (T,), falling.
        precision: shape (S, T).
        recall: shape (S, T).
        chosen: the index of the threshold to report; None for the one with the greatest F.
    """

    profile: LongTermProfile
    sequences: tuple[str, ...]
    thresholds: NDArray[np.float64] = field(repr=False)
    precision: NDArray[np.float64] = field(repr=False)
    recall: NDArray[np.float64] = field(repr=False)
    chosen: int | None = None

    def metrics(self) -> dict[str, Estimate]:
        """Returns `f_score`, `precision` and `recall`, in [0, 1], with their 95 % intervals.

        Precision and recall are those at the threshold with the greatest F; each resample of the bootstrap
        has its own.
        """
        metrics = (F_SCORE, TRACKING_PRECISION, TRACKING_RECALL)
        return bootstrap_estimates(metrics, self._values, len(self.sequences))

    def curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns recall and precision for each threshold, each of shape (T,)."""
        return self.recall.mean(axis=0), self.precision.mean(axis=0)

    @property
    def best(self) -> int:
        """The index of the threshold to report."""
        if self.chosen is not None:
            return self.chosen
        return int(harmonic_mean(self.precision.mean(axis=0), self.recall.mean(axis=0)).argmax())

    def subset(self, rows: Items[int]) -> LongTermScore:
        """Returns the score on the sequences at the indices `rows`, at the threshold of all sequences."""
        rows = list(rows)
        return LongTermScore(
            self.profile,
            tuple(self.sequences[row] for row in rows),
            self.thresholds,
            self.precision[rows],
            self.recall[rows],
            self.best,
        )

    def _values(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = counts.sum(axis=1, keepdims=True)
        precision, recall = counts @ self.precision / drawn, counts @ self.recall / drawn
        f = harmonic_mean(precision, recall)
        best = f.argmax(axis=1) if self.chosen is None else np.full(len(f), self.chosen)
        values = [np.take_along_axis(one, best[:, None], axis=1)[:, 0] for one in (f, precision, recall)]
        return np.stack(values, axis=1)


def score_long_term(
    names: Items[str], runs: Items[Items[ConfidentRun]], profile: LongTermProfile
) -> LongTermScore:
    """Scores long-term runs.

    Args:
        names: the sequences.
        runs: the repetitions of each sequence, which are averaged.
        profile: the rules.
    """
    pooled = np.concatenate([run.confidences for some in runs for run in some])
    thresholds = confidence_thresholds(pooled, profile.resolution)
    curves = [np.mean([_curves(run, thresholds) for run in some], axis=0) for some in runs]
    precision, recall = np.stack(curves, axis=1)
    return LongTermScore(profile, tuple(names), thresholds, precision, recall)


def confidence_thresholds(confidences: NDArray[np.float64], resolution: int) -> NDArray[np.float64]:
    """Returns up to `resolution` falling thresholds at evenly spaced ranks, with both infinities at the ends.

    Args:
        confidences: shape (n,), of all sequences.
        resolution: the greatest number of thresholds.
    """
    ordered = np.sort(confidences)[::-1]
    inner, n = resolution - 2, len(ordered)
    if n > inner:
        step = n // inner
        ordered = ordered[np.round(np.linspace(step, n - step, inner)).astype(int)]
    return np.concatenate([[np.inf], ordered, [-np.inf]])


def harmonic_mean(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns 2 a b / (a + b), and 0 where both are 0."""
    return np.divide(2 * a * b, a + b, out=np.zeros(np.shape(a)), where=a + b > 0)


def _curves(run: ConfidentRun, thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns precision and recall of one run for each threshold, shape (2, T).

    Precision is 1 where nothing is reported.
    """
    order = np.argsort(-run.confidences, kind="stable")
    reported = np.searchsorted(-run.confidences[order], -thresholds, side="right")
    sums = np.concatenate([[0.0], np.cumsum(run.overlaps[order])])[reported]
    precision = np.divide(sums, reported, out=np.ones(len(thresholds)), where=reported > 0)
    recall = sums / run.visible if run.visible else np.zeros(len(thresholds))
    return np.stack([precision, recall])
