"""The curve of expected average overlap: the overlap to expect on a sequence of a given length without reset.

A supervised run is cut at its initializations. Each fragment is treated as a sequence without resets: one
that ends in a failure is extended with overlap 0.

Source: Kristan et al.: The Visual Object Tracking VOT2015 Challenge Results (ICCVW 2015), section 3.3, and
the toolkits (MATLAB 5, Python 0.7.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols.protocol import Code


@dataclass(frozen=True)
class Fragment:
    """The part of a run from one initialization to the next.

    Attributes:
        start: its first frame, the initialization.
        stop: the frame after its last: the next initialization, or the end of the sequence.
        failure: the frame in which the tracker failed, if any.
    """

    start: int
    stop: int
    failure: int | None


@dataclass(frozen=True)
class FragmentRule:
    """The choices in which toolkits differ.

    Attributes:
        late_frames: after a failure in this number of last frames of a sequence, the fragment is undefined
            beyond the end, as if the tracker had not failed; after an earlier one its overlap is 0 from then
            on.
        average_repetitions: a fragment's weight is 1 / the sequence's number of repetitions, so that
            sequences with more repetitions do not weigh more; otherwise it is 1.
        low, high: lengths in frames over which the curve is averaged, inclusive.
        observed: average only lengths up to the longest fragment, from initialization to failure or end;
            otherwise also lengths that only extended fragments reach.
    """

    late_frames: int
    average_repetitions: bool
    low: int
    high: int
    observed: bool


def fragments(codes: NDArray[np.int8]) -> list[Fragment]:
    """Cuts a run at its initializations.

    Args:
        codes: shape (n,), of `Code`; the first is an initialization.
    """
    starts = np.flatnonzero(codes == Code.INITIALIZED)
    parts = []
    for start, stop in pairwise([*starts.tolist(), len(codes)]):
        failures = np.flatnonzero(codes[start:stop] == Code.FAILED)
        failure = start + int(failures[0]) if len(failures) else None
        parts.append(Fragment(start, stop, failure))
    return parts


def longest_fragment(codes: NDArray[np.int8]) -> int:
    """Returns the frames of the longest fragment of runs, shape (R, n), up to its failure if it has one."""
    return max(
        (part.stop if part.failure is None else part.failure) - part.start
        for run_codes in codes
        for part in fragments(run_codes)
    )


def curve_sums(
    overlaps: NDArray[np.float64],
    codes: NDArray[np.int8],
    counted: NDArray[np.bool_],
    longest: int,
    rule: FragmentRule,
) -> NDArray[np.float64]:
    """Returns a sequence's contribution to the curve Phi(L), L = 2, 3, ... `longest`.

    Phi(L) is the weighted mean of the average overlaps of frames 2 to L, over all fragments that are defined
    for that length. Over sequences, Phi = sum of numerators / sum of weights.

    Args:
        overlaps: shape (R, n), of R repetitions; 0 in frames without a region.
        codes: int8, shape (R, n), of `Code`.
        counted: shape (n,): frames of interest. A fragment's weight is multiplied by the
            fraction of its frames that are.
        longest: the greatest length in frames.
        rule: the toolkit's choices.

    Returns:
        Numerators and weights, shape (2, longest - 1).
    """
    sums = np.zeros((2, longest - 1))
    for run, run_codes in zip(overlaps, codes, strict=True):
        for part in fragments(run_codes):
            weight = counted[part.start : part.stop].mean() / (
                len(overlaps) if rule.average_repetitions else 1
            )
            open_ended = part.failure is None or part.failure >= len(run) - rule.late_frames
            tracked = run[part.start + 1 : part.failure or part.stop]
            defined = part.stop - part.start - 1 if open_ended else longest - 1
            total = np.full(defined, tracked.sum())
            total[: len(tracked)] = np.cumsum(tracked)
            sums[0, :defined] += weight * total / np.arange(1, defined + 1)
            sums[1, :defined] += weight
    return sums
