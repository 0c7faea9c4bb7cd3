"""VOT's metrics: accuracy, robustness, expected average overlap, average overlap.

A run is reduced to sums per sequence, and every metric is a ratio of them. A bootstrap over sequences only
reweights these sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols.protocol import Code
from benchmarks.scoring.expected_overlap import FragmentRule, curve_sums, longest_fragment
from benchmarks.scoring.metrics import ACCURACY, AVERAGE_OVERLAP, EAO, FAILURES, ROBUSTNESS, Metric
from benchmarks.scoring.statistics import (
    RESAMPLES,
    SEED,
    Estimate,
    Interval,
    percentile_interval,
    resampled_counts,
)
from benchmarks.scoring.vot_repetitions import Repetitions, frame_overlaps, valid_frames
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.scoring.vot_profiles import ShortTermProfile, VOTProfile

SENSITIVITY = 30
"""Length in frames of the sequence that the reliability in an A-R plot refers to."""

Values: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Maps how often each sequence is drawn, shape (B, S), to a data set's values, shape (B, metrics)."""


@dataclass(frozen=True, eq=False)
class SupervisedScore:
    """The score of supervised runs over S sequences, sequence by sequence.

    Attributes:
        profile: the toolkit's profile.
        sequences: their names.
        frames: shape (S,): the number of frames of interest.
        overlaps: shape (S, 2): sum and weight of the overlaps, for accuracy.
        failures: shape (S,): mean number of failures over the repetitions.
        curves: shape (S, 2, lengths): numerators and weights of Phi(L) for L = 2, 3, ...
        longest: shape (S,): length in frames of the longest fragment.
    """

    profile: VOTProfile
    sequences: tuple[str, ...]
    frames: NDArray[np.int64]
    overlaps: NDArray[np.float64]
    failures: NDArray[np.float64]
    curves: NDArray[np.float64]
    longest: NDArray[np.int64]

    def metrics(self) -> dict[str, Estimate]:
        """Returns the metrics by name, with 95 % intervals from a bootstrap over sequences.

        accuracy: mean overlap of valid frames, in [0, 1].
        robustness: failures per 100 frames.
        failures: the sum of failures over sequences.
        eao: expected average overlap, in [0, 1]; NaN if no fragment is defined for any of its lengths, as
            when a tracker never fails on shorter sequences.
        """
        return bootstrap_estimates((ACCURACY, ROBUSTNESS, FAILURES, EAO), self._values, len(self.sequences))

    @property
    def averaged(self) -> tuple[int, int]:
        """The first and the last length whose expected overlaps EAO is the mean of."""
        return self.profile.fragments.low, self.profile.fragments.high

    def curve(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Returns the lengths L for which Phi(L) is defined, shape (T,), and the expected overlaps Phi(L)."""
        numerators, weights = self.curves.sum(axis=0)
        defined = (weights > 0) & (self._lengths <= self._limit(np.ones((1, len(self.longest))))[0])
        return self._lengths[defined], numerators[defined] / weights[defined]

    def curve_interval(self, lengths: NDArray[np.int64]) -> Interval | None:
        """Returns the 95 % interval of Phi(L), by the bootstrap that `metrics` uses.

        Resamples in which no fragment is defined for a length are ignored for that length.

        Args:
            lengths: shape (T,), some of those of `curve`.

        Returns:
            Lower and upper ends, each of shape (T,); None for a single sequence.
        """
        if len(self.sequences) < 2:
            return None
        draws = []
        for counts in resampled_counts(len(self.sequences), RESAMPLES, SEED):
            numerators, weights = (counts @ self.curves[:, i, lengths - 2] for i in (0, 1))
            defined = (weights > 0) & (lengths <= self._limit(counts))
            draws.append(np.divide(numerators, weights, out=np.full(weights.shape, np.nan), where=defined))
        return percentile_interval(np.concatenate(draws))

    def subset(self, rows: Items[int]) -> SupervisedScore:
        """Returns the score on the sequences at the indices `rows`."""
        rows = list(rows)
        return SupervisedScore(
            self.profile,
            tuple(self.sequences[row] for row in rows),
            self.frames[rows],
            self.overlaps[rows],
            self.failures[rows],
            self.curves[rows],
            self.longest[rows],
        )

    def _limit(self, counts: NDArray[np.float64]) -> NDArray[np.int64]:
        """Returns the greatest length for which the curve is defined, shape (B, 1), for each resample."""
        if not self.profile.fragments.observed:
            return np.full((len(counts), 1), self._lengths[-1])
        limit: NDArray[np.int64] = np.where(counts > 0, self.longest, 0).max(axis=1, keepdims=True)
        return limit

    @property
    def _lengths(self) -> NDArray[np.int64]:
        return np.arange(2, self.curves.shape[2] + 2)

    def _values(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        accuracy = _ratio(counts @ self.overlaps)
        weights = np.ones(len(self.frames)) if self.profile.pooled else self.frames
        mean_failures = (counts @ (weights * self.failures)) / (counts @ weights)
        mean_length = counts @ self.frames / counts.sum(axis=1)
        rule = self.profile.fragments
        averaged = (self._lengths >= rule.low) & (self._lengths <= rule.high)
        numerators, weights = (counts @ self.curves[:, i, averaged] for i in (0, 1))
        defined = (weights > 0) & (self._lengths[averaged] <= self._limit(counts))
        phi = np.divide(numerators, weights, out=np.zeros(weights.shape), where=defined)
        some = defined.sum(axis=1)
        eao = np.divide(phi.sum(axis=1), some, out=np.full(len(some), np.nan), where=some > 0)
        return np.stack([accuracy, 100 * mean_failures / mean_length, counts @ self.failures, eao], axis=1)


@dataclass(frozen=True, eq=False)
class UnsupervisedScore:
    """The score of one run without resets over each of S sequences.

    Attributes:
        profile: the toolkit's profile.
        sequences: their names.
        overlaps: shape (S, 2): sum and weight of the overlaps.
    """

    profile: ShortTermProfile
    sequences: tuple[str, ...]
    overlaps: NDArray[np.float64]

    def metrics(self) -> dict[str, Estimate]:
        """Returns `ao`, average overlap, in [0, 1], with its 95 % interval."""
        return bootstrap_estimates(
            (AVERAGE_OVERLAP,), lambda counts: _ratio(counts @ self.overlaps)[:, None], len(self.overlaps)
        )

    def subset(self, rows: Items[int]) -> UnsupervisedScore:
        """Returns the score on the sequences at the indices `rows`."""
        rows = list(rows)
        return UnsupervisedScore(
            self.profile, tuple(self.sequences[row] for row in rows), self.overlaps[rows]
        )


def score_supervised(
    runs: Items[Repetitions], profile: VOTProfile, tag: Mapping[str, NDArray[np.bool_]] | None = None
) -> SupervisedScore:
    """Scores supervised runs, in the baseline or the realtime experiment.

    Args:
        runs: one entry per sequence; overlaps measured by `profile.raster`.
        profile: the toolkit's profile.
        tag: by sequence, the frames that count, bool, shape (n,). Sequences without any are left out.

    Raises:
        UserError: there is nothing to score.
    """
    counted = [np.ones(run.codes.shape[1], bool) if tag is None else tag[run.sequence] for run in runs]
    kept = [(run, frames) for run, frames in zip(runs, counted, strict=True) if frames.any()]
    if not kept:
        raise UserError("no frame can be scored: give results of sequences that have the tag")
    longest = max(profile.fragments.high, *(run.codes.shape[1] for run, _ in kept))
    return SupervisedScore(
        profile,
        sequences=tuple(run.sequence for run, _ in kept),
        frames=np.array([frames.sum() for _, frames in kept]),
        overlaps=np.array([_accuracy_sums(run, frames, profile.pooled) for run, frames in kept]),
        failures=np.array([(run.codes[:, frames] == Code.FAILED).sum(axis=1).mean() for run, frames in kept]),
        curves=np.stack([_curve_sums(run, frames, longest, profile.fragments) for run, frames in kept]),
        longest=np.array([longest_fragment(run.codes) for run, _ in kept]),
    )


def score_unsupervised(
    runs: Mapping[str, NDArray[np.float64]], profile: ShortTermProfile
) -> UnsupervisedScore:
    """Scores one run per sequence.

    Args:
        runs: by sequence, overlaps of shape (n,), measured by `profile.raster`, 0 without a region; the
            initial frame is ignored.
        profile: the toolkit's profile.
    """
    sums = []
    for overlaps in runs.values():
        scored = overlaps[max(profile.unsupervised_burn_in, 1) :]
        frames = len(overlaps)
        if profile.pooled:
            sums.append((scored.sum(), frames))
        else:
            sums.append((scored.mean() * frames if len(scored) else 0.0, frames))
    return UnsupervisedScore(profile, tuple(runs), np.array(sums))


def reliability(robustness: float) -> float:
    """Returns the probability of tracking `SENSITIVITY` frames without a failure, exp(-S F / frames).

    It is the horizontal axis of an A-R plot.

    Args:
        robustness: failures per 100 frames.
    """
    return float(np.exp(-SENSITIVITY * robustness / 100))


def _accuracy_sums(run: Repetitions, counted: NDArray[np.bool_], pooled: bool) -> tuple[float, float]:
    """Returns the sum and weight of a sequence's overlaps, for a mean over frames or over sequences."""
    if pooled:
        overlaps = frame_overlaps(run)[counted]
        return float(np.nansum(overlaps)), float(np.isfinite(overlaps).sum())
    valid = valid_frames(run.codes) & counted
    total, count = np.where(valid, run.overlaps, 0).sum(axis=1), valid.sum(axis=1)
    means = np.divide(total, count, out=np.zeros(len(total)), where=count > 0)
    return float(means.mean() * counted.sum()), float(counted.sum())


def _curve_sums(
    run: Repetitions, counted: NDArray[np.bool_], longest: int, rule: FragmentRule
) -> NDArray[np.float64]:
    overlaps = np.where(run.codes == Code.TRACKED, run.overlaps, 0)
    return curve_sums(overlaps, run.codes, counted, longest, rule)


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divides sums by weights, shape (B, 2) to (B,); 0 if nothing is valid, as in the toolkits."""
    return np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)


def bootstrap_estimates(metrics: tuple[Metric, ...], compute: Values, sequences: int) -> dict[str, Estimate]:
    """Returns values with their 95 % intervals, by bootstrap over sequences.

    Args:
        metrics: what `compute` returns, in this order.
        compute: computes values from how often each sequence is drawn.
        sequences: the number of sequences.
    """
    values = compute(np.ones((1, sequences)))[0]
    estimates = {
        metric.name: Estimate(float(value), None, None) for metric, value in zip(metrics, values, strict=True)
    }
    if sequences == 1:
        return estimates
    draws = np.concatenate([compute(counts) for counts in resampled_counts(sequences, RESAMPLES, SEED)])
    for metric, value, drawn in zip(metrics, values.tolist(), draws.T, strict=True):
        # A value may be undefined in some resamples; its interval is that of the others.
        if np.isfinite(value):
            low, high = percentile_interval(drawn)
            estimates[metric.name] = Estimate(value, float(low), float(high))
    return estimates
