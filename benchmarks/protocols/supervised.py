"""VOT's supervised experiment: a tracker that lost its target is started again (Kristan et al., VOT2017).

The realtime experiment is the same with a clock: frames come at 20 per second, whether the tracker is ready
or not.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols.protocol import Code, Init, Protocol, Run, Track, Trajectory, stacked
from benchmarks.scoring.overlap import iou
from benchmarks.scoring.rasterize import raster_overlap, rectangle_polygon
from trackers.regions import bounds
from trackers.tracker import Boxes

SKIP = 5
"""From the failing frame to the next initialisation."""
REPETITIONS = 15
ALIKE = 3
"""So many identical repetitions show that a tracker is deterministic."""
FRAMES_PER_SECOND = 20.0
GRACE = 3
"""So many slow answers are forgiven after each initialisation, for what a tracker does when it warms up."""


@dataclass
class Stream:
    """Frames that arrive at a steady rate while a tracker is busy.

    An answer that took longer than one interval leaves the tracker behind by the rest, and it misses frames
    until it has caught up to within an interval. The first `GRACE` slow answers do not count.
    """

    interval: float
    behind: float = 0.0
    forgiven: int = 0

    def restart(self, seconds: float) -> None:
        """The tracker was initialised, which took `seconds`."""
        self.forgiven = 0
        self.answered(seconds)

    def answered(self, seconds: float) -> None:
        """The tracker answered a frame after `seconds`."""
        late = seconds - self.interval
        if late > 0 and self.forgiven < GRACE:
            self.forgiven += 1
            late = 0.0
        self.behind = max(late, 0.0)

    def misses(self) -> bool:
        """Whether the tracker is still busy when the next frame arrives."""
        if self.behind <= self.interval:
            return False
        self.behind -= self.interval
        return True


def supervised(sequence: Sequence, stream: Stream | None = None) -> Run:
    """Initialises a tracker and starts it again five frames after each frame that it does not overlap.

    Args:
        sequence: what to track. Overlap is that of rasterised regions where its images' size is known, and
            of continuous boxes elsewhere.
        stream: how frames arrive; without one they wait for the tracker. A frame that the tracker misses
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
        if stream:
            stream.restart(answer.seconds)
        frame += 1
        while frame < length:
            if not (stream and stream.misses()):
                answer = yield Track(frame)
                seconds[frame] = answer.seconds
                if stream:
                    stream.answered(answer.seconds)
            if not _overlaps(sequence, frame, answer.box):
                codes[frame] = Code.FAILED
                frame += SKIP
                break
            codes[frame], regions[frame] = Code.TRACKED, answer.box
            frame += 1
    return Trajectory(stacked(regions), seconds, codes)


def _overlaps(sequence: Sequence, frame: int, box: Boxes) -> bool:
    if np.isnan(box).all():  # the tracker says that there is no target
        return False
    here = slice(frame, frame + 1)
    if sequence.size is None:
        upright = box if len(box) == 4 else bounds(box)
        return bool(iou(upright, sequence.truth[frame]) > 0)
    region = rectangle_polygon(box[None]) if len(box) == 4 else box[None]
    truth = rectangle_polygon(sequence.truth[here]) if sequence.polygons is None else sequence.polygons[here]
    return bool(raster_overlap(region, truth, sequence.size)[0] > 0)


def _alike(trajectories: Items[Trajectory]) -> bool:
    """Whether there are enough repetitions and all of them are the same."""
    first = trajectories[0].boxes
    return len(trajectories) >= ALIKE and all(
        np.array_equal(first, other.boxes, equal_nan=True) for other in trajectories[1:]
    )


SUPERVISED = Protocol(
    "supervised",
    "supervised",
    lambda sequence: [supervised(sequence)],
    repeat=REPETITIONS,
    enough=_alike,
    rotated=True,
    needs_truth=True,
)
REALTIME = Protocol(
    "realtime",
    "realtime",
    lambda sequence: [supervised(sequence, Stream(1 / FRAMES_PER_SECOND))],
    timed=True,
    rotated=True,
    needs_truth=True,
)
