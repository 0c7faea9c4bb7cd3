"""Finds where a tracker loses its target, and what the frames before show of the reason.

A target is lost from the first of at least `least` consecutive frames in which the overlap is below 0.1.
Frames in which the overlap is undefined (the target is absent, or has no ground truth) neither count nor
end it. In a supervised run each failure is one, since the tracker is initialized again.

What the frames between the last good one (overlap at least 0.5) and the first lost one show, with the
target's size as the square root of its area:

- `fast motion`: the target moved by more than half its size between two frames.
- `jump`: the prediction moved by more than half the target's size between two frames, and more than twice
  as far as the target.
- `wrong scale`: the last predicted box before the loss has less than half or more than twice the target's
  area.
- `absence`: the target was absent or had no ground truth there.
- `drift`: none of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Sequence as VideoSequence
from benchmarks.protocols import Code, Trajectory
from reports.page.series import frame_overlaps
from trackers.regions import bounding_box

LOST = 0.1
"""A target with an overlap below this is lost."""
LEAST = 10
"""Frames that a target must be lost for, by default."""
GOOD = 0.5
"""The overlap of a frame in which the target is tracked well."""
SIGNS = ("fast motion", "jump", "wrong scale", "absence", "drift")


@dataclass(frozen=True)
class Loss:
    """One time that a tracker loses its target.

    Attributes:
        first, last: the first and last lost frame (0-based).
        good: the last frame before with an overlap of at least 0.5; the first frame of the run without one.
        frames: number of lost frames in which the overlap is defined.
        recovered: whether the overlap is 0.1 or more in a later frame.
        signs: what the frames from `good` to `first` show; see the module.
    """

    first: int
    last: int
    good: int
    frames: int
    recovered: bool
    signs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class SequenceFailures:
    """What a tracker lost in a sequence.

    Attributes:
        sequence: its name.
        attributes: its attributes, and the tags of its frames.
        losses: the times that the target was lost, in the order of frames.
        lost: bool, shape (frames,): where it was.
        frames: number of frames in which the overlap is defined.
        tracked_overlap: mean overlap of those that were not lost; NaN if there are none.
        boxes: what the tracker predicted, shape (frames, 4); NaN where there is no box.
    """

    sequence: str
    attributes: tuple[str, ...]
    losses: tuple[Loss, ...]
    lost: NDArray[np.bool_]
    frames: int
    tracked_overlap: float
    boxes: NDArray[np.float64]

    @property
    def lost_frames(self) -> int:
        """The number of lost frames in which the overlap is defined."""
        return sum(loss.frames for loss in self.losses)

    @property
    def share(self) -> float:
        """The share of lost frames, in [0, 1]."""
        return self.lost_frames / self.frames if self.frames else 0.0


def lost_stretches(overlaps: NDArray[np.float64], least: int = LEAST) -> list[tuple[int, int, int]]:
    """Returns the stretches in which a target is lost: first row, last row, number of defined rows.

    Args:
        overlaps: shape (n,), in [0, 1], NaN where undefined.
        least: number of defined rows that a stretch must have.
    """
    defined = np.flatnonzero(~np.isnan(overlaps))
    low = np.concatenate([[False], overlaps[defined] < LOST, [False]])
    starts, ends = np.flatnonzero(~low[:-1] & low[1:]), np.flatnonzero(low[:-1] & ~low[1:])
    return [
        (int(defined[start]), int(defined[end - 1]), int(end - start))
        for start, end in zip(starts, ends, strict=True)
        if end - start >= least
    ]


def find_failures(
    sequence: VideoSequence, trajectories: Sequence[Trajectory], least: int = LEAST
) -> SequenceFailures:
    """Finds where a tracker loses the target of a sequence, in the first of its runs that go forward.

    Args:
        sequence: the ground truth.
        trajectories: the repetitions or segments.
        least: number of frames that a target must be lost for.
    """
    run = next((one for one in trajectories if not one.backward), trajectories[0].in_frame_order())
    overlaps = frame_overlaps(sequence, run)
    rows, start = len(overlaps), run.start
    boxes = bounding_box(run.boxes[:rows])
    truth = sequence.truth[start : start + rows]
    if run.codes is not None:
        stretches = [(int(row), int(row), 1) for row in np.flatnonzero(run.codes[:rows] == Code.FAILED)]
    else:
        stretches = lost_stretches(overlaps, least)
    losses = []
    lost = np.zeros(len(sequence.truth), dtype=np.bool_)
    for first, last, count in stretches:
        before = np.flatnonzero(overlaps[:first] >= GOOD)
        good = int(before[-1]) if len(before) else 0
        recovered = run.codes is not None or bool((overlaps[last + 1 :] >= LOST).any())
        window = slice(good, first + 1)
        signs = _signs(truth[window], boxes[window], np.isnan(overlaps[window]))
        losses.append(Loss(start + first, start + last, start + good, count, recovered, signs))
        lost[start + first : start + last + 1] = True
    tracked = overlaps[~lost[start : start + rows] & ~np.isnan(overlaps)]
    tags = tuple(tag for tag, frames in sequence.tags.items() if frames.any())
    everywhere = np.full((len(sequence.truth), 4), np.nan)
    everywhere[start : start + rows] = boxes
    return SequenceFailures(
        sequence=sequence.name,
        attributes=(*sequence.attributes, *tags),
        losses=tuple(losses),
        lost=lost,
        frames=int((~np.isnan(overlaps)).sum()),
        tracked_overlap=float(tracked.mean()) if len(tracked) else float("nan"),
        boxes=everywhere,
    )


def _signs(
    truth: NDArray[np.float64], boxes: NDArray[np.float64], undefined: NDArray[np.bool_]
) -> tuple[str, ...]:
    """Returns what a window of frames before a loss shows; see the module."""
    found = set()
    if undefined[1:].any():  # the first frame of a run is one of initialization
        found.add("absence")
    known = ~undefined & np.isfinite(truth).all(axis=1)
    size = np.sqrt(np.median(truth[known, 2] * truth[known, 3])) if known.any() else np.nan
    with np.errstate(invalid="ignore"):
        moved = _steps(np.where(known[:, None], truth, np.nan))
        predicted = _steps(boxes)
        if (moved > size / 2).any():
            found.add("fast motion")
        if ((predicted > size / 2) & (predicted > 2 * np.nan_to_num(moved))).any():
            found.add("jump")
        before = np.flatnonzero(known[:-1] & np.isfinite(boxes[:-1]).all(axis=1))
        if len(before):
            areas = [box[before[-1], 2] * box[before[-1], 3] for box in (boxes, truth)]
            if areas[1] > 0 and not 0.5 <= areas[0] / areas[1] <= 2:
                found.add("wrong scale")
    return tuple(sign for sign in SIGNS if sign in found) or ("drift",)


def _steps(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the distances between the centers of consecutive boxes, NaN where one is unknown."""
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    steps: NDArray[np.float64] = np.linalg.norm(np.diff(centers, axis=0), axis=1)
    return steps
