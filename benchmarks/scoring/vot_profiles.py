"""VOT's profiles: the scoring rules of its challenges and toolkits.

Sources: the VOT2017 report (Kristan et al., ICCVW 2017), MATLAB's vot-toolkit 5 that evaluated it (profile
`vot2017`), and the Python vot-toolkit 0.7.4 (profiles `vot-toolkit`, `vot2020` and `vot-lt`); the VOT2019
report (Kristan et al., ICCVW 2019) and pysot's toolkit, by which papers report VOT2019 (profile `vot2019`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.geometry import rasterize
from benchmarks.geometry.polygons import OverlapRule
from benchmarks.scoring.expected_overlap import FragmentRule
from benchmarks.scoring.metrics import (
    ACCURACY,
    AVERAGE_OVERLAP,
    EAO,
    F_SCORE,
    FAILURES,
    ROBUSTNESS,
    TRACKED_SHARE,
    TRACKING_PRECISION,
    TRACKING_RECALL,
    Metric,
)
from benchmarks.scoring.pairing import PairedResults
from benchmarks.scoring.profiles.profile import ScoringProfile
from benchmarks.scoring.vot_repetitions import BURN_IN
from benchmarks.scoring.vot_run_score import VOTRunScore, score_anchored, score_confident, score_vot

PROTOCOLS = ("supervised", "realtime", "unsupervised")
DATASETS = ("vot2017", "vot2018")
MULTI_START_DATASETS = ("vot2020", "vot2021", "vot2022")
LONG_TERM_DATASETS = ("vot2018-lt", "vot2019-lt")


@dataclass(frozen=True, eq=False, kw_only=True)
class ShortTermProfile(ScoringProfile):
    """What the profiles of VOT's short-term challenges share.

    Attributes:
        raster: how it measures overlaps.
        pooled: accuracy and average overlap are means over the frames of all sequences, and every failure
            counts the same. Otherwise they and the number of failures are means over sequences, weighted by
            length.
        unsupervised_burn_in: frames that average overlap leaves out at the start; if 0, the initial frame
            counts with overlap 0.
    """

    raster: OverlapRule
    pooled: bool
    unsupervised_burn_in: int

    @property
    def main_metric(self) -> Metric:
        """Expected average overlap. Unsupervised runs do not have it; theirs is average overlap."""
        return EAO


@dataclass(frozen=True, eq=False, kw_only=True)
class VOTProfile(ShortTermProfile):
    """How a VOT toolkit computes scores from overlaps and failures.

    Attributes:
        fragments: how it computes the expected average overlap.
    """

    fragments: FragmentRule
    metrics: tuple[Metric, ...] = (ACCURACY, ROBUSTNESS, FAILURES, EAO, AVERAGE_OVERLAP)

    def score(self, results: PairedResults) -> VOTRunScore:
        """Scores a supervised, realtime or unsupervised run; see `score_vot`."""
        return score_vot(results, self)


@dataclass(frozen=True, eq=False, kw_only=True)
class MultiStartProfile(ShortTermProfile):
    """How multi-start runs are scored; see `benchmarks.scoring.multi_start_score`.

    Attributes:
        grace: frames in a row with hardly any overlap that make a failure.
        threshold: the greatest overlap of such a frame.
        low, high: EAO is the mean of the curve from `low` to `high` - 1 frames.
    """

    grace: int
    threshold: float
    low: int
    high: int
    metrics: tuple[Metric, ...] = (ACCURACY, TRACKED_SHARE, EAO, AVERAGE_OVERLAP)

    def score(self, results: PairedResults) -> VOTRunScore:
        """Scores multi-start or unsupervised runs; see `score_anchored` and `score_vot`."""
        return score_anchored(results, self)


@dataclass(frozen=True, eq=False, kw_only=True)
class LongTermProfile(ScoringProfile):
    """How long-term runs are scored; see `benchmarks.scoring.long_term_score`.

    Attributes:
        raster: how overlaps are measured.
        resolution: the greatest number of thresholds of confidence.
    """

    raster: OverlapRule
    resolution: int
    metrics: tuple[Metric, ...] = (F_SCORE, TRACKING_PRECISION, TRACKING_RECALL)

    def score(self, results: PairedResults) -> VOTRunScore:
        """Scores long-term runs; see `score_confident`."""
        return score_confident(results, self)


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
VOT2019 = VOTProfile(
    name="vot2019",
    title="as VOT2019, by pysot's rule for fragments: EAO over 46 to 291 frames",
    reference="Kristan et al.: The VOT2019 Challenge Results (ICCVW 2019); pysot's toolkit",
    differs="a failure too late for a new start ends no fragment, as in pysot's toolkit",
    protocols=PROTOCOLS,
    datasets=("vot2019",),
    standard_for=("vot2019",),
    raster="exact",
    fragments=FragmentRule(late_frames=5, average_repetitions=True, low=46, high=291, observed=False),
    pooled=True,
    unsupervised_burn_in=0,
)
VOT2019_STRICT = replace(
    VOT2019,
    name="vot2019-strict",
    title="as vot2019, by the strict rule for fragments: every failure ends one",
    differs="every failure ends a fragment, also one too late for a new start",
    standard_for=(),
    fragments=replace(VOT2019.fragments, late_frames=0),
)
VOT2020 = MultiStartProfile(
    name="vot2020",
    title="as VOT2020 to VOT2022: accuracy, robustness, EAO of multi-start runs",
    reference="vot-toolkit 0.7.4, stacks vot2020/shortterm, vot2021/shortterm, vot2022/shorttermbox",
    differs="a run fails where the overlap is at most 0.1 for ten frames; EAO is over 115 to 754 frames",
    protocols=("multistart", "unsupervised"),
    datasets=MULTI_START_DATASETS,
    standard_for=MULTI_START_DATASETS,
    raster=rasterize.VOT_TOOLKIT,
    pooled=False,
    unsupervised_burn_in=1,
    grace=10,
    threshold=0.1,
    low=115,
    high=755,
)
VOT_LT = LongTermProfile(
    name="vot-lt",
    title="as VOT's long-term challenges: precision, recall and F-score over confidence",
    reference="vot-toolkit 0.7.4, stacks vot2018/longterm, vot2019/longterm",
    differs="frames count from a threshold of confidence on, the one with the greatest F-score",
    protocols=("long-term",),
    standard_for=LONG_TERM_DATASETS,
    raster=rasterize.VOT_TOOLKIT,
    resolution=100,
)
