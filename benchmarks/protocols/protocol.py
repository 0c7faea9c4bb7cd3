"""What a protocol is: which runs it makes over a sequence, each a generator of requests.

A run yields requests and is sent the answers; when it is over it returns its trajectory:

    requests = one_pass(sequence)
    request = next(requests)                      # Init(frame=0, box=...)
    request = requests.send(Prediction(...))      # Update(frame=1)

A protocol knows no tracker, no device and no file. Whoever drives it decides where and when requests are
carried out: one sequence at a time, or many in lock-step.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from collections.abc import Sequence as Items
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.sequence import Sequence
from trackers.regions import box_corners
from trackers.tracker import Boxes


@dataclass(frozen=True, slots=True)
class Init:
    """Start to follow what `box`, shape (4,), encloses in frame `frame` (0-based)."""

    frame: int
    box: Boxes


@dataclass(frozen=True, slots=True)
class Update:
    """Find the target in frame `frame` (0-based)."""

    frame: int


Request: TypeAlias = Init | Update


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer to a request, and the seconds it took.

    Attributes:
        box: shape (4,), NaN where the target is said to be absent; for `Init` the one given. Of protocols
            that are `rotated` also a rotated box, shape (8,): x1, y1 to x4, y4.
        seconds: the tracker's time.
    """

    box: Boxes
    seconds: float


class Code(IntEnum):
    """What a frame of a supervised run is; the first three are the numbers in VOT's result files."""

    SKIPPED = 0
    INITIALIZED = 1
    FAILED = 2
    TRACKED = 3


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What one run over one sequence leaves.

    Attributes:
        boxes: shape (n, 4), or polygons (n, 8); NaN in frames without a region, and where the tracker said
            that the target is absent.
        seconds: shape (n,): the tracker's time; NaN where it is not known or was not asked.
        codes: int8, shape (n,), of `Code`, for supervised runs.
        start: the sequence's frame (0-based) that the first row belongs to.
    """

    boxes: Boxes
    seconds: NDArray[np.float64]
    codes: NDArray[np.int8] | None = None
    start: int = 0


def stack_boxes(regions: Items[Boxes]) -> Boxes:
    """Boxes, each of shape (4,), and rotated boxes, shape (8,), as one array.

    Returns:
        Shape (n, 4) if all are boxes, else (n, 8), of boxes their corners.
    """
    if all(len(region) == 4 for region in regions):
        return np.array(regions, dtype=np.float64).reshape(-1, 4)
    return np.array([box_corners(region) for region in regions])


def timed_updates(trajectories: Iterable[Trajectory]) -> tuple[int, float]:
    """How many updates (initialisations left out) have a time, and how many seconds they took together."""
    count, seconds = 0, 0.0
    for trajectory in trajectories:
        timed = np.isfinite(trajectory.seconds)
        if trajectory.codes is None:
            timed[0] = False
        else:
            timed &= (trajectory.codes != Code.INITIALIZED) & (trajectory.seconds > 0)
        count += int(timed.sum())
        seconds += float(trajectory.seconds[timed].sum())
    return count, seconds


ProtocolRun: TypeAlias = Generator[Request, Prediction, Trajectory]


def _never(trajectories: Items[Trajectory]) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True)
class Protocol:
    """How a tracker is run over a sequence.

    Attributes:
        name: what the command line and the results folder call it: `"ope"`.
        title: what a figure calls it: `"OPE"`.
        runs: the runs over a sequence, none of them started. Each is independent of the others.
        repeat: how often the runs are made unless the user says otherwise.
        can_stop: given the trajectories so far of a repeated run, whether further ones would be the same.
        is_realtime: whether it depends on the tracker's times which frames it is given.
        open_loop: whether its requests are the same whatever the answers are, so that one may be carried out
            before the answer to the one before is known.
        rotated: whether a tracker's polygons and masks count as rotated boxes; elsewhere the upright box
            around them does.
        needs_truth: whether it needs the target's place in more than the first frame.
    """

    name: str
    title: str
    runs: Callable[[Sequence], list[ProtocolRun]]
    repeat: int = 1
    can_stop: Callable[[Items[Trajectory]], bool] = _never
    is_realtime: bool = False
    open_loop: bool = False
    rotated: bool = False
    needs_truth: bool = False
