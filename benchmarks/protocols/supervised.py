"""VOT's supervised experiment: a tracker that lost its target is started again (Kristan et al., VOT2017).

The realtime experiment is the same with a clock: frames come at 20 per second, whether the tracker is ready
or not.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.geometry.overlap import iou
from benchmarks.geometry.rasterize import raster_overlap, rectangle_polygon
from benchmarks.protocols.protocol import Code, Init, Protocol, ProtocolRun, Trajectory, Update, stack_boxes
from trackers.regions import bounding_box
from trackers.tracker import Boxes

SKIP_AFTER_FAILURE = 5
"""From the failing frame to the next initialisation."""
REPETITIONS = 15
MIN_IDENTICAL = 3
"""So many identical repetitions show that a tracker is deterministic."""
FRAMES_PER_SECOND = 20.0
GRACE = 3
"""So many slow answers are grace_used after each initialisation, for what a tracker does when it warms up."""


@dataclass
class RealtimeClock:
    """Frames that arrive at a steady rate while a tracker is busy.

    An answer that took longer than one interval leaves the tracker behind by the rest, and it misses frames
    until it has caught up to within an interval. The first `GRACE` slow answers do not count.
    """

    interval: float
    lag: float = 0.0
    grace_used: int = 0

    def restart(self, seconds: float) -> None:
        """The tracker was initialised, which took `seconds`."""
        self.grace_used = 0
        self.answered(seconds)

    def answered(self, seconds: float) -> None:
        """The tracker answered a frame after `seconds`."""
        late = seconds - self.interval
        if late > 0 and self.grace_used < GRACE:
            self.grace_used += 1
            late = 0.0
        self.lag = max(late, 0.0)

    def drops_frame(self) -> bool:
        """Whether the tracker is still busy when the next frame arrives."""
        if self.lag <= self.interval:
            return False
        self.lag -= self.interval
        return True


def supervised(sequence: Sequence, clock: RealtimeClock | None = None) -> ProtocolRun:
    """Initialises a tracker and starts it again five frames after each frame that it does not overlap.

    Args:
        sequence: what to track. Overlap is that of rasterised regions where its images' size is known, and
            of continuous boxes elsewhere.
        clock: how frames arrive; without one they wait for the tracker. A frame that the tracker misses
            gets its last region, at no cost in time.

    Returns:
        The trajectory with codes: boxes are NaN in frames that were skipped, in which the tracker was
        initialised, or in which it failed.
    """
    length = len(sequence.truth)
    regions, seconds = [np.full(4, np.nan)] * length, np.zeros(length)
    codes = np.full(length, Code.SKIPPED, dtype=np.int8)
    frame = 0
    while frame < length:
        answer = yield Init(frame, sequence.truth[frame])
        codes[frame], seconds[frame] = Code.INITIALIZED, answer.seconds
        if clock:
            clock.restart(answer.seconds)
        frame += 1
        while frame < length:
            if not (clock and clock.drops_frame()):
                answer = yield Update(frame)
                seconds[frame] = answer.seconds
                if clock:
                    clock.answered(answer.seconds)
            if not _overlaps(sequence, frame, answer.box):
                codes[frame] = Code.FAILED
                frame += SKIP_AFTER_FAILURE
                break
            codes[frame], regions[frame] = Code.TRACKED, answer.box
            frame += 1
    return Trajectory(stack_boxes(regions), seconds, codes)


def _overlaps(sequence: Sequence, frame: int, box: Boxes) -> bool:
    if np.isnan(box).all():  # the tracker says that there is no target
        return False
    here = slice(frame, frame + 1)
    if sequence.size is None:
        return bool(iou(bounding_box(box), sequence.truth[frame]) > 0)
    region = rectangle_polygon(box[None]) if len(box) == 4 else box[None]
    truth = rectangle_polygon(sequence.truth[here]) if sequence.polygons is None else sequence.polygons[here]
    return bool(raster_overlap(region, truth, sequence.size)[0] > 0)


def _alike(trajectories: Items[Trajectory]) -> bool:
    """Whether there are enough repetitions and all of them are the same."""
    first = trajectories[0].boxes
    return len(trajectories) >= MIN_IDENTICAL and all(
        np.array_equal(first, other.boxes, equal_nan=True) for other in trajectories[1:]
    )


SUPERVISED = Protocol(
    "supervised",
    "supervised",
    lambda sequence: [supervised(sequence)],
    repeat=REPETITIONS,
    can_stop=_alike,
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
