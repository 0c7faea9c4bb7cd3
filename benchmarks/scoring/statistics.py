"""How sure a score is, given the sequences it was measured on.

Frames of one sequence are alike, so the sequence is the unit: a data set's score is a mean over sequences,
and its uncertainty comes from drawing other sequences.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95
SEED = 0
"""One seed for all: scores do not change from run to run, and trackers are resampled alike."""

_BLOCK_ENTRIES = 1_000_000
_COLUMNS = 256
"""Figures that are resampled at once, which takes 20 MB three times over."""
_AT_HAND_ENTRIES = 4_000_000
"""What is kept ready as float64, 32 MB: up to 400 sequences."""
_KEPT_ENTRIES = 16_000_000
"""What is kept of one number of sequences: up to 1,600 of them. More are drawn anew each time."""


class Estimate(NamedTuple):
    """A mean over sequences with its 95 % interval, which is None for one sequence alone."""

    value: float
    low: float | None
    high: float | None


def bootstrap_interval(
    values: NDArray[np.float64],
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = SEED,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Percentile bootstrap of the mean over sequences (Efron, Tibshirani 1993, chapter 13).

    All columns share the resamples, so a curve's interval is that of whole curves drawn together.

    Args:
        values: shape (S,) or (S, T): T figures of each of S sequences.
        resamples: how many sets of S sequences are drawn, with replacement.
        confidence: the share of resampled means that lies inside.
        seed: of the draws.

    Returns:
        Lower and upper ends, each of shape () or (T,); None for fewer than two sequences, whose mean has no
        interval.
    """
    if len(values) < 2:
        return None
    if values.ndim == 1 or values.shape[1] <= _COLUMNS:
        return interval_of(resampled_means(values, resamples, seed), confidence)
    # In equal parts: of a few columns alone, linear algebra may round the last digit otherwise.
    blocks = np.array_split(values, -(-values.shape[1] // _COLUMNS), axis=1)
    ends = [interval_of(resampled_means(block, resamples, seed), confidence) for block in blocks]
    low, high = (np.concatenate(end) for end in zip(*ends, strict=True))
    return low, high


def interval_of(
    means: NDArray[np.float64], confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval inside which a share of resampled means lies.

    Args:
        means: shape (R,) or (R, T).
        confidence: the share.

    Returns:
        Lower and upper ends, each of shape () or (T,).
    """
    outside = (1 - confidence) / 2
    # NumPy sorts faster than it finds two places, and then finds them at once.
    ordered = np.sort(np.ascontiguousarray(means.T), axis=-1)
    low, high = np.quantile(ordered, [outside, 1 - outside], axis=-1, overwrite_input=True)
    return low, high


def resampled_means(
    values: NDArray[np.float64], resamples: int = RESAMPLES, seed: int = SEED
) -> NDArray[np.float64]:
    """Means over resampled sequences.

    Args:
        values: shape (S,) or (S, T). All columns share the resamples, and so do calls with the same S.
        resamples: R, how many sets of S sequences are drawn, with replacement.
        seed: of the draws.

    Returns:
        Shape (R,) or (R, T).
    """
    sums = [counts @ values for counts in resampled_counts(len(values), resamples, seed)]
    return np.concatenate(sums) / len(values)


def bootstrap_p(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p-value of "the true mean is 0", from resampled means.

    It is twice the share of resampled means on the rarer side of 0, the observed sample counted as one of
    them (Davison, Hinkley: Bootstrap Methods and their Application, 1997, section 4.2): it is never 0.

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
    """P-values of tests made together, corrected for their number (Holm, Scand. J. Statistics 1979).

    Rejecting those at most alpha makes any false rejection among all at most alpha likely.

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


def resampled_counts(sequences: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each sequence is drawn in each resample.

    A resample's mean is then one row of `counts @ values / sequences`: no array of resamples x sequences x
    values is ever made, and the counts come in blocks of about a million.

    Args:
        sequences: S, how many there are and how many each resample draws.
        resamples: how many rows all blocks have together.
        seed: of the draws.

    Yields:
        Shape (block, S), whole numbers; each row sums to S.
    """
    block = max(1, _BLOCK_ENTRIES // sequences)
    if sequences * resamples <= _AT_HAND_ENTRIES:
        yield from _at_hand(sequences, resamples, seed, block)
        return
    draw = _kept if sequences * resamples <= _KEPT_ENTRIES else _drawn
    for counts in draw(sequences, resamples, seed, block):
        yield counts.astype(np.float64)


@lru_cache(maxsize=1)
def _at_hand(sequences: int, resamples: int, seed: int, block: int) -> tuple[NDArray[np.float64], ...]:
    """What `resampled_counts` last gave: trackers on the same sequences need it one after the other."""
    blocks = tuple(counts.astype(np.float64) for counts in _kept(sequences, resamples, seed, block))
    for counts in blocks:
        counts.flags.writeable = False
    return blocks


@lru_cache(maxsize=16)
def _kept(sequences: int, resamples: int, seed: int, block: int) -> tuple[NDArray[np.unsignedinteger], ...]:
    """The blocks of `_drawn`, kept.

    Drawing takes most of a bootstrap's time. Trackers are drawn alike, and so are a data set's attributes of
    the same size, so that the last few draws are kept: about 5 MB for 280 sequences.
    """
    return tuple(_drawn(sequences, resamples, seed, block))


def _drawn(sequences: int, resamples: int, seed: int, block: int) -> Iterator[NDArray[np.unsignedinteger]]:
    """The blocks of `resampled_counts`, in the smallest type that holds them."""
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = generator.integers(0, sequences, size=(rows, sequences))
        cells = drawn + sequences * np.arange(rows)[:, None]
        counts = np.bincount(cells.ravel(), minlength=rows * sequences)
        yield counts.reshape(rows, sequences).astype(np.min_scalar_type(sequences))
