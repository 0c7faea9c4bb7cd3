"""What VOT's toolkits make of a run: the rules of each, and the overlaps and valid frames of repeated runs.

Sources: the VOT2017 report (Kristan et al., ICCVW 2017), MATLAB's vot-toolkit 5 that evaluated it (profile
`vot2017`), and the Python vot-toolkit 0.7.4 (profile `vot-toolkit`).
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry import rasterize
from benchmarks.geometry.rasterize import RasterRule, raster_overlap
from benchmarks.protocols.protocol import Code
from benchmarks.scoring.expected_overlap import FragmentRule
from benchmarks.scoring.metrics import ACCURACY, AVERAGE_OVERLAP, EAO, FAILURES, ROBUSTNESS, Metric
from benchmarks.scoring.profiles.profile import ScoringProfile
from trackers.errors import UserError
from trackers.tracker import Boxes

PROTOCOLS = ("supervised", "realtime", "unsupervised")
DATASETS = ("vot2017", "vot2018")
BURN_IN = 10
"""Frames from an initialisation on that accuracy leaves out: the tracker was told where the target is."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VOTProfile(ScoringProfile):
    """What a toolkit makes of overlaps and failures.

    Attributes:
        raster: how overlaps are to be measured.
        fragments: the rules of the expected average overlap.
        pooled: accuracy and average overlap are means over frames of all sequences, and every failure counts
            the same. Otherwise they and the number of failures are means over sequences, weighted by length.
        unsupervised_burn_in: frames that average overlap leaves out at the start; without any, the initial
            frame counts with overlap 0.
    """

    raster: RasterRule
    fragments: FragmentRule
    pooled: bool
    unsupervised_burn_in: int
    metrics: tuple[Metric, ...] = (ACCURACY, ROBUSTNESS, FAILURES, EAO, AVERAGE_OVERLAP)

    @property
    def main_metric(self) -> Metric:
        """Expected average overlap; for unsupervised runs, which have none, it is average overlap."""
        return EAO


VOT2017 = VOTProfile(
    name="vot2017",
    title="as the VOT2017 challenge: overlap in pixels, EAO over 100 to 356 frames",
    reference="MATLAB vot-toolkit 5 (Kristan et al.: The VOT2017 Challenge Results, ICCVW 2017)",
    differs="accuracy pools the frames of all sequences; a failure too late for a new start ends no fragment",
    protocols=PROTOCOLS,
    datasets=DATASETS,
    standard_for=DATASETS,
    raster=rasterize.VOT2017,
    # Five frames after a failure the tracker would start again; a failure in the last five is late.
    fragments=FragmentRule(late_frames=5, share=True, low=100, high=356, observed=False),
    pooled=True,
    unsupervised_burn_in=0,
)
VOT_TOOLKIT = VOTProfile(
    name="vot-toolkit",
    title="as the Python vot-toolkit 0.7.4: sequences weighted by length",
    reference="vot-toolkit 0.7.4, stack vot2017",
    differs="sequences weigh by length, every failure ends a fragment, regions are drawn by other rules",
    protocols=PROTOCOLS,
    datasets=DATASETS,
    raster=rasterize.VOT_TOOLKIT,
    # Its curve is indexed from 0, so the values that it takes for 100 to 356 are those of one frame more.
    fragments=FragmentRule(late_frames=0, share=False, low=101, high=357, observed=True),
    pooled=False,
    unsupervised_burn_in=BURN_IN,
)


@dataclass(frozen=True, eq=False)
class Repetitions:
    """A tracker's R supervised runs over one sequence of n frames.

    Attributes:
        sequence: its name.
        overlaps: shape (R, n), with the ground truth; not looked at in frames that were not tracked.
        codes: int8, shape (R, n), of `Code`.

    Raises:
        UserError: a run does not begin with an initialisation, or fails twice without one in between.
    """

    sequence: str
    overlaps: NDArray[np.float64]
    codes: NDArray[np.int8]

    def __post_init__(self) -> None:
        for number, codes in enumerate(self.codes, start=1):
            where = f"repetition {number} of sequence '{self.sequence}'"
            if codes[0] != Code.INITIALIZED:
                raise UserError(f"{where} does not begin with an initialisation; restore the result file")
            events = codes[(codes == Code.INITIALIZED) | (codes == Code.FAILED)]
            if ((events[1:] == Code.FAILED) & (events[:-1] == Code.FAILED)).any():
                raise UserError(
                    f"{where} fails twice without an initialisation in between; restore the result file"
                )


def measure_repetitions(
    sequence: str,
    runs: Items[tuple[Boxes, NDArray[np.int8]]],
    truth: Boxes,
    size: tuple[int, int],
    rules: VOTProfile,
) -> Repetitions:
    """Overlaps of a sequence's supervised runs. Runs that are identical are measured once.

    Args:
        sequence: its name.
        runs: at least one; regions, shape (n, 4) or (n, 8), NaN where there is none, and codes, shape (n,).
        truth: boxes, shape (n, 4), or polygons, shape (n, 8), as the ground truth's file has them.
        size: width and height of the images.
        rules: the toolkit's.

    Raises:
        UserError: a run has another number of frames than the ground truth, or codes that cannot be.
    """
    overlaps: list[NDArray[np.float64]] = []
    for number, (regions, _) in enumerate(runs, start=1):
        if len(regions) != len(truth):
            raise UserError(
                f"repetition {number} of sequence '{sequence}' has {len(regions)} frames where the ground "
                f"truth has {len(truth)}; run the sequence again or restore the result file"
            )
        first = next(i for i in range(number) if np.array_equal(runs[i][0], regions, equal_nan=True))
        known = first < number - 1
        overlaps.append(overlaps[first] if known else raster_overlap(regions, truth, size, rules.raster))
    return Repetitions(sequence, np.stack(overlaps), np.stack([codes for _, codes in runs]))


def frame_overlaps(run: Repetitions) -> NDArray[np.float64]:
    """Overlap per frame, averaged over the repetitions in which the frame is valid.

    Returns:
        Shape (n,); NaN where it is valid in none.
    """
    valid = valid_frames(run.codes)
    count = valid.sum(axis=0)
    total = np.where(valid, run.overlaps, 0).sum(axis=0)
    overlaps: NDArray[np.float64] = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return overlaps


def valid_frames(codes: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Frames that count for accuracy, shape (R, n): tracked, and not right after an initialisation."""
    valid: NDArray[np.bool_] = codes == Code.TRACKED
    for run, start in np.argwhere(codes == Code.INITIALIZED):
        valid[run, start : start + BURN_IN] = False
    return valid
