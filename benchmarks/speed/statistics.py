"""The figures of a measurement, computed from the times of its repetitions.

The uncertainty of a figure cannot be estimated from single updates: they are autocorrelated (a slower
clock, a cold cache or a hard part of a video affects many of them), so an interval over updates would be
far too narrow. Nor from passes within one process, which share its memory layout and the choices that its
libraries made when they were loaded. So the unit is a pass in a separate process, and the interval is
Student's t over the means of such passes, as Georges, Buytaert and Eeckhout recommend (Statistically
Rigorous Java Performance Evaluation, OOPSLA 2007). Kalibera and Jones (Rigorous Benchmarking in Reasonable
Time, ISMM 2013) explain why the outermost level that varies has to be repeated. No interval shows what
changes slowly over all passes (another program, heat); `machine` checks for that. The interval is computed
on the logarithm, so that it has the same width for times and for their inverse, FPS, and never reaches
zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Times:
    """The times of one pass over the sequences, in seconds.

    Attributes:
        updates: shape (n,), of each counted update.
        transport: shape (n,), of the transport of each update's frame and answer.
        inits: shape (s,), of each initialization.
    """

    updates: NDArray[np.float64]
    transport: NDArray[np.float64]
    inits: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Times]) -> Times:
        """Concatenates the times of all parts."""
        return cls(
            np.concatenate([part.updates for part in parts]),
            np.concatenate([part.transport for part in parts]),
            np.concatenate([part.inits for part in parts]),
        )


def frames_per_second(seconds: float, half: float | None) -> tuple[float, float | None, float | None]:
    """Returns FPS and both ends of its interval.

    Args:
        seconds: mean seconds per update.
        half: `half_width` of the interval, or None if there is no interval.
    """
    fps = 1 / seconds
    if half is None:
        return fps, None, None
    return fps, float(fps * np.exp(-half)), float(fps * np.exp(half))


def half_width(seconds: Sequence[float]) -> float | None:
    """Returns half the width of the 95 % interval of the logarithm of the mean time.

    Args:
        seconds: mean seconds per update in each repetition, above 0.

    Returns:
        None for a single repetition, which says nothing about the variance.
    """
    if len(seconds) < 2:
        return None
    quantile = stdtrit(len(seconds) - 1, (1 + CONFIDENCE) / 2)
    return float(quantile * np.sqrt(variance_of_mean(seconds)))


def variance_of_mean(seconds: Sequence[float]) -> float:
    """Returns the estimated variance of the mean of the logarithms of two or more times."""
    return float(np.log(seconds).var(ddof=1) / len(seconds))


def percentiles(seconds: NDArray[np.float64]) -> tuple[float, float, float]:
    """Returns the median, 95th and 99th percentile of times (n,) in milliseconds, linearly interpolated."""
    median, p95, p99 = (1000 * np.percentile(seconds, [50, 95, 99])).tolist()
    return median, p95, p99
