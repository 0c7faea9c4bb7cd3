"""The profiles `vot2017` and `vot-toolkit`: the scoring rules of VOT's two toolkits.

Sources: the VOT2017 report (Kristan et al., ICCVW 2017), MATLAB's vot-toolkit 5 that evaluated it (profile
`vot2017`), and the Python vot-toolkit 0.7.4 (profile `vot-toolkit`).
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.geometry import rasterize
from benchmarks.geometry.rasterize import RasterRule
from benchmarks.scoring.expected_overlap import FragmentRule
from benchmarks.scoring.metrics import ACCURACY, AVERAGE_OVERLAP, EAO, FAILURES, ROBUSTNESS, Metric
from benchmarks.scoring.pairing import PairedResults
from benchmarks.scoring.profiles.profile import ScoringProfile
from benchmarks.scoring.vot_repetitions import BURN_IN
from benchmarks.scoring.vot_run_score import VOTRunScore, score_vot

PROTOCOLS = ("supervised", "realtime", "unsupervised")
DATASETS = ("vot2017", "vot2018")


@dataclass(frozen=True, eq=False, kw_only=True)
class VOTProfile(ScoringProfile):
    """How a VOT toolkit computes scores from overlaps and failures.

    Attributes:
        raster: how it measures overlaps.
        fragments: how it computes the expected average overlap.
        pooled: accuracy and average overlap are means over the frames of all sequences, and every failure
            counts the same. Otherwise they and the number of failures are means over sequences, weighted by
            length.
        unsupervised_burn_in: frames that average overlap leaves out at the start; if 0, the initial frame
            counts with overlap 0.
    """

    raster: RasterRule
    fragments: FragmentRule
    pooled: bool
    unsupervised_burn_in: int
    metrics: tuple[Metric, ...] = (ACCURACY, ROBUSTNESS, FAILURES, EAO, AVERAGE_OVERLAP)

    @property
    def main_metric(self) -> Metric:
        """Expected average overlap. Unsupervised runs do not have it; theirs is average overlap."""
        return EAO

    def score(self, results: PairedResults) -> VOTRunScore:
        """Scores a supervised, realtime or unsupervised run; see `score_vot`."""
        return score_vot(results, self)


VOT2017 = VOTProfile(
    name="vot2017",
    title="as the VOT2017 challenge: overlap in pixels, EAO over 100 to 356 frames",
    reference="MATLAB vot-toolkit 5 (Kristan et al.: The VOT2017 Challenge Results, ICCVW 2017)",
    differs="accuracy pools the frames of all sequences; a failure too late for a new start ends no fragment",
    protocols=PROTOCOLS,
    datasets=DATASETS,
    standard_for=DATASETS,
    raster=rasterize.VOT2017,
    # The tracker would start again five frames after a failure; a failure in the last five is late.
    fragments=FragmentRule(late_frames=5, average_repetitions=True, low=100, high=356, observed=False),
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
    fragments=FragmentRule(late_frames=0, average_repetitions=False, low=101, high=357, observed=True),
    pooled=False,
    unsupervised_burn_in=BURN_IN,
)
