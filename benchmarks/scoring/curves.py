"""Curves of one-pass evaluation (Wu, Lim, Yang: Object Tracking Benchmark, PAMI 2015).

A curve is the fraction of a sequence's frames in which the tracker is good enough, for each threshold.

Thresholds are the floats nearest to 0.05 k and 0.01 k, as in the benchmark's own Python toolkit, so that
overlaps of integer boxes compare as fractions do. Other grids (`0:0.05:1` in MATLAB, `np.arange(0, 1.05,
0.05)`) differ from them in the last digit at some thresholds: MATLAB's 13th is just below 0.65, so that an
overlap of exactly 13/20 is greater. The effect is small: on STRUCK's published results on OTB2015, MATLAB's
grid changes two values of the success curve, by less than 0.00007. STRUCK's score files, which come from the
Python toolkit, agree with 0.05 k; those of UAV123 and UAVDT, from the MATLAB toolkit, with MATLAB's grid.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVERLAP_THRESHOLDS: NDArray[np.float64] = np.arange(21) / 20
"""0, 0.05, ... 1: shape (21,)."""
MATLAB_OVERLAP_THRESHOLDS: NDArray[np.float64] = np.concatenate(
    [np.arange(11) * 0.05, 1 - np.arange(9, -1, -1) * 0.05]
)
"""The same as `0:0.05:1` in MATLAB, which builds the upper half from the end: shape (21,)."""
PIXEL_THRESHOLDS: NDArray[np.float64] = np.arange(51.0)
"""0, 1, ... 50 pixels: shape (51,)."""
NORMALIZED_THRESHOLDS: NDArray[np.float64] = np.arange(51) / 100
"""0, 0.01, ... 0.5 of the target's size: shape (51,)."""


def fraction_above(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the fraction of frames whose value is greater than each threshold, as for overlaps.

    Args:
        values: shape (frames,); NaN is a miss.
        thresholds: shape (T,).

    Returns:
        Shape (T,), in [0, 1].
    """
    return _fraction(np.searchsorted(np.sort(-values), -thresholds, side="left"), len(values))


def fraction_at_least(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the fraction of frames whose value is at least each threshold.

    Args:
        values: shape (frames,); NaN is a miss.
        thresholds: shape (T,).

    Returns:
        Shape (T,), in [0, 1].
    """
    return _fraction(np.searchsorted(np.sort(-values), -thresholds, side="right"), len(values))


def fraction_at_most(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the fraction of frames whose value is at most each threshold, as for center errors.

    Args:
        values: shape (frames,); NaN and infinity are misses.
        thresholds: shape (T,).

    Returns:
        Shape (T,), in [0, 1].
    """
    # Sorting once takes a sixth of the time of comparing with each threshold. NaN comes last.
    return _fraction(np.searchsorted(np.sort(values), thresholds, side="right"), len(values))


def _fraction(hits: NDArray[np.intp], frames: int) -> NDArray[np.float64]:
    fraction: NDArray[np.float64] = hits / frames
    return fraction
