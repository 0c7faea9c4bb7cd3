"""A tracker over time: overlap, center error and region of every frame of a sequence.

They do not depend on the profile: profiles differ in frames without a target. Of a sequence with several
runs (repetitions, TRE, SRE, multi-start), they describe the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Sequence
from benchmarks.geometry.missing_boxes import empty_box_mask
from benchmarks.geometry.overlap import center_error, iou
from benchmarks.geometry.rasterize import raster_overlap
from benchmarks.protocols import Code, Trajectory
from reports.page.pack import Json, error_bytes, overlap_bytes, packed, region_steps
from trackers.regions import axis_aligned_boxes
from trackers.tracker import Boxes


@dataclass(frozen=True, eq=False)
class Series:
    """A run over a sequence of n frames.

    Attributes:
        overlaps: uint8, shape (n,), encoded by `overlap_bytes`.
        errors: uint8, shape (n,), encoded by `error_bytes`.
        regions: int16, shape (n, 4) or (n, 8), encoded by `region_steps`.
        start: the frame (0-based) of the first row.
    """

    overlaps: NDArray[np.uint8]
    errors: NDArray[np.uint8]
    regions: NDArray[np.int16]
    start: int

    def data(self, regions: bool) -> Json:
        """Returns the page's data; regions only if it draws them."""
        content = {"start": self.start, "overlap": packed(self.overlaps), "error": packed(self.errors)}
        return content | regions_data(self.regions) if regions else content


def regions_data(steps: NDArray[np.int16]) -> Json:
    """Returns the page's data of regions, shape (n, 4) or (n, 8)."""
    return {"regions": packed(steps), "numbers": steps.shape[1]}


def measure_series(sequence: Sequence, trajectory: Trajectory, with_regions: bool = True) -> Series:
    """Compares a run with the ground truth, in the frames that both have.

    Overlap and error are undefined where the ground truth has no box or marks the target as absent, and
    where the tracker was not run (skipped and initialization frames). In the frame in which a supervised run
    fails, the overlap is 0.

    Args:
        sequence: the ground truth.
        trajectory: the run.
        with_regions: keep the regions, which are most of the bytes; only drawing on frames needs them.
    """
    trajectory = trajectory.in_frame_order()
    start = trajectory.start
    rows = min(len(trajectory.boxes), len(sequence.truth) - start)
    regions = trajectory.boxes[:rows]
    undefined = _undefined(sequence, trajectory, rows)
    errors = center_error(_boxes(regions), sequence.truth[start : start + rows])
    if trajectory.codes is not None:
        regions = np.where(_not_run(trajectory.codes[:rows])[:, None], np.nan, regions)
    return Series(
        overlap_bytes(frame_overlaps(sequence, trajectory)),
        error_bytes(np.where(undefined, np.nan, errors)),
        region_steps(regions if with_regions else regions[:0]),
        start,
    )


def frame_overlaps(sequence: Sequence, trajectory: Trajectory) -> NDArray[np.float64]:
    """Returns the overlap of each frame that run and ground truth have, NaN where it is undefined.

    See `measure_series` for where that is.

    Args:
        sequence: the ground truth.
        trajectory: the run.

    Returns:
        Shape (n,), in [0, 1], in the order of frames; the first row is frame `trajectory.start`, which is the
        last one of a run that goes back.
    """
    trajectory = trajectory.in_frame_order()
    start = trajectory.start
    rows = min(len(trajectory.boxes), len(sequence.truth) - start)
    overlaps = _overlaps(trajectory.boxes[:rows], sequence.regions[start : start + rows], sequence.size)
    return np.where(_undefined(sequence, trajectory, rows), np.nan, overlaps)


def _undefined(sequence: Sequence, trajectory: Trajectory, rows: int) -> NDArray[np.bool_]:
    """Returns where overlap and error are undefined, shape (rows,)."""
    part = slice(trajectory.start, trajectory.start + rows)
    undefined = empty_box_mask(sequence.truth[part])
    if sequence.absent is not None:
        undefined |= sequence.absent[part]
    if trajectory.codes is not None:
        undefined |= _not_run(trajectory.codes[:rows])
    return undefined


def _not_run(codes: NDArray[np.int8]) -> NDArray[np.bool_]:
    skipped: NDArray[np.bool_] = (codes == Code.SKIPPED) | (codes == Code.INITIALIZED)
    return skipped


def _overlaps(regions: Boxes, truth: Boxes, size: tuple[int, int] | None) -> NDArray[np.float64]:
    """Returns IoU: exact of boxes, counted in pixels as VOT does if one of the regions is rotated."""
    if regions.shape[1] == truth.shape[1] == 4:
        return iou(regions, truth)
    if size is None:
        return iou(_boxes(regions), _boxes(truth))
    return raster_overlap(regions, truth, size)


def _boxes(regions: Boxes) -> Boxes:
    return regions if regions.shape[1] == 4 else axis_aligned_boxes(regions)
