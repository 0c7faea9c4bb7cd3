"""VOT's supervised experiment: a tracker is reinitialized after each failure (Kristan et al., VOT2017).

The realtime experiment adds a clock: frames arrive at 20 per second, whether the tracker is ready or not.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.geometry.overlap import iou
from benchmarks.geometry.rasterize import raster_overlap
from benchmarks.protocols.protocol import Code, Init, Protocol, ProtocolRun, Trajectory, Update, stack_boxes
from trackers.regions import bounding_box
from trackers.tracker import Boxes

SKIP_AFTER_FAILURE = 5
"""Frames from a failure to the next initialization."""
REPETITIONS = 15
MIN_IDENTICAL = 3
"""Identical repetitions that prove a tracker deterministic."""
FRAMES_PER_SECOND = 20.0
GRACE = 3
"""Slow predictions that are excused after each initialization, while the tracker warms up."""


@dataclass
class RealtimeClock:
    """Simulates frames that arrive at a constant rate while a tracker is busy.

    If a prediction takes longer than one interval, the excess becomes lag, and frames are dropped until the
    lag is at most one interval. The first `GRACE` slow predictions after an initialization are excused.

    Attributes:
        interval: seconds between frames.
        lag: seconds by which the tracker is late.
        grace_used: number of predictions excused since the last initialization.
    """

    interval: float
    lag: float = 0.0
    grace_used: int = 0

    def record_initialization(self, seconds: float) -> None:
        """Records an initialization that took `seconds`."""
        self.grace_used = 0
        self.record_prediction(seconds)

    def record_prediction(self, seconds: float) -> None:
        """Records a prediction that took `seconds`."""
        excess = seconds - self.interval
        if excess > 0 and self.grace_used < GRACE:
            self.grace_used += 1
            excess = 0.0
        self.lag = max(excess, 0.0)

    def drops_frame(self) -> bool:
        """Returns whether the tracker is still busy when the next frame arrives."""
        if self.lag <= self.interval:
            return False
        self.lag -= self.interval
        return True


def supervised(sequence: Sequence, clock: RealtimeClock | None = None) -> ProtocolRun:
    """Initializes a tracker, and again five frames after each frame without overlap.

    Args:
        sequence: the sequence to track. Overlap is measured on rasterized regions if the images' size is
            known, otherwise on continuous boxes.
        clock: the arrival of frames; without one, frames wait for the tracker. A dropped frame gets the
            tracker's last region and no time.

    Returns:
        The trajectory with codes. Boxes are NaN in skipped frames and in those of an initialization or a
        failure.
    """
    length = len(sequence.truth)
    regions, seconds = [np.full(4, np.nan)] * length, np.zeros(length)
    codes = np.full(length, Code.SKIPPED, dtype=np.int8)
    frame = 0
    while frame < length:
        prediction = yield Init(frame, sequence.truth[frame])
        codes[frame], seconds[frame] = Code.INITIALIZED, prediction.seconds
        if clock:
            clock.record_initialization(prediction.seconds)
        frame += 1
        while frame < length:
            if not (clock and clock.drops_frame()):
                prediction = yield Update(frame)
                seconds[frame] = prediction.seconds
                if clock:
                    clock.record_prediction(prediction.seconds)
            if not _overlaps(sequence, frame, prediction.box):
                codes[frame] = Code.FAILED
                frame += SKIP_AFTER_FAILURE
                break
            codes[frame], regions[frame] = Code.TRACKED, prediction.box
            frame += 1
    return Trajectory(stack_boxes(regions), seconds, codes)


def _overlaps(sequence: Sequence, frame: int, box: Boxes) -> bool:
    if np.isnan(box).all():  # the target is reported as absent
        return False
    if sequence.size is None:
        return bool(iou(bounding_box(box), sequence.truth[frame]) > 0)
    return bool(raster_overlap(box[None], sequence.regions[frame, None], sequence.size)[0] > 0)


def _are_identical(trajectories: Items[Trajectory]) -> bool:
    """Returns whether there are at least `MIN_IDENTICAL` repetitions and all are the same."""
    first = trajectories[0].boxes
    return len(trajectories) >= MIN_IDENTICAL and all(
        np.array_equal(first, other.boxes, equal_nan=True) for other in trajectories[1:]
    )


SUPERVISED = Protocol(
    "supervised",
    "supervised",
    lambda sequence: [supervised(sequence)],
    repeat=REPETITIONS,
    can_stop=_are_identical,
    rotated=True,
    needs_truth=True,
)
REALTIME = Protocol(
    "realtime",
    "realtime",
    lambda sequence: [supervised(sequence, RealtimeClock(1 / FRAMES_PER_SECOND))],
    is_realtime=True,
    rotated=True,
    needs_truth=True,
)
