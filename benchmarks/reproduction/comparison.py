"""How far the boxes of two runs over a sequence differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.geometry.overlap import iou
from benchmarks.protocols import Trajectory
from trackers.regions import bounding_box
from trackers.wording import counted


@dataclass(frozen=True)
class SequenceComparison:
    """The stored and the new boxes of one sequence, all repetitions or segments together.

    Attributes:
        same: whether the files of boxes are the same bytes.
        frames: number of boxes that were compared.
        differing: number of those that differ.
        first: the first frame (0-based) in which they differ; None if none does.
        max_difference: the largest difference of a coordinate in pixels where both runs have a box; None
            where there is nothing to compare.
        mean_iou: the mean overlap of the two, in [0, 1]; 1 where both report the target as absent, 0 where
            one does. None where there is nothing to compare.
        problem: why the sequence could not be compared in full, in a sentence; empty if it could.
    """

    same: bool
    frames: int = 0
    differing: int = 0
    first: int | None = None
    max_difference: float | None = None
    mean_iou: float | None = None
    problem: str = ""


def compare_trajectories(
    old: Sequence[Trajectory], new: Sequence[Trajectory], *, same: bool
) -> SequenceComparison:
    """Compares the boxes of two runs over a sequence, frame by frame.

    Args:
        old: the trajectories of one run, one per repetition or segment.
        new: those of the other.
        same: whether their files are the same bytes.
    """
    problem = "" if len(old) == len(new) else f"it was run {counted(len(new), 'time')}, not {len(old)}"
    overlaps: list[float] = []
    largest: list[float] = []
    differing: list[int] = []
    for stored, made in zip(old, new, strict=False):
        before, after = stored.in_frame_order(), made.in_frame_order()
        if before.start != after.start or before.boxes.shape[1] != after.boxes.shape[1]:
            problem = problem or "its runs start in other frames, or have regions of another kind"
            continue
        rows = min(len(before.boxes), len(after.boxes))
        if len(before.boxes) != len(after.boxes):
            problem = problem or f"a run has {counted(len(after.boxes), 'box')}, not {len(before.boxes)}"
        a, b = before.boxes[:rows], after.boxes[:rows]
        missing = np.isnan(a).any(axis=1), np.isnan(b).any(axis=1)
        difference = np.abs(a - b).max(axis=1, initial=0)
        changed = (difference > 0) | (missing[0] != missing[1])
        if before.codes is not None and after.codes is not None:
            changed |= before.codes[:rows] != after.codes[:rows]
        differing += (before.start + np.flatnonzero(changed)).tolist()
        largest += difference[~(missing[0] | missing[1])].tolist()
        equal = ~changed
        overlaps += np.where(equal, 1.0, iou(bounding_box(a), bounding_box(b))).tolist()
    return SequenceComparison(
        same=same,
        frames=len(overlaps),
        differing=len(differing),
        first=min(differing, default=None),
        max_difference=max(largest, default=None),
        mean_iou=float(np.mean(overlaps)) if overlaps else None,
        problem=problem,
    )
