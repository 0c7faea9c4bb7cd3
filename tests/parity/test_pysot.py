"""Profile `pysot` against pysot's own evaluation of the same boxes.

The stored scores are what `OPEBenchmark` of github.com/STVIR/pysot (toolkit/evaluation/ope_benchmark.py and
toolkit/utils/statistics.py, commit d04028f) gives for the boxes and ground truth in `../shared`, both in the
numbers of the files: DaSiamRPN on ten sequences of OTB2015, four of them with frames without a box, and ATOM
on nine of LaSOT, with absent frames and with empty boxes in frames that are not called absent.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import PYSOT

# Success AUC, precision at 20 pixels, normalized precision at 0.20.
OTB2015 = {
    "Basketball": (0.6773727, 0.9779310, 0.9062069),
    "Biker": (0.3192488, 0.4859155, 0.4295775),
    "Board": (0.4580434, 0.3724928, 0.6404011),
    "Bolt": (0.7208163, 1.0000000, 0.9028571),
    "Crowds": (0.6786057, 1.0000000, 0.7838617),
    "David": (0.6759681, 1.0000000, 0.8598726),
    "Deer": (0.6492287, 0.9577465, 0.8169014),
    "Jogging.1": (0.6547231, 0.9869707, 0.9609121),
    "Tiger1": (0.6779915, 0.8595989, 0.7679083),
    "Twinnings": (0.6410412, 0.9915254, 0.8283898),
}
LASOT = {
    "airplane-1": (0.4568901, 0.2625538, 0.2582496),
    "goldfish-10": (0.1030074, 0.0267762, 0.1163870),
    "helmet-13": (0.3880624, 0.3114386, 0.4620314),
    "horse-15": (0.0476591, 0.0458561, 0.0504838),
    "licenseplate-15": (0.3963529, 0.3998647, 0.4546685),
    "lion-5": (0.1108780, 0.1370869, 0.1297430),
    "microphone-16": (0.4973545, 0.5615243, 0.5647383),
    "microphone-6": (0.3409330, 0.4119977, 0.4114318),
    "tiger-6": (0.5031435, 0.2705882, 0.5494553),
}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("tracker", "stored"), [("DaSiamRPN", OTB2015), ("ATOM", LASOT)], ids=["otb2015", "lasot"]
)
def test_scores_equal_the_toolkits_by_sequence(tracker, stored, published):
    run, dataset = published(tracker)
    run = replace(run, trajectories={name: run.trajectories[name] for name in stored})
    score = score_run(run, dataset, PYSOT)
    for name, part in score.by_sequence().items():
        metric_values = [estimate.value for estimate in part.metrics().values()]
        assert metric_values == pytest.approx(stored[name], abs=1e-6), name
