"""A sequence with its frames, ground truth and the trackers' regions, to be rendered as a video."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Frames, Sequence
from benchmarks.geometry.missing_boxes import valid_box_mask
from benchmarks.geometry.overlap import iou
from benchmarks.geometry.rasterize import raster_overlap
from benchmarks.protocols import Trajectory
from benchmarks.scoring.pairing import check_ground_truth
from benchmarks.store import RunResults
from trackers.errors import UserError
from trackers.tracker import Boxes
from trackers.video.drawing import Color
from trackers.wording import counted


@dataclass(frozen=True, eq=False)
class TrackOverlay:
    """A tracker's regions over a sequence of n frames.

    Attributes:
        tracker: the tracker's name.
        color: the color to draw it in.
        regions: boxes, shape (n, 4), or polygons, shape (n, 8); NaN where there is none.
        overlaps: IoU with the ground truth, shape (n,), in [0, 1]; NaN where one of the two is missing.
        label: its name in the legend; empty for the tracker's.
        highlight: whether it is drawn on top, in thick lines.
    """

    tracker: str
    color: Color
    regions: Boxes
    overlaps: NDArray[np.float64]
    label: str = ""
    highlight: bool = False


@dataclass(frozen=True, eq=False)
class TrackedSequence:
    """A sequence of n frames with the regions to draw.

    Attributes:
        name: the sequence's name.
        frames: its images.
        size: width and height of the images in pixels.
        truth: boxes, shape (n, 4), or polygons, shape (n, 8); NaN where the target is absent.
        tracks: the trackers in the order of drawing, the last one on top, highlighted ones above the others.
    """

    name: str
    frames: Frames
    size: tuple[int, int]
    truth: Boxes
    tracks: tuple[TrackOverlay, ...]


def read_tracked_sequence(
    dataset: Dataset, name: str, runs: Items[RunResults], colors: Items[Color]
) -> TrackedSequence:
    """Reads a sequence with its runs; leaves out runs without it.

    If a run has several trajectories of the sequence, the first is taken.

    Args:
        dataset: the data set.
        name: the sequence's name.
        runs: runs of trackers on the data set.
        colors: one color per run.

    Raises:
        UserError: frames are missing, none of the runs has the sequence, or a run used other ground truth.
    """
    sequence = dataset[name]
    frames = sequence.open_frames()
    if len(frames) != len(sequence.truth):
        rows = counted(len(sequence.truth), "row")
        raise UserError(f"{name} has {counted(len(frames), 'frame')} and {rows} of ground truth")
    height, width = frames[0].shape[:2]
    truth = _truth(sequence)
    tracks = []
    for run, color in zip(runs, colors, strict=True):
        if name in run.trajectories:
            check_ground_truth(run, dataset, sequence, allow_length_mismatch=run.imported)
            regions = _spread(run.trajectories[name][0], len(truth))
            tracks.append(
                TrackOverlay(run.tracker, color, regions, _overlaps(regions, truth, (width, height)))
            )
    if runs and not tracks:
        raise UserError(f"none of {', '.join(run.tracker for run in runs)} has results on sequence '{name}'")
    return TrackedSequence(name, frames, (width, height), truth, tuple(tracks))


def _truth(sequence: Sequence) -> Boxes:
    unseen = ~valid_box_mask(sequence.truth)
    if sequence.absent is not None:
        unseen |= sequence.absent
    truth = sequence.regions
    return np.where(unseen[:, None], np.nan, truth)


def _spread(trajectory: Trajectory, frames: int) -> Boxes:
    """Returns a region per frame of the sequence, NaN where the trajectory has none."""
    trajectory = trajectory.in_frame_order()
    regions = np.full((frames, trajectory.boxes.shape[1]), np.nan)
    known = trajectory.boxes[: frames - trajectory.start]
    regions[trajectory.start : trajectory.start + len(known)] = known
    return regions


def _overlaps(regions: Boxes, truth: Boxes, size: tuple[int, int]) -> NDArray[np.float64]:
    """Returns IoU: exact of boxes, counted in pixels as VOT does if one of the regions is a polygon."""
    upright = regions.shape[1] == truth.shape[1] == 4
    overlaps = iou(regions, truth) if upright else raster_overlap(regions, truth, size)
    known = np.isfinite(regions).all(axis=1) & np.isfinite(truth).all(axis=1)
    return np.where(known, overlaps, np.nan)
