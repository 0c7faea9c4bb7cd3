"""Assigns the rows of a result file to the frames of a sequence.

Most files have one row for each row of ground truth. Other files are aligned where their place is certain,
with a note that says so, and refused otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.store.formats.base import StoredRun
from trackers.errors import UserError
from trackers.tracker import Boxes
from trackers.wording import agree, counted

OMITTED = {("otb2015", "tiger1"): 5, ("otb2013", "tiger1"): 5, ("otb50", "tiger1"): 5}
"""Rows of the ground-truth file before the first evaluated frame, by data set and sequence."""
SAME = 1.0
"""Pixels: first boxes within this distance count as the initial box (differences are rounding)."""
NEAR = 0.5
"""Sides of the target: first boxes within this distance belong to the frame, in a resized image as well."""


class Alignment(NamedTuple):
    """The place of a file's rows: `rows` of the file belong to the frames from `start` (0-based) on."""

    rows: slice
    start: int
    note: str = ""


@dataclass(frozen=True)
class SequenceTruth:
    """The ground truth with which a file is compared.

    Attributes:
        dataset, sequence: their names.
        boxes: shape (N, 4), 0-based.
        may_end_early: whether the data set's own evaluation takes results that end early.
    """

    dataset: str
    sequence: str
    boxes: Boxes
    may_end_early: bool = False

    @property
    def omitted(self) -> int:
        """Rows of the ground-truth file before `boxes`."""
        return OMITTED.get((self.dataset, normalize_name(self.sequence)), 0)


def align_whole_run(
    run: StoredRun, boxes: Boxes, truth: SequenceTruth, repeats_first_row: bool = False
) -> Alignment:
    """Aligns a run over a whole sequence.

    Args:
        run: the run as stored in the file.
        boxes: its regions, 0-based, shape (n, 4) or (n, 8).
        truth: the ground truth of the sequence.
        repeats_first_row: whether other files of the tracker seem to repeat their first row; then an extra
            row is not cut off at the end, even in a sequence whose target rests in the first two frames.

    Raises:
        UserError: the number of rows is not that of the ground truth, and the reason is not clear.
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
                f"{counted(rows, 'row')} {agree(rows, 'is', 'are')} paired with its rows "
                f"{truth.omitted + 1}-{truth.omitted + frames}"
            )
        return Alignment(slice(None), 0, note)
    if truth.omitted and rows == frames + truth.omitted:
        note = (
            f"{name}: everything before row {truth.omitted + 1} of {rows} is dropped, the data set does not "
            "count it"
        )
        return Alignment(slice(truth.omitted, None), 0, note)
    if may_repeat_first_row(boxes, truth) or (repeats_first_row and _has_equal_extra_row(boxes, truth)):
        raise UserError(
            f"{run.where}: {counted(rows, 'box')} where {name} has {counted(frames, 'frame')}; the first two "
            "are equal, so that the first frame may be there twice: remove the extra row"
        )
    if rows > frames and _near(boxes, truth, 0):
        # Trackers that ran on to the last image; every toolkit cuts such files.
        note = f"{name}: everything after row {frames} of {rows} is dropped, it has no ground truth"
        return Alignment(slice(frames), 0, note)
    missing = frames - rows
    if missing > 0 and _distance(boxes, truth, missing) <= SAME < _distance(boxes, truth, 0):
        paired = f"{counted(rows, 'row')} {agree(rows, 'is', 'are')} paired"
        note = f"{name}: the first box is that of frame {missing + 1}, so the {paired} from there"
        return Alignment(slice(None), missing, note)
    if missing > 0 and run.length == rows and _near(boxes, truth, 0):
        note = f"{name}: the file says that the run ends with frame {rows} of {frames}; it is kept as it is"
        return Alignment(slice(None), 0, note)
    if missing > 0 and truth.may_end_early and _near(boxes, truth, 0):
        note = f"{name}: there is no box after frame {rows} of {frames}; frames without one are misses"
        return Alignment(slice(None), 0, note)
    raise _wrong_length(run, rows, frames, name)


def align_segment(run: StoredRun, boxes: Boxes, truth: SequenceTruth) -> Alignment:
    """Aligns a run from any frame of a sequence to its end, as in TRE.

    Raises:
        UserError: the first box is not near the ground truth in any frame where the run may start.
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


def may_repeat_first_row(boxes: Boxes, truth: SequenceTruth) -> bool:
    """Whether there is one extra row, and it may repeat the first frame, in which the target moves."""
    moves = len(truth.boxes) > 1 and not np.array_equal(truth.boxes[0], truth.boxes[1])
    return moves and _has_equal_extra_row(boxes, truth)


def _has_equal_extra_row(boxes: Boxes, truth: SequenceTruth) -> bool:
    return len(boxes) == len(truth.boxes) + 1 and np.array_equal(boxes[0], boxes[1])


def _distance(boxes: Boxes, truth: SequenceTruth, frame: int) -> float:
    """Returns the largest difference in pixels between the first box and the ground truth of `frame`."""
    difference = np.abs(boxes[0] - truth.boxes[frame]) if boxes.shape[1] == 4 else np.array([np.nan])
    return float(np.nan_to_num(difference, nan=np.inf).max())


def _near(boxes: Boxes, truth: SequenceTruth, frame: int) -> bool:
    side = float(np.sqrt(np.prod(np.maximum(truth.boxes[frame, 2:], 0.0))))
    return _distance(boxes, truth, frame) <= NEAR * side


def _wrong_length(run: StoredRun, rows: int, frames: int, name: str) -> UserError:
    return UserError(
        f"{run.where}: {counted(rows, 'box')} where {name} has {counted(frames, 'frame')}; the first box "
        "does not show which frames they belong to: download the whole file again or remove it"
    )
