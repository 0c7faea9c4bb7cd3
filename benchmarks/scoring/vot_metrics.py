"""Scores of VOT's experiments: accuracy, robustness, expected average overlap, average overlap.

A run is reduced to sums per sequence, of which every figure of a data set is a ratio. So a bootstrap over
sequences only weighs these sums anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols.protocol import Code
from benchmarks.scoring.expected_overlap import FragmentRule, curve_sums, longest_fragment
from benchmarks.scoring.metrics import ACCURACY, AVERAGE_OVERLAP, EAO, FAILURES, ROBUSTNESS, Metric
from benchmarks.scoring.statistics import CONFIDENCE, RESAMPLES, SEED, Estimate, resampled_counts
from benchmarks.scoring.vot_profiles import Repetitions, VOTProfile, frame_overlaps, valid_frames
from trackers.errors import UserError

SENSITIVITY = 30
"""Frames in the length of sequence that an A-R plot shows the chance to survive."""

Figures: TypeAlias = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From how often each sequence is drawn, shape (B, S), to a data set's figures, shape (B, figures)."""


@dataclass(frozen=True, eq=False)
class SupervisedScore:
    """Supervised runs over S sequences under one set of rules, sequence by sequence.

    Attributes:
        rules: the toolkit's.
        sequences: their names.
        frames: shape (S,): how many frames of interest each has.
        overlaps: shape (S, 2): sum and weight of the overlaps that make up accuracy.
        failures: shape (S,): mean number over the repetitions.
        curves: shape (S, 2, lengths): numerators and weights of Phi(L) for L = 2, 3, ...
        longest: shape (S,): frames of each one's longest fragment.
    """

    rules: VOTProfile
    sequences: tuple[str, ...]
    frames: NDArray[np.int64]
    overlaps: NDArray[np.float64]
    failures: NDArray[np.float64]
    curves: NDArray[np.float64]
    longest: NDArray[np.int64]

    def metrics(self) -> dict[str, Estimate]:
        """The figures by name, with 95 % intervals from a bootstrap over sequences.

        accuracy: mean overlap of valid frames, in [0, 1].
        robustness: failures per 100 frames.
        failures: their sum over sequences.
        eao: expected average overlap, in [0, 1]; NaN where no fragment is defined for any of its
            lengths, as when a tracker never fails on sequences that are shorter.
        """
        return _estimates((ACCURACY, ROBUSTNESS, FAILURES, EAO), self._figures, len(self.sequences))

    def curve(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Lengths L, shape (T,), and expected overlap Phi(L), shape (T,), where it is defined."""
        numerators, weights = self.curves.sum(axis=0)
        defined = (weights > 0) & (self._lengths <= self._limit(np.ones((1, len(self.longest))))[0])
        return self._lengths[defined], numerators[defined] / weights[defined]

    def curve_interval(
        self, lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """The 95 % interval of Phi(L), each end of shape (T,), by the bootstrap that `metrics` uses.

        A draw of sequences in which no fragment is defined for a length says nothing of it.

        Args:
            lengths: shape (T,), of those of `curve`.

        Returns:
            Lower and upper ends; None for one sequence alone.
        """
        if len(self.sequences) < 2:
            return None
        draws = []
        for counts in resampled_counts(len(self.sequences), RESAMPLES, SEED):
            numerators, weights = (counts @ self.curves[:, i, lengths - 2] for i in (0, 1))
            defined = (weights > 0) & (lengths <= self._limit(counts))
            draws.append(np.divide(numerators, weights, out=np.full(weights.shape, np.nan), where=defined))
        outside = (1 - CONFIDENCE) / 2
        low, high = np.nanquantile(np.concatenate(draws), [outside, 1 - outside], axis=0)
        return low, high

    def subset(self, rows: Items[int]) -> SupervisedScore:
        """The score on some of the sequences, by their places."""
        rows = list(rows)
        return SupervisedScore(
            self.rules,
            tuple(self.sequences[row] for row in rows),
            self.frames[rows],
            self.overlaps[rows],
            self.failures[rows],
            self.curves[rows],
            self.longest[rows],
        )

    def _limit(self, counts: NDArray[np.float64]) -> NDArray[np.int64]:
        """The greatest length of which the curve tells, shape (B, 1), for each draw of sequences."""
        if not self.rules.fragments.observed:
            return np.full((len(counts), 1), self._lengths[-1])
        limit: NDArray[np.int64] = np.where(counts > 0, self.longest, 0).max(axis=1, keepdims=True)
        return limit

    @property
    def _lengths(self) -> NDArray[np.int64]:
        return np.arange(2, self.curves.shape[2] + 2)

    def _figures(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        accuracy = _ratio(counts @ self.overlaps)
        weights = np.ones(len(self.frames)) if self.rules.pooled else self.frames
        mean_failures = (counts @ (weights * self.failures)) / (counts @ weights)
        mean_length = counts @ self.frames / counts.sum(axis=1)
        rule = self.rules.fragments
        averaged = (self._lengths >= rule.low) & (self._lengths <= rule.high)
        numerators, weights = (counts @ self.curves[:, i, averaged] for i in (0, 1))
        defined = (weights > 0) & (self._lengths[averaged] <= self._limit(counts))
        phi = np.divide(numerators, weights, out=np.zeros(weights.shape), where=defined)
        some = defined.sum(axis=1)
        eao = np.divide(phi.sum(axis=1), some, out=np.full(len(some), np.nan), where=some > 0)
        return np.stack([accuracy, 100 * mean_failures / mean_length, counts @ self.failures, eao], axis=1)


@dataclass(frozen=True, eq=False)
class UnsupervisedScore:
    """One run without resets over each of S sequences.

    Attributes:
        rules: the toolkit's.
        sequences: their names.
        overlaps: shape (S, 2): sum and weight of the overlaps that make up the average.
    """

    rules: VOTProfile
    sequences: tuple[str, ...]
    overlaps: NDArray[np.float64]

    def metrics(self) -> dict[str, Estimate]:
        """`ao`: average overlap, in [0, 1], with its 95 % interval."""
        return _estimates(
            (AVERAGE_OVERLAP,), lambda counts: _ratio(counts @ self.overlaps)[:, None], len(self.overlaps)
        )

    def subset(self, rows: Items[int]) -> UnsupervisedScore:
        """The score on some of the sequences, by their places."""
        rows = list(rows)
        return UnsupervisedScore(self.rules, tuple(self.sequences[row] for row in rows), self.overlaps[rows])


def score_supervised(
    runs: Items[Repetitions], rules: VOTProfile, tag: Mapping[str, NDArray[np.bool_]] | None = None
) -> SupervisedScore:
    """Scores supervised runs, in the baseline or the realtime experiment.

    Args:
        runs: by sequence; overlaps measured by `rules.raster`.
        rules: the toolkit's.
        tag: by sequence, the frames that count, bool, shape (n,). Sequences without any are left out.

    Raises:
        UserError: there is nothing to score.
    """
    counted = [np.ones(run.codes.shape[1], bool) if tag is None else tag[run.sequence] for run in runs]
    kept = [(run, frames) for run, frames in zip(runs, counted, strict=True) if frames.any()]
    if not kept:
        raise UserError("no frame can be scored: give results of sequences that have the tag")
    longest = max(rules.fragments.high, *(run.codes.shape[1] for run, _ in kept))
    return SupervisedScore(
        rules,
        sequences=tuple(run.sequence for run, _ in kept),
        frames=np.array([frames.sum() for _, frames in kept]),
        overlaps=np.array([_accuracy_sums(run, frames, rules.pooled) for run, frames in kept]),
        failures=np.array([(run.codes[:, frames] == Code.FAILED).sum(axis=1).mean() for run, frames in kept]),
        curves=np.stack([_curve_sums(run, frames, longest, rules.fragments) for run, frames in kept]),
        longest=np.array([longest_fragment(run.codes) for run, _ in kept]),
    )


def score_unsupervised(runs: Mapping[str, NDArray[np.float64]], rules: VOTProfile) -> UnsupervisedScore:
    """Scores one run per sequence.

    Args:
        runs: by sequence, overlaps of shape (n,), measured by `rules.raster`; 0 where there is no region. The
            initial frame's is not looked at.
        rules: the toolkit's.
    """
    sums = []
    for overlaps in runs.values():
        scored = overlaps[max(rules.unsupervised_burn_in, 1) :]
        frames = len(overlaps)
        if rules.pooled:
            sums.append((scored.sum(), frames))
        else:
            sums.append((scored.mean() * frames if len(scored) else 0.0, frames))
    return UnsupervisedScore(rules, tuple(runs), np.array(sums))


def reliability(robustness: float) -> float:
    """The horizontal axis of an A-R plot: the chance to survive `SENSITIVITY` frames, exp(-S F / frames).

    Args:
        robustness: failures per 100 frames.
    """
    return float(np.exp(-SENSITIVITY * robustness / 100))


def _accuracy_sums(run: Repetitions, counted: NDArray[np.bool_], pooled: bool) -> tuple[float, float]:
    """Sum and weight of a sequence's overlaps, for a mean over frames or one over sequences."""
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
    """Sums over weights, shape (B, 2) to (B,); 0, as in the toolkits, where nothing is valid."""
    return np.divide(sums[:, 0], sums[:, 1], out=np.zeros(len(sums)), where=sums[:, 1] > 0)


def _estimates(metrics: tuple[Metric, ...], figures: Figures, sequences: int) -> dict[str, Estimate]:
    names = [metric.name for metric in metrics]
    values = figures(np.ones((1, sequences)))[0].tolist()
    if sequences == 1:
        return {name: Estimate(value, None, None) for name, value in zip(names, values, strict=True)}
    draws = np.concatenate([figures(counts) for counts in resampled_counts(sequences, RESAMPLES, SEED)])
    outside = (1 - CONFIDENCE) / 2
    estimates = {}
    for name, value, drawn in zip(names, values, draws.T, strict=True):
        low = high = None
        if np.isfinite(value):
            # Some draws may leave a figure undefined; its interval is that of the others.
            low, high = np.quantile(drawn[np.isfinite(drawn)], [outside, 1 - outside]).tolist()
        estimates[name] = Estimate(value, low, high)
    return estimates
