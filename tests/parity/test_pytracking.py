"""Profile `pytracking` against pytracking's own analysis of the same boxes.

The stored scores are what `extract_results` of github.com/visionml/pytracking (pytracking/analysis, commit
7eb9e74) gives for the boxes and ground truth in `../shared`, both in the numbers of the files, the boxes cut
off to whole numbers as pytracking stores them: DaSiamRPN on ten sequences of OTB2015, four of them with
frames without a box, and ATOM on nine of LaSOT, with absent frames, zero boxes in frames that are not called
absent, and predictions without size.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import PYTRACKING

# Success AUC, precision at 20 pixels, normalized precision at 0.20.
OTB2015 = {
    "Basketball": (0.6857143, 0.9806896, 0.9062069),
    "Biker": (0.3209256, 0.4859155, 0.4788733),
    "Board": (0.4570883, 0.3710602, 0.6404011),
    "Bolt": (0.7210884, 1.0000000, 0.8685714),
    "Crowds": (0.6869768, 0.9971182, 0.8213257),
    "David": (0.6817309, 1.0000000, 0.8811041),
    "Deer": (0.6458753, 0.9436620, 0.8028169),
    "Jogging.1": (0.6660462, 0.9837133, 0.9543974),
    "Tiger1": (0.6729431, 0.8481376, 0.7621776),
    "Twinnings": (0.6417474, 0.9851695, 0.7521186),
}
LASOT = {
    "airplane-1": (0.4568901, 0.2625538, 0.2582496),
    "goldfish-10": (0.1030074, 0.0267762, 0.1163870),
    "helmet-13": (0.3880624, 0.3114386, 0.4620314),
    "horse-15": (0.0476591, 0.0458561, 0.0504838),
    "licenseplate-15": (0.3963529, 0.3998647, 0.4546685),
    "lion-5": (0.1108780, 0.1366789, 0.1297430),
    "microphone-16": (0.4973545, 0.5615243, 0.5647383),
    "microphone-6": (0.3409330, 0.4119977, 0.4119977),
    "tiger-6": (0.5031435, 0.2705882, 0.5494553),
}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("tracker", "stored"), [("DaSiamRPN", OTB2015), ("ATOM", LASOT)], ids=["otb2015", "lasot"]
)
def test_scores_equal_the_toolkits_by_sequence(tracker, stored, published):
    run, dataset = published(tracker)
    run = replace(run, trajectories={name: run.trajectories[name] for name in stored})
    score = score_run(run, dataset, PYTRACKING)
    for name, part in score.by_sequence().items():
        metrics = part.metrics()
        metric_values = [metrics[metric].value for metric in ("success", "precision", "normalized_precision")]
        assert metric_values == pytest.approx(stored[name], abs=1e-6), name
