"""What a protocol is: a generator that says what a tracker has to do next.

It yields requests and is sent the answers; when the sequence is over it returns the trajectory:

    requests = one_pass(sequence)
    request = next(requests)                      # Init(frame=0, box=...)
    request = requests.send(Prediction(...))      # Track(frame=1)

A protocol knows no tracker, no device and no file. Whoever drives it decides where and when requests are
carried out: one sequence at a time, or many in lock-step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.sequence import Sequence
from trackers.tracker import Boxes


@dataclass(frozen=True, slots=True)
class Init:
    """Start to follow what `box`, shape (4,), encloses in frame `frame` (0-based)."""

    frame: int
    box: Boxes


@dataclass(frozen=True, slots=True)
class Track:
    """Find the target in frame `frame` (0-based)."""

    frame: int


Request: TypeAlias = Init | Track


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to a request: the box, shape (4,) (for `Init`, the one given), and the seconds it took."""

    box: Boxes
    seconds: float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What one run over one sequence leaves: per frame a box, shape (n, 4), and seconds, shape (n,)."""

    boxes: Boxes
    seconds: NDArray[np.float64]


Protocol: TypeAlias = Callable[[Sequence], Generator[Request, Prediction, Trajectory]]
