"""The interface of protocols: their runs over a sequence, each a generator of requests.

A run yields requests, receives predictions, and returns its trajectory at the end:

    requests = one_pass(sequence)
    request = next(requests)                      # Init(frame=0, box=...)
    request = requests.send(Prediction(...))      # Update(frame=1)

A protocol is independent of trackers, devices and files. The scheduler that drives it decides where and when
to execute requests: one sequence at a time, or many in lock-step.
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
    """Initialize the tracker with `box`, shape (4,), in frame `frame` (0-based)."""

    frame: int
    box: Boxes


@dataclass(frozen=True, slots=True)
class Update:
    """Locate the target in frame `frame` (0-based)."""

    frame: int


Request: TypeAlias = Init | Update


@dataclass(frozen=True, slots=True)
class Prediction:
    """A tracker's response to a request.

    Attributes:
        box: shape (4,); NaN if the tracker reports the target as absent; after `Init` the initial box. In
            protocols that are `rotated` it may be a rotated box, shape (8,): x1, y1 to x4, y4.
        seconds: the time that the tracker took.
        confidence: the tracker's confidence; None after `Init`, and if it reports none.
    """

    box: Boxes
    seconds: float
    confidence: float | None = None


class Code(IntEnum):
    """The state of a frame in a supervised run; the first three are the codes in VOT's result files."""

    SKIPPED = 0
    INITIALIZED = 1
    FAILED = 2
    TRACKED = 3


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The result of one run over one sequence.

    Attributes:
        boxes: shape (n, 4), or polygons (n, 8); NaN in frames without a region, and where the tracker
            reported the target as absent.
        seconds: shape (n,): the tracker's time; NaN where it is unknown or the tracker was not called.
        codes: int8, shape (n,), values of `Code`; only for supervised runs.
        start: the sequence's frame (0-based) of the first row.
        backward: whether the rows go back from `start` to frame 0, as in multi-start runs.
        confidences: shape (n,): the tracker's confidence; NaN where it reported none. None if the protocol
            does not keep them, or the tracker reported none in any frame.
    """

    boxes: Boxes
    seconds: NDArray[np.float64]
    codes: NDArray[np.int8] | None = None
    start: int = 0
    backward: bool = False
    confidences: NDArray[np.float64] | None = None

    def expected_rows(self, frames: int) -> int:
        """Returns how many rows a run from `start` has in a sequence of `frames` frames."""
        return self.start + 1 if self.backward else frames - self.start

    def in_frame_order(self) -> Trajectory:
        """Returns the trajectory with its rows in the order of the frames, `start` being the first one."""
        if not self.backward:
            return self
        return Trajectory(
            self.boxes[::-1],
            self.seconds[::-1],
            None if self.codes is None else self.codes[::-1],
            self.start + 1 - len(self.boxes),
            confidences=None if self.confidences is None else self.confidences[::-1],
        )


def stack_boxes(regions: Items[Boxes]) -> Boxes:
    """Stacks boxes, shape (4,), and rotated boxes, shape (8,).

    Returns:
        Shape (n, 4) if all are boxes, else (n, 8), where boxes are replaced by their corners.
    """
    if all(len(region) == 4 for region in regions):
        return np.array(regions, dtype=np.float64).reshape(-1, 4)
    return np.array([box_corners(region) for region in regions])


def stack_confidences(predictions: Items[Prediction]) -> NDArray[np.float64] | None:
    """Returns the confidences of predictions, shape (n,), NaN where there is none; None if there is none."""
    if all(prediction.confidence is None for prediction in predictions):
        return None
    return np.array([np.nan if one.confidence is None else one.confidence for one in predictions])


def timed_updates(trajectories: Iterable[Trajectory]) -> tuple[int, float]:
    """Returns the number of updates with a known time, without initializations, and their total seconds."""
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
        name: name on the command line and in the results folder: `"ope"`.
        title: name in figures: `"OPE"`.
        runs: returns the runs over a sequence, not started and independent of each other.
        repeat: default number of repetitions.
        can_stop: takes the trajectories of a repeated run so far; returns whether more would be identical.
        is_realtime: whether the tracker's speed determines which frames it receives.
        open_loop: whether requests do not depend on predictions, so that a request may be executed before the
            previous prediction is known.
        rotated: whether polygons and masks are kept as rotated boxes instead of upright bounding boxes.
        needs_truth: whether it needs ground truth beyond the first frame.
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
