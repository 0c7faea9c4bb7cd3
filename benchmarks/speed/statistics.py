"""The figures of a measurement, from the times of its repetitions.

How sure a figure is cannot be told from single updates: they are autocorrelated (a clock that slows down, a
cache that was emptied and a hard stretch of video last for many of them), so that an interval over updates
would be far too narrow. Nor can it be told from passes within one process, which share the process's memory
layout and whatever its libraries decided when they were loaded. So the unit is a pass in a process of its
own, and the interval is Student's t over the means of such passes, as Georges, Buytaert and Eeckhout
recommend (Statistically Rigorous Java Performance Evaluation, OOPSLA 2007). Kalibera and Jones (Rigorous
Benchmarking in Reasonable Time, ISMM 2013) say why it is the outermost level that varies that has to be
repeated. What changes slowly over all passes (another program, heat) no interval can show; `machine` looks
for that. The interval is taken of the logarithm, so that it has the same width for times as for their
inverse, FPS, and never reaches zero.
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
    """What one pass over the sequences took, in seconds.

    Attributes:
        updates: shape (n,), of each update that counts.
        transport: shape (n,), how long frame and answer of each were under way.
        inits: shape (s,), of each initialisation.
    """

    updates: NDArray[np.float64]
    transport: NDArray[np.float64]
    inits: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: Sequence[Times]) -> Times:
        """The times of all parts, one after the other."""
        return cls(
            np.concatenate([part.updates for part in parts]),
            np.concatenate([part.transport for part in parts]),
            np.concatenate([part.inits for part in parts]),
        )


def frames_per_second(seconds: float, half: float | None) -> tuple[float, float | None, float | None]:
    """FPS with both ends of its interval.

    Args:
        seconds: mean seconds of an update.
        half: `half_width` of the interval, or None where there is none.
    """
    fps = 1 / seconds
    if half is None:
        return fps, None, None
    return fps, float(fps * np.exp(-half)), float(fps * np.exp(half))


def half_width(seconds: Sequence[float]) -> float | None:
    """Half the width of the 95 % interval of the logarithm of the mean time.

    Args:
        seconds: mean seconds of an update in each repetition, above 0.

    Returns:
        None for a single repetition, which says nothing of how others would come out.
    """
    if len(seconds) < 2:
        return None
    quantile = stdtrit(len(seconds) - 1, (1 + CONFIDENCE) / 2)
    return float(quantile * np.sqrt(variance_of_mean(seconds)))


def variance_of_mean(seconds: Sequence[float]) -> float:
    """Estimated variance of the mean of the logarithms of two or more times."""
    return float(np.log(seconds).var(ddof=1) / len(seconds))


def percentiles(seconds: NDArray[np.float64]) -> tuple[float, float, float]:
    """Median, 95th and 99th percentile of times (n,), in milliseconds; between two updates by proportion."""
    median, p95, p99 = (1000 * np.percentile(seconds, [50, 95, 99])).tolist()
    return median, p95, p99
