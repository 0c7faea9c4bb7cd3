"""Bootstrap intervals, p-values and their correction; the unit is the sequence.

Frames of one sequence are correlated, so a data set's score is a mean over sequences, and its uncertainty
comes from resampling sequences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 0
"""Fixed seed: intervals are reproducible, and all trackers are resampled with the same sequences."""
LEAST_P_SHOWN = 0.0001
"""P-values below this are written as less than it."""

_BLOCK_ENTRIES = 1_000_000
_MAX_COLUMNS = 256
"""Columns resampled at once: three arrays of 20 MB."""
_MAX_CACHED_FLOATS = 4_000_000
"""Counts cached as float64: 32 MB, up to 400 sequences."""
_MAX_CACHED_COUNTS = 16_000_000
"""Counts cached for one number of sequences, up to 1,600. For more, they are drawn anew each time."""

Interval: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Lower and upper ends, of the same shape."""


class Estimate(NamedTuple):
    """A value with its 95 % interval, which is None for a single sequence."""

    value: float
    low: float | None
    high: float | None

    def within(self, least: float, most: float) -> Estimate:
        """Returns the estimate with its interval cut to the possible values."""
        if self.low is None or self.high is None:
            return self
        return Estimate(self.value, max(self.low, least), min(self.high, most))


def mean_estimates(tables: Iterable[NDArray[np.float64]]) -> list[list[Estimate]]:
    """Returns means over sequences with their 95 % intervals.

    Tables with the same number of sequences are resampled together: faster, with the same result.

    Args:
        tables: each of shape (S, M): M values of each of S sequences; S and M may differ between tables.

    Returns:
        For each table, M estimates.
    """
    tables = list(tables)
    estimates: list[list[Estimate]] = [[] for _ in tables]
    for count in {len(table) for table in tables}:
        places = [place for place, table in enumerate(tables) if len(table) == count]
        values = np.concatenate([tables[place] for place in places], axis=1)
        interval = bootstrap_interval(values)
        ends = [end.tolist() for end in interval] if interval else [[None] * values.shape[1]] * 2
        columns = iter(zip(values.mean(axis=0).tolist(), *ends, strict=True))
        for place in places:
            estimates[place] = [Estimate(*next(columns)) for _ in range(tables[place].shape[1])]
    return estimates


def bootstrap_interval(
    values: NDArray[np.float64],
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = SEED,
) -> Interval | None:
    """Returns the percentile bootstrap interval of the mean over sequences.

    All columns share the resamples, so the interval of a curve comes from complete curves.
    Source: Efron, Tibshirani: An Introduction to the Bootstrap (1993), chapter 13.

    Args:
        values: shape (S,) or (S, T): T values of each of S sequences.
        resamples: number of draws of S sequences, with replacement.
        confidence: fraction of the resampled means inside the interval.
        seed: seed of the draws.

    Returns:
        Lower and upper ends, each of shape () or (T,); None for fewer than two sequences.
    """
    if len(values) < 2:
        return None
    if values.ndim == 1 or values.shape[1] <= _MAX_COLUMNS:
        return percentile_interval(resampled_means(values, resamples, seed), confidence)
    # Blocks of equal width: with only a few columns, BLAS may round the last digit differently.
    blocks = np.array_split(values, -(-values.shape[1] // _MAX_COLUMNS), axis=1)
    ends = [percentile_interval(resampled_means(block, resamples, seed), confidence) for block in blocks]
    low, high = (np.concatenate(end) for end in zip(*ends, strict=True))
    return low, high


def percentile_interval(draws: NDArray[np.float64], confidence: float = CONFIDENCE) -> Interval:
    """Returns the interval that contains a fraction of the draws.

    Args:
        draws: shape (R,) or (R, T); NaN is ignored, but no column may be NaN alone.
        confidence: the fraction.

    Returns:
        Lower and upper ends, each of shape () or (T,).
    """
    ends = (1 - confidence) / 2, 1 - (1 - confidence) / 2
    # Sorting first is faster than NumPy's search for two quantiles. NaN comes last.
    ordered = np.array(draws.T, order="C")
    ordered.sort(axis=-1)
    if np.isnan(ordered[..., -1]).any():
        low, high = np.nanquantile(ordered, ends, axis=-1)
        return low, high
    return _sorted_quantile(ordered, ends[0]), _sorted_quantile(ordered, ends[1])


def _sorted_quantile(ordered: NDArray[np.float64], fraction: float) -> NDArray[np.float64]:
    """Returns NumPy's linear quantile along the last axis, which is sorted, to the last digit."""
    place = (ordered.shape[-1] - 1) * fraction
    below = int(place)
    weight = place - below
    low, high = ordered[..., below], ordered[..., min(below + 1, ordered.shape[-1] - 1)]
    quantile: NDArray[np.float64] = (
        high - (high - low) * (1 - weight) if weight >= 0.5 else low + (high - low) * weight
    )
    return quantile


def resampled_means(
    values: NDArray[np.float64], resamples: int = RESAMPLES, seed: int = SEED
) -> NDArray[np.float64]:
    """Returns means over resampled sequences.

    Args:
        values: shape (S,) or (S, T). All columns share the resamples, and so do calls with the same S.
        resamples: R, the number of draws of S sequences, with replacement.
        seed: seed of the draws.

    Returns:
        Shape (R,) or (R, T).
    """
    means = np.empty((resamples, *values.shape[1:]))
    start = 0
    for counts in resampled_counts(len(values), resamples, seed):
        np.matmul(counts, values, out=means[start : start + len(counts)])
        start += len(counts)
    means /= len(values)
    return means


def bootstrap_p(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the two-sided p-value of "the true mean is 0", from resampled means.

    It is twice the fraction of resampled means on the rarer side of 0. The observed sample counts as one of
    them, so it is never 0 (Davison, Hinkley: Bootstrap Methods and their Application, 1997, section 4.2).

    Args:
        means: shape (R, ...).

    Returns:
        Shape (...), in [2 / (R + 1), 1].
    """
    below = np.count_nonzero(means <= 0, axis=0) + 1
    above = np.count_nonzero(means >= 0, axis=0) + 1
    p: NDArray[np.float64] = np.minimum(2 * np.minimum(below, above) / (len(means) + 1), 1.0)
    return p


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corrects the p-values of tests made together for their number (Holm, Scand. J. Statistics 1979).

    If those at most alpha are rejected, the probability of any false rejection is at most alpha.

    Args:
        p: shape (n,), in [0, 1].

    Returns:
        Shape (n,), in the order of `p`, none less than it.
    """
    order = np.argsort(p)
    stepped = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return corrected


def format_p(p: float, decimals: int = 4) -> str:
    """Returns a p-value as text, or that it is less than `LEAST_P_SHOWN`."""
    return f"< {LEAST_P_SHOWN:.4f}" if p < LEAST_P_SHOWN else f"{p:.{decimals}f}"


def resampled_counts(sequences: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yields how often each sequence is drawn in each resample, in blocks of about a million counts.

    The mean of a resample is then a row of `counts @ values / sequences`, without an array of resamples x
    sequences x values.

    Args:
        sequences: S, the number of sequences, and of those drawn in each resample.
        resamples: the number of rows of all blocks together.
        seed: seed of the draws.

    Yields:
        Shape (block, S), integers; each row sums to S.
    """
    block = max(1, _BLOCK_ENTRIES // sequences)
    if sequences * resamples <= _MAX_CACHED_FLOATS:
        yield from _cached_float_counts(sequences, resamples, seed, block)
        return
    draw = _cached_counts if sequences * resamples <= _MAX_CACHED_COUNTS else _draw_counts
    for counts in draw(sequences, resamples, seed, block):
        yield counts.astype(np.float64)


@lru_cache(maxsize=1)
def _cached_float_counts(
    sequences: int, resamples: int, seed: int, block: int
) -> tuple[NDArray[np.float64], ...]:
    """Caches the last blocks of `resampled_counts`, which trackers on the same sequences need in turn."""
    blocks = tuple(counts.astype(np.float64) for counts in _cached_counts(sequences, resamples, seed, block))
    for counts in blocks:
        counts.flags.writeable = False
    return blocks


@lru_cache(maxsize=16)
def _cached_counts(
    sequences: int, resamples: int, seed: int, block: int
) -> tuple[NDArray[np.unsignedinteger], ...]:
    """Caches the blocks of `_draw_counts`: about 5 MB for 280 sequences.

    Drawing takes most of a bootstrap's time, and all trackers, and attributes with the same number of
    sequences, share the draws.
    """
    return tuple(_draw_counts(sequences, resamples, seed, block))


def _draw_counts(
    sequences: int, resamples: int, seed: int, block: int
) -> Iterator[NDArray[np.unsignedinteger]]:
    """Draws the blocks of `resampled_counts`, in the smallest type that holds them."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(0, sequences, size=(rows, sequences))
        cells = drawn + sequences * np.arange(rows)[:, None]
        counts = np.bincount(cells.ravel(), minlength=rows * sequences)
        yield counts.reshape(rows, sequences).astype(np.min_scalar_type(sequences))
