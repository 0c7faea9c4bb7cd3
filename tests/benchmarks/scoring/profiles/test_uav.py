"""Profile `uav` on single frames: absent ones, empty predictions, and MATLAB's thresholds."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scoring.profiles import GOT10K, OTB, PYTRACKING, UAV

TRUTH = np.tile([10.0, 20.0, 30.0, 40.0], (5, 1))
ABSENT = [np.nan] * 4


def test_absent_frames_are_misses_in_success_and_hits_in_precision():
    truth = TRUTH.copy()
    truth[2] = ABSENT
    curves = UAV.curves(UAV.measure(TRUTH, truth))
    assert curves["success"][:20].tolist() == [0.8] * 20
    assert curves["precision"].tolist() == [1.0] * 51


@pytest.mark.parametrize("bad", [ABSENT, [5, 5, 0, 10], [5, 5, 10, -3]])
def test_empty_predictions_are_replaced_by_the_row_before(bad):
    prediction = TRUTH + np.outer(range(5), [1, 0, 0, 0])
    prediction[3] = bad
    assert UAV.measure(prediction, TRUTH).errors.tolist() == [0, 1, 2, 2, 4]
    assert OTB.measure(prediction, TRUTH).errors[3] != 2


def test_row_before_is_not_repeated_in_absent_frames():
    prediction, truth = TRUTH + np.outer(range(5), [1, 0, 0, 0]), TRUTH.copy()
    prediction[2:4], truth[2] = ABSENT, ABSENT
    # The toolkit keeps row 2, whose ground truth is not a number, and repeats it in row 3.
    assert UAV.measure(prediction, truth).errors.tolist() == [0, 1, -1, np.inf, 4]


def test_overlap_of_13_of_20_is_above_matlabs_threshold():
    truth = np.array([[0.0, 0, 20, 1]] * 2)
    prediction = np.array([[0.0, 0, 20, 1], [0, 0, 13, 1]])
    both = [profile.curves(profile.measure(prediction, truth))["success"][13] for profile in (OTB, UAV)]
    assert both == [0.5, 1.0]


def test_toolkits_disagree_on_frames_that_are_not_numbers():
    truth, prediction = TRUTH.copy(), TRUTH + np.outer([0, 0, 0, 0, 90], [1, 0, 0, 0])
    truth[1] = ABSENT
    found = {}
    for profile in (UAV, PYTRACKING, GOT10K):
        for dataset in ("uav123", "dtb70"):
            on = profile.on(dataset)
            curves = on.curves(on.measure(prediction, truth))
            found[profile.name, dataset] = [
                curves["success"][0],
                curves["precision"][20],
            ]
    assert found["uav", "uav123"] == found["uav", "dtb70"] == [0.6, 0.8]
    assert found["pytracking", "uav123"] == [0.6, 0.8]
    assert found["pytracking", "dtb70"] == [0.6, 0.6]
    assert found["got10k", "uav123"] == [0.75, 0.75], "dropped"
