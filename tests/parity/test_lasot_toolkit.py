"""Profile `lasot` against the scores that LaSOT's toolkit gives for ATOM (Danelljan et al., CVPR 2019).

The boxes, in whole pixels as pytracking stores them, lie in `../shared/golden/lasot`.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import LASOT
from benchmarks.store import RunResults


@pytest.mark.shared
def test_published_results_score_as_published(published):
    run, dataset = published("ATOM")
    score = score_run(run, dataset, LASOT)
    metric_values = {name: estimate.value for name, estimate in score.metrics().items()}
    assert (len(score.sequences), score.frames.sum()) == (280, 685_360)
    expected = {"success": 0.5143, "precision": 0.5054, "normalized_precision": 0.5768}
    assert metric_values == pytest.approx(expected, abs=0.0005)


@pytest.mark.shared
def test_absent_frames_limit_a_perfect_tracker(shared):
    dataset = open_dataset("lasot", shared / "annotations")
    runs = {
        name: [Trajectory(dataset[name].truth, np.zeros(len(dataset[name].truth)))]
        for name in dataset.names()
    }
    score = score_run(RunResults("perfect", "lasot", "ope", runs, {}, {}), dataset, LASOT)
    assert score.metrics()["success"].value == pytest.approx(0.927, abs=0.0005)
