"""Assigns the rows of VOT's multi-start runs to the frames of a sequence, by its anchors."""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np

from benchmarks.datasets import Sequence
from benchmarks.geometry.pixel_origin import to_zero_based
from benchmarks.protocols import Code, Trajectory
from benchmarks.protocols.multi_start import find_anchors
from benchmarks.store.formats.base import Origin, StoredRun
from benchmarks.store.formats.pixel_origin_detection import FIRST_PIXEL
from trackers.errors import UserError
from trackers.regions import box_corners
from trackers.tracker import Boxes
from trackers.wording import counted


def align_anchored_runs(runs: Items[StoredRun], sequence: Sequence, origin: Origin) -> list[Trajectory]:
    """Returns a trajectory for each anchor of a sequence, in the protocol's order.

    Args:
        runs: the stored runs; the offset of each is its anchor's frame.
        sequence: the sequence, with its anchors.
        origin: the number of the first pixel in the files.

    Raises:
        UserError: an anchor has no run, or a run has another number of rows than frames.
    """
    by_anchor = {run.offset: run for run in runs}
    trajectories = []
    for frame, backward in find_anchors(sequence):
        run = by_anchor.get(frame)
        if run is None:
            raise UserError(
                f"{runs[0].where}: beside it there is no run from the anchor in frame {frame} (0-based); "
                "run the tracker to the end, or download all files"
            )
        boxes = to_zero_based(run.boxes, FIRST_PIXEL[origin])
        if run.codes is not None and run.codes[0] == Code.INITIALIZED:
            boxes[0] = _given_region(sequence, frame, boxes.shape[1])
        seconds = np.full(len(boxes), np.nan) if run.seconds is None else run.seconds
        trajectory = Trajectory(boxes, seconds, None, frame, backward, run.confidences)
        if len(boxes) != (expected := trajectory.expected_rows(len(sequence.truth))):
            raise UserError(
                f"{run.where}: {counted(len(boxes), 'row')} for the {counted(expected, 'frame')} from its "
                f"anchor {'back to the first frame' if backward else 'to the end'}; download the file again"
            )
        trajectories.append(trajectory)
    return trajectories


def _given_region(sequence: Sequence, frame: int, numbers: int) -> Boxes:
    """Returns the region that a tracker was given in a frame, where VOT's files have a code instead of it.

    Args:
        sequence: the sequence.
        frame: the frame, 0-based.
        numbers: 4 for a box, 8 for a polygon.
    """
    regions = sequence.truth if numbers == 4 else sequence.regions
    region: Boxes = regions[frame]
    return region if numbers == 4 else box_corners(region)
