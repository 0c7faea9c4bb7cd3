"""Which frames of a sequence the rows of a file belong to.

Most files have a row for each row of ground truth. Those that have not are put where they belong if that is
certain, with a sentence that says so, and refused otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.datasets.names import normalize_name
from benchmarks.store.formats.base import StoredRun
from trackers.errors import UserError
from trackers.tracker import Boxes

OMITTED = {("otb2015", "tiger1"): 5, ("otb2013", "tiger1"): 5, ("otb50", "tiger1"): 5}
"""Rows of the ground-truth file before the first frame that counts, by data set and sequence."""
SAME = 1.0
"""Pixels: a first box that is no further off is the one that the tracker was given, but for rounding."""
NEAR = 0.5
"""Sides of the target: a first box that is no further off is of the right frame, but for a resized image."""


class Alignment(NamedTuple):
    """Where rows belong: rows `rows` of the file, of which the first is frame `start` (0-based)."""

    rows: slice
    start: int
    note: str = ""


@dataclass(frozen=True)
class SequenceTruth:
    """The ground truth that a file is compared with.

    Attributes:
        dataset, sequence: whose it is.
        boxes: shape (N, 4), 0-based.
    """

    dataset: str
    sequence: str
    boxes: Boxes

    @property
    def _id(self) -> tuple[str, str]:
        return self.dataset, normalize_name(self.sequence)

    @property
    def omitted(self) -> int:
        """Rows of the ground-truth file before `boxes`."""
        return OMITTED.get(self._id, 0)


def align_whole_run(run: StoredRun, boxes: Boxes, truth: SequenceTruth, twice: bool = False) -> Alignment:
    """Places a run over a whole sequence.

    Args:
        run: what the file says.
        boxes: its regions, 0-based, shape (n, 4) or (n, 8).
        truth: where they may belong.
        twice: whether other files of the tracker seem to have the first frame twice; a row too many is
            then no last row, even in a sequence whose target rests in the first two frames.

    Raises:
        UserError: its rows are neither as many as those of ground truth, nor is it clear why not.
    """
    rows, frames = len(boxes), len(truth.boxes)
    name = truth.sequence
    if rows == frames:
        note = ""
        if run.codes is None and boxes.shape[1] == 4 and not _near(boxes, truth, 0):
            note = f"{name}: the first box is far from the ground truth's; the rows are paired from the first"
        elif truth.omitted:
            note = (
                f"{name}: the first box is at frame {truth.omitted + 1} of the ground-truth file, so the "
                f"{rows} rows are paired with its rows {truth.omitted + 1}-{truth.omitted + frames}"
            )
        return Alignment(slice(None), 0, note)
    if truth.omitted and rows == frames + truth.omitted:
        note = (
            f"{name}: the first {truth.omitted} of {rows} rows are dropped, the data set does not count them"
        )
        return Alignment(slice(truth.omitted, None), 0, note)
    if may_repeat_first_row(boxes, truth) or (twice and _starts_twice(boxes, truth)):
        raise UserError(
            f"{run.where}: {rows} boxes where {name} has {frames} frames; the first two are equal, so that "
            "the first frame may be there twice: remove the row that is too many"
        )
    if rows > frames and _near(boxes, truth, 0):
        # What trackers did that ran on to the end; every toolkit cuts such files.
        note = f"{name}: the last {rows - frames} of {rows} rows are dropped, they have no ground truth"
        return Alignment(slice(frames), 0, note)
    late = frames - rows
    if late > 0 and _distance(boxes, truth, late) <= SAME < _distance(boxes, truth, 0):
        note = f"{name}: the first box is that of frame {late + 1}, so the {rows} rows are paired from there"
        return Alignment(slice(None), late, note)
    if late > 0 and run.length == rows and _near(boxes, truth, 0):
        note = f"{name}: the file says that the run ends with frame {rows} of {frames}; it is kept as it is"
        return Alignment(slice(None), 0, note)
    raise _wrong_length(run, rows, frames, name)


def align_segment(run: StoredRun, boxes: Boxes, truth: SequenceTruth) -> Alignment:
    """Places a run that starts somewhere in a sequence and goes on to its end, as TRE's do.

    Raises:
        UserError: its first box is not near the ground truth's of any frame where it may start.
    """
    rows, frames = len(boxes), len(truth.boxes)
    starts = [frames - rows]
    if run.offset is not None:
        starts += [run.offset - truth.omitted, run.offset]
    starts = [start for start in starts if 0 <= start <= frames - rows]
    best = min(starts, key=lambda start: _distance(boxes, truth, start), default=None)
    if best is None or not _near(boxes, truth, best):
        raise _wrong_length(run, rows, frames, truth.sequence)
    return Alignment(slice(None), best)


def _distance(boxes: Boxes, truth: SequenceTruth, frame: int) -> float:
    """How far the first box is from the ground truth of `frame`: the largest difference in pixels."""
    difference = np.abs(boxes[0] - truth.boxes[frame]) if boxes.shape[1] == 4 else np.array([np.nan])
    return float(np.nan_to_num(difference, nan=np.inf).max())


def _near(boxes: Boxes, truth: SequenceTruth, frame: int) -> bool:
    side = float(np.sqrt(np.prod(np.maximum(truth.boxes[frame, 2:], 0.0))))
    return _distance(boxes, truth, frame) <= NEAR * side


def may_repeat_first_row(boxes: Boxes, truth: SequenceTruth) -> bool:
    """Whether the one row too many may be a second row of the first frame."""
    moved = len(truth.boxes) > 1 and not np.array_equal(truth.boxes[0], truth.boxes[1])
    return moved and _starts_twice(boxes, truth)


def _starts_twice(boxes: Boxes, truth: SequenceTruth) -> bool:
    return len(boxes) == len(truth.boxes) + 1 and np.array_equal(boxes[0], boxes[1])


def _wrong_length(run: StoredRun, rows: int, frames: int, name: str) -> UserError:
    return UserError(
        f"{run.where}: {rows} boxes where {name} has {frames} frames; the first box does not tell where they "
        "belong: take the whole file from its source or remove it"
    )
