"""VOT's A-R ranking: ranks by accuracy and robustness, shared where trackers do not differ significantly.

Source: Kristan et al.: A Novel Performance Evaluation Methodology for Single-Target Trackers (PAMI 2016),
section 4.3, and MATLAB's vot-toolkit 5. Tests use the normal approximation, as MATLAB does for more than 15
samples.

These are VOT's tests: they treat frames as independent, which they are not, and so find too many differences.
`compare` tests sequences instead.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols.protocol import Code
from benchmarks.scoring.vot_repetitions import Repetitions, frame_overlaps
from trackers.errors import UserError

ALPHA = 0.05
"""VOT's level of significance."""
REPETITIONS = 15
"""The number of runs per sequence in VOT2017."""


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of T trackers, 1 for the best; fractional for tied trackers.

    Attributes:
        accuracy: shape (T,).
        robustness: shape (T,).
    """

    accuracy: NDArray[np.float64]
    robustness: NDArray[np.float64]


def rank_trackers(
    overlaps: NDArray[np.float64], failures: NDArray[np.float64], alpha: float = ALPHA
) -> Ranks:
    """Ranks trackers; each gets the mean rank of those that do not differ significantly from it.

    Args:
        overlaps: shape (T, frames), the same frames for all: overlap averaged over repetitions, NaN if a
            tracker has no valid one (`frame_overlaps` of all sequences, concatenated).
        failures: shape (T, samples), from `failure_samples`.
        alpha: the level of significance.
    """
    valid = np.isfinite(overlaps)
    total, count = np.where(valid, overlaps, 0).sum(axis=1), valid.sum(axis=1)
    accuracy = np.divide(total, count, out=np.zeros(len(total)), where=count > 0)
    return Ranks(
        accuracy=_shared_ranks(-accuracy, overlaps, signed_rank_test, alpha),
        robustness=_shared_ranks(failures.mean(axis=1), failures, rank_sum_test, alpha),
    )


def rank_runs(runs: Items[Items[Repetitions]], alpha: float = ALPHA) -> Ranks:
    """Ranks trackers by their runs on the sequences that all of them have.

    Args:
        runs: the measured runs of each tracker.
        alpha: the level of significance.

    Raises:
        UserError: they have no sequence in common.
    """
    by_name = [{run.sequence: run for run in tracker} for tracker in runs]
    common = [name for name in by_name[0] if all(name in tracker for tracker in by_name)]
    if not common:
        raise UserError("these trackers have no sequence in common; run them on the same ones")
    kept = [[tracker[name] for name in common] for tracker in by_name]
    return rank_trackers(
        np.stack([np.concatenate([frame_overlaps(run) for run in tracker]) for tracker in kept]),
        np.stack([failure_samples(tracker) for tracker in kept]),
        alpha,
    )


def failure_samples(runs: Items[Repetitions], repetitions: int = REPETITIONS) -> NDArray[np.float64]:
    """Returns the number of failures of each run over each sequence, shape (S * repetitions,).

    If a sequence has fewer runs (because the first ones were identical), their mean fills the missing ones,
    so that all trackers have samples of the same size.
    """
    samples = []
    for run in runs:
        counts = (run.codes[:repetitions] == Code.FAILED).sum(axis=1)
        samples.append(np.full(repetitions, counts.mean()))
        samples[-1][: len(counts)] = counts
    return np.concatenate(samples)


def signed_rank_test(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Returns the two-sided p-value of Wilcoxon's signed-rank test (1945) of paired values.

    Pairs that are equal or have a NaN are left out; if none is left, p is 1.

    Args:
        a: shape (n,).
        b: shape (n,).
    """
    from scipy.stats import wilcoxon  # takes a third of a second, which only rankings need

    difference = a - b
    difference = difference[np.isfinite(difference) & (difference != 0)]
    if len(difference) == 0:
        return 1.0
    return float(wilcoxon(difference, method="asymptotic", correction=False).pvalue)


def rank_sum_test(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Returns the two-sided p-value of the rank-sum test (Mann, Whitney 1947), with continuity correction.

    Args:
        a: shape (n,).
        b: shape (m,).
    """
    from scipy.stats import mannwhitneyu

    if len(np.unique(np.concatenate([a, b]))) == 1:
        return 1.0
    return float(mannwhitneyu(a, b, method="asymptotic", use_continuity=True).pvalue)


def _shared_ranks(
    values: NDArray[np.float64],
    samples: NDArray[np.float64],
    test: Callable[[NDArray[np.float64], NDArray[np.float64]], float],
    alpha: float,
) -> NDArray[np.float64]:
    """Returns each tracker's mean rank, by rising value, of those that do not differ from it by `test`."""
    trackers = len(values)
    ranks = np.empty(trackers)
    ranks[np.argsort(values, kind="stable")] = np.arange(1, trackers + 1)
    same = np.eye(trackers)
    for i in range(trackers):
        for j in range(i):
            same[i, j] = same[j, i] = test(samples[i], samples[j]) > alpha
    shared: NDArray[np.float64] = same @ ranks / same.sum(axis=1)
    return shared
