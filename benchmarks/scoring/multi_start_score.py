"""The score of multi-start runs: accuracy, robustness and expected average overlap, as VOT2020 defines them.

A run fails where its overlap is at most 0.1 for ten frames in a row. The frames before that are its progress.

Source: Kristan et al., The Eighth Visual Object Tracking VOT2020 Challenge Results (ECCVW 2020), section 2;
vot-toolkit 0.7.4.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.metrics import ACCURACY, EAO, TRACKED_SHARE
from benchmarks.scoring.statistics import (
    RESAMPLES,
    SEED,
    Estimate,
    Interval,
    percentile_interval,
    resampled_counts,
)
from benchmarks.scoring.vot_metrics import bootstrap_estimates

if TYPE_CHECKING:
    from benchmarks.scoring.vot_profiles import MultiStartProfile


@dataclass(frozen=True, eq=False)
class AnchoredRun:
    """One run from an anchor, over n frames.

    Attributes:
        overlaps: shape (n,), in the run's order. The first is that of the initialization, 0.
        has_target: bool, shape (n,): the ground truth is not empty.
    """

    overlaps: NDArray[np.float64]
    has_target: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MultiStartScore:
    """The score of multi-start runs over S sequences, sequence by sequence.

    Attributes:
        profile: the rules.
        sequences: their names.
        frames: shape (S,): the number of frames of each sequence.
        run_frames: shape (S,): the frames of all runs over it.
        progress: shape (S,): those of them that are before a failure.
        overlap_sums: shape (S,): the sum of their overlaps.
        curves: shape (S, 2, `profile.high`): numerators and weights of the curve of expected average overlap.
    """

    profile: MultiStartProfile
    sequences: tuple[str, ...]
    frames: NDArray[np.int64]
    run_frames: NDArray[np.int64]
    progress: NDArray[np.int64]
    overlap_sums: NDArray[np.float64]
    curves: NDArray[np.float64]

    def metrics(self) -> dict[str, Estimate]:
        """Returns the metrics by name, with 95 % intervals from a bootstrap over sequences.

        accuracy: mean overlap of the frames before failures, in [0, 1].
        robustness: the share of frames before failures, in [0, 1]; sequences weigh by their length.
        eao: expected average overlap, in [0, 1].
        """
        return bootstrap_estimates((ACCURACY, TRACKED_SHARE, EAO), self._values, len(self.sequences))

    @property
    def averaged(self) -> tuple[int, int]:
        """The first and the last length whose expected overlaps EAO is the mean of."""
        return self.profile.low, self.profile.high - 1

    def curve(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Returns numbers of tracked frames, shape (T,), and the overlaps to expect over them, shape (T,)."""
        [expected] = self._expected(np.ones((1, len(self.sequences))))
        return np.arange(1, self.profile.high), expected[1:]

    def curve_interval(self, lengths: NDArray[np.int64]) -> Interval | None:
        """Returns the 95 % interval of the curve, by the bootstrap that `metrics` uses.

        Args:
            lengths: shape (T,), some of those of `curve`.

        Returns:
            Lower and upper ends, each of shape (T,); None for a single sequence.
        """
        if len(self.sequences) < 2:
            return None
        counted = resampled_counts(len(self.sequences), RESAMPLES, SEED)
        return percentile_interval(np.concatenate([self._expected(counts, lengths) for counts in counted]))

    def subset(self, rows: Items[int]) -> MultiStartScore:
        """Returns the score on the sequences at the indices `rows`."""
        rows = list(rows)
        return MultiStartScore(
            self.profile,
            tuple(self.sequences[row] for row in rows),
            self.frames[rows],
            self.run_frames[rows],
            self.progress[rows],
            self.overlap_sums[rows],
            self.curves[rows],
        )

    def _expected(
        self, counts: NDArray[np.float64], lengths: NDArray[np.int64] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Returns the curve of each resample, shape (B, lengths); 0 where no run is defined."""
        numerators, weights = (counts @ self.curves[:, i, lengths] for i in (0, 1))
        return np.divide(numerators, weights, out=np.zeros(weights.shape), where=weights > 0)

    def _values(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        tracked = counts @ self.progress
        accuracy = np.divide(
            counts @ self.overlap_sums, tracked, out=np.zeros(len(tracked)), where=tracked > 0
        )
        robustness = counts @ (self.progress / self.run_frames * self.frames) / (counts @ self.frames)
        # The toolkit's curve ends before `high`, so its mean does, too.
        eao = self._expected(counts, slice(self.profile.low, self.profile.high)).mean(axis=1)
        return np.stack([accuracy, robustness, eao], axis=1)


def score_multi_start(
    names: Items[str], runs: Items[Items[AnchoredRun]], frames: Items[int], profile: MultiStartProfile
) -> MultiStartScore:
    """Scores multi-start runs.

    Args:
        names: the sequences.
        runs: of each sequence, one for each anchor.
        frames: the number of frames of each sequence.
        profile: the rules.
    """
    progress = [[failure_frame(run, profile) for run in some] for some in runs]
    return MultiStartScore(
        profile,
        tuple(names),
        frames=np.array(frames),
        run_frames=np.array([sum(len(run.overlaps) for run in some) for some in runs]),
        progress=np.array([sum(ends) for ends in progress]),
        overlap_sums=np.array(
            [
                sum(float(run.overlaps[:end].sum()) for run, end in zip(some, ends, strict=True))
                for some, ends in zip(runs, progress, strict=True)
            ]
        ),
        curves=np.stack(
            [_curve_sums(some, ends, profile.high) for some, ends in zip(runs, progress, strict=True)]
        ),
    )


def failure_frame(run: AnchoredRun, profile: MultiStartProfile) -> int:
    """Returns the row of a run in which it fails; the number of its rows if it does not fail.

    It is the first of `profile.grace` rows in a row with a target and an overlap of at most
    `profile.threshold`.
    """
    lost = (run.overlaps <= profile.threshold) & run.has_target
    if len(lost) < profile.grace:
        return len(lost)
    windows = np.lib.stride_tricks.sliding_window_view(lost, profile.grace).all(axis=1)
    return int(windows.argmax()) if windows.any() else len(lost)


def _curve_sums(runs: Items[AnchoredRun], progress: Items[int], high: int) -> NDArray[np.float64]:
    """Returns a sequence's contribution to the curve: numerators and weights, shape (2, high).

    The curve at j is the mean over runs of the mean overlap of rows 1 to j. Beyond its end a run that failed
    counts with its sum divided by j - 1, as in the toolkit; one that did not fail is left out.
    """
    sums = np.zeros((2, high))
    for run, end in zip(runs, progress, strict=True):
        rows = len(run.overlaps)
        overlaps = np.where(np.arange(rows) < end, run.overlaps, 0.0)[1:]
        inside = min(rows, high)
        sums[0, 1:inside] += np.cumsum(overlaps[: inside - 1]) / np.arange(1, inside)
        sums[1, 1:inside] += 1
        if end < rows < high:
            sums[0, rows:] += overlaps.sum() / (np.arange(rows, high) - 1)
            sums[1, rows:] += 1
    return sums
