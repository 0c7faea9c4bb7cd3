"""Profile `trackingnet`: rounding, areas, and what a result leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scoring.profiles import TRACKINGNET

FILE = np.array([1.0, 1.0, 0.0, 0.0])
TRUTH = np.tile([10.0, 20.0, 30.0, 40.0], (4, 1))  # in the numbers of the file


def measure(prediction: np.ndarray, truth: np.ndarray = TRUTH):
    return TRACKINGNET.measure(prediction - FILE, truth - FILE)


def values(prediction: np.ndarray, truth: np.ndarray = TRUTH) -> dict[str, float]:
    frames = measure(prediction, truth)
    curves = TRACKINGNET.curves(frames)
    return {metric.name: float(metric.value(curves[metric.name])) for metric in TRACKINGNET.metrics}


def test_perfect_result_scores_1_everywhere():
    assert values(TRUTH) == {"success": 1, "precision": 1, "normalized_precision": 1, "coverage": 1}


def test_boxes_are_rounded_half_to_even_as_in_the_file():
    prediction = TRUTH + np.outer([9, 0.5, 1.5, 0.4], [1, 0, 0, 0])
    assert measure(prediction).errors.tolist() == [0, 0, 2, 0], "10.5 is 10, 11.5 is 12"


def test_overlap_equal_to_the_threshold_is_a_hit():
    prediction = TRUTH * [1, 1, 0.5, 1]
    success, *_ = TRACKINGNET.metrics
    curve = success.curve(measure(prediction))
    assert curve[10] == 1.0
    assert curve[11] == 0.25, "the first frame is ground truth"


def test_precision_is_the_area_under_21_thresholds():
    prediction = TRUTH + np.outer([0, 10, 10, 10], [1, 0, 0, 0])
    # 1/4 below 10 px, 1 from there on: three intervals of 20 at 1/4, one at (1/4 + 1) / 2, sixteen at 1.
    assert values(prediction)["precision"] == pytest.approx((3 * 0.25 + 0.625 + 16) / 20)
    # Offset 10 of width 30 is 1/3, beyond thresholds 0 to 0.325 and within 0.35 to 0.5.
    assert values(prediction)["normalized_precision"] == pytest.approx((13 * 0.25 + 0.625 + 6) / 20)


def test_missing_frames_at_the_end_are_misses():
    found = values(TRUTH[:3])
    assert found["precision"] == found["success"] == found["coverage"] == 0.75


def test_missing_result_counts_as_empty_boxes():
    found = values(np.empty((0, 4)))
    # A row of zeros has an overlap of 0, which is a hit at threshold 0; the first row is ground truth.
    assert found["success"] == pytest.approx(0.25 + 0.75 * 0.5 / 20)
    assert found["coverage"] == 0.25
    near = np.tile([3.0, 4.0, 0.0, 0.0], (4, 1))
    assert measure(np.empty((0, 4)), near).errors.tolist() == [0, 5, 5, 5]


def test_empty_ground_truth_is_a_miss():
    truth = TRUTH.copy()
    truth[2] = 0
    frames = measure(TRUTH[:0], truth)
    assert (frames.overlaps[2], frames.normalized_errors[2]) == (-1, np.inf)
