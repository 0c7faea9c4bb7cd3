"""Curves of one-pass evaluation (Wu, Lim, Yang: Object Tracking Benchmark, PAMI 2015).

A curve says, for each of its thresholds, in what share of a sequence's frames the tracker is good enough.

Thresholds are the numbers nearest to 0.05 k and 0.01 k, as in the benchmark's own Python toolkit, so that
overlaps of whole-number boxes compare as fractions do. Other grids (`0:0.05:1` in MATLAB, `np.arange(0, 1.05,
0.05)`) are off by a last digit here and there, each elsewhere: MATLAB's 13th lies just below 0.65, so that an
overlap of exactly 13/20 is greater. It hardly shows: in STRUCK's published results on OTB2015, MATLAB's grid
changes two values of the success curve, by less than 0.00007.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OVERLAP_THRESHOLDS: NDArray[np.float64] = np.arange(21) / 20
"""0, 0.05, ... 1: shape (21,)."""
PIXEL_THRESHOLDS: NDArray[np.float64] = np.arange(51.0)
"""0, 1, ... 50 pixels: shape (51,)."""
NORMALIZED_THRESHOLDS: NDArray[np.float64] = np.arange(51) / 100
"""0, 0.01, ... 0.5 of the target's size: shape (51,)."""


def success_curve(overlaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of frames whose overlap is greater than each of `OVERLAP_THRESHOLDS`.

    Args:
        overlaps: shape (frames,); values in [0, 1], or less than 0 for a frame that counts as a miss.

    Returns:
        Shape (21,), falling, values in [0, 1]. The last is 0: no overlap is greater than 1.
    """
    return _share(_more_than(overlaps, OVERLAP_THRESHOLDS), len(overlaps))


def precision_curve(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of frames whose centre error is at most each of `PIXEL_THRESHOLDS`.

    Args:
        errors: shape (frames,), pixels; less than 0 for a frame that counts as a hit, infinite for a miss.

    Returns:
        Shape (51,), rising, values in [0, 1].
    """
    return _share(_at_most(errors, PIXEL_THRESHOLDS), len(errors))


def normalized_precision_curve(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of frames whose normalised centre error is at most each of `NORMALIZED_THRESHOLDS`.

    Args:
        errors: shape (frames,), in units of the target's size; less than 0 for a frame that counts as a hit,
            infinite for a miss.

    Returns:
        Shape (51,), rising, values in [0, 1].
    """
    return _share(_at_most(errors, NORMALIZED_THRESHOLDS), len(errors))


def _at_most(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many of `values`, shape (frames,), are at most each of `thresholds`, shape (T,): shape (T,)."""
    # Sorted once, not compared with each threshold: a sixth of the time. NaN comes last, and is neither.
    return np.searchsorted(np.sort(values), thresholds, side="right")


def _more_than(values: NDArray[np.float64], thresholds: NDArray[np.float64]) -> NDArray[np.intp]:
    """As `_at_most`, how many are greater."""
    return np.searchsorted(np.sort(-values), -thresholds, side="left")


def _share(good: NDArray[np.intp], frames: int) -> NDArray[np.float64]:
    share: NDArray[np.float64] = good / frames
    return share
