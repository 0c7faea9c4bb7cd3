"""Repeated supervised runs over a sequence: their overlaps, and the frames that count for accuracy."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.polygons import OverlapRule, region_overlap
from benchmarks.protocols.protocol import Code
from trackers.errors import UserError
from trackers.tracker import Boxes
from trackers.wording import counted

BURN_IN = 10
"""Frames from an initialization on that accuracy leaves out: the tracker was given the target's region."""


@dataclass(frozen=True, eq=False)
class Repetitions:
    """A tracker's R supervised runs over one sequence of n frames.

    Attributes:
        sequence: its name.
        overlaps: shape (R, n), with the ground truth; ignored in frames that were not tracked.
        codes: int8, shape (R, n), of `Code`.

    Raises:
        UserError: a run does not begin with an initialization, or fails twice without one in between.
    """

    sequence: str
    overlaps: NDArray[np.float64]
    codes: NDArray[np.int8]

    def __post_init__(self) -> None:
        for number, codes in enumerate(self.codes, start=1):
            where = f"repetition {number} of sequence '{self.sequence}'"
            if codes[0] != Code.INITIALIZED:
                raise UserError(f"{where} does not begin with an initialization; restore the result file")
            events = codes[(codes == Code.INITIALIZED) | (codes == Code.FAILED)]
            if ((events[1:] == Code.FAILED) & (events[:-1] == Code.FAILED)).any():
                raise UserError(
                    f"{where} fails twice without an initialization in between; restore the result file"
                )


def measure_repetitions(
    sequence: str,
    runs: Items[tuple[Boxes, NDArray[np.int8]]],
    truth: Boxes,
    size: tuple[int, int],
    raster: OverlapRule,
) -> Repetitions:
    """Measures the overlaps of a sequence's supervised runs; identical runs are measured once.

    Args:
        sequence: its name.
        runs: at least one: regions, shape (n, 4) or (n, 8), NaN for none, and codes, shape (n,).
        truth: boxes, shape (n, 4), or polygons, shape (n, 8), as the ground-truth file has them.
        size: width and height of the images.
        raster: how to measure overlaps.

    Raises:
        UserError: a run and the ground truth differ in the number of frames, or impossible codes.
    """
    overlaps: list[NDArray[np.float64]] = []
    for number, (regions, _) in enumerate(runs, start=1):
        if len(regions) != len(truth):
            raise UserError(
                f"repetition {number} of sequence '{sequence}' has {counted(len(regions), 'frame')}, but the "
                f"ground truth has {len(truth)}; run the sequence again or restore the result file"
            )
        first = next(i for i in range(number) if np.array_equal(runs[i][0], regions, equal_nan=True))
        known = first < number - 1
        overlaps.append(overlaps[first] if known else region_overlap(regions, truth, size, raster))
    return Repetitions(sequence, np.stack(overlaps), np.stack([codes for _, codes in runs]))


def frame_overlaps(run: Repetitions) -> NDArray[np.float64]:
    """Returns the overlap of each frame, averaged over the repetitions in which the frame is valid.

    Returns:
        Shape (n,); NaN for frames that are valid in none.
    """
    valid = valid_frames(run.codes)
    count = valid.sum(axis=0)
    total = np.where(valid, run.overlaps, 0).sum(axis=0)
    overlaps: NDArray[np.float64] = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return overlaps


def valid_frames(codes: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Returns the frames that count for accuracy, shape (R, n): tracked, and not in the burn-in."""
    valid: NDArray[np.bool_] = codes == Code.TRACKED
    for run, start in np.argwhere(codes == Code.INITIALIZED):
        valid[run, start : start + BURN_IN] = False
    return valid
