"""How a tracker did over time: overlap, centre error and region of every frame of a sequence.

They are of the boxes as they are, whatever the profile; profiles differ in frames without a target. Where a
sequence was run several times (repetitions, TRE, SRE), they are of the first run.
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
    """One run over a sequence, frame by frame.

    Attributes:
        overlaps: uint8, shape (n,), as `overlap_bytes` makes them.
        errors: uint8, shape (n,), as `error_bytes` makes them.
        regions: int16, shape (n, 4) or (n, 8), as `region_steps` makes them.
        start: the frame (0-based) that the first row belongs to.
    """

    overlaps: NDArray[np.uint8]
    errors: NDArray[np.uint8]
    regions: NDArray[np.int16]
    start: int

    def data(self, regions: bool) -> Json:
        """What the page gets: regions only where it draws them."""
        content = {"start": self.start, "overlap": packed(self.overlaps), "error": packed(self.errors)}
        return content | regions_data(self.regions) if regions else content


def regions_data(steps: NDArray[np.int16]) -> Json:
    """Regions, shape (n, numbers), for the page to draw."""
    return {"regions": packed(steps), "numbers": steps.shape[1]}


def truth_regions(sequence: Sequence) -> Boxes:
    """The ground truth as it is drawn: boxes, shape (n, 4), or polygons, shape (n, 8)."""
    return sequence.regions


def measure_series(sequence: Sequence, trajectory: Trajectory, with_regions: bool = True) -> Series:
    """Compares a run with the ground truth; frames that only one of them has are left out.

    Without regions, which are most of the bytes, nothing can be drawn on frames.

    There is no overlap where the ground truth has no box or says that the target is absent, nor where a
    tracker was not asked. In the frame in which a supervised run fails it is 0.
    """
    start = trajectory.start
    rows = min(len(trajectory.boxes), len(sequence.truth) - start)
    regions, truth = trajectory.boxes[:rows], truth_regions(sequence)[start : start + rows]
    nothing = empty_box_mask(sequence.truth[start : start + rows])
    if sequence.absent is not None:
        nothing |= sequence.absent[start : start + rows]
    overlaps = _overlaps(regions, truth, sequence.size)
    errors = center_error(_boxes(regions), sequence.truth[start : start + rows])
    if trajectory.codes is not None:
        codes = trajectory.codes[:rows]
        unasked = (codes == Code.SKIPPED) | (codes == Code.INITIALIZED)
        nothing |= unasked
        regions = np.where(unasked[:, None], np.nan, regions)
    return Series(
        overlap_bytes(np.where(nothing, np.nan, overlaps)),
        error_bytes(np.where(nothing, np.nan, errors)),
        region_steps(regions if with_regions else regions[:0]),
        start,
    )


def _overlaps(regions: Boxes, truth: Boxes, size: tuple[int, int] | None) -> NDArray[np.float64]:
    """Overlap of boxes; that of rotated regions is counted in pixels, as VOT does."""
    if regions.shape[1] == truth.shape[1] == 4:
        return iou(regions, truth)
    if size is None:
        return iou(_boxes(regions), _boxes(truth))
    return raster_overlap(regions, truth, size)


def _boxes(regions: Boxes) -> Boxes:
    return regions if regions.shape[1] == 4 else axis_aligned_boxes(regions)
