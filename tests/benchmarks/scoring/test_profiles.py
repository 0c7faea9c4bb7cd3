"""Profiles: `otb` against the arithmetic of its MATLAB toolkit, and the differences of the others."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.scoring.metrics import FrameMeasures
from benchmarks.scoring.profiles import (
    GOT10K,
    LASOT,
    OTB,
    PYSOT,
    PYTRACKING,
    TC128,
    OnePassProfile,
    Pass,
)
from benchmarks.scoring.profiles.rules import hold_last_valid
from trackers.errors import UserError

TO_FILE = np.array([1.0, 1.0, 0.0, 0.0])
TRUTH = np.tile([10.0, 20.0, 30.0, 40.0], (6, 1))


def curves(*passes: tuple[np.ndarray, np.ndarray], profile: OnePassProfile = OTB) -> dict[str, np.ndarray]:
    return profile.curves(profile.measure_passes([Pass(*one) for one in passes]))


def toolkit(prediction: np.ndarray, truth: np.ndarray) -> tuple[list[float], list[float]]:
    """Overlap and center error per frame, from 1-based boxes, as calcSeqErrRobust computes them."""
    overlaps, errors = [], []
    for frame, (t, p) in enumerate(zip(truth.tolist(), prediction.tolist(), strict=True)):
        if frame == 0:
            p = t
        if min(t) <= 0:
            overlaps.append(-1.0)
            errors.append(-1.0)
            continue
        width = min(t[0] + t[2] - 1, p[0] + p[2] - 1) - max(t[0], p[0]) + 1
        height = min(t[1] + t[3] - 1, p[1] + p[3] - 1) - max(t[1], p[1]) + 1
        shared = max(0, width) * max(0, height)
        overlaps.append(shared / (t[2] * t[3] + p[2] * p[3] - shared))
        centers = [(b[0] + (b[2] - 1) / 2, b[1] + (b[3] - 1) / 2) for b in (t, p)]
        errors.append(math.dist(*centers))
    return overlaps, errors


def test_frames_count_as_in_the_toolkit():
    generator = np.random.default_rng(0)
    truth = generator.integers(-3, 40, (400, 4)).astype(float)  # in the file's numbers, many unusable
    truth[:, 2:] += 2
    prediction = truth + generator.normal(0, 6, truth.shape)
    prediction[:, 2:] = np.maximum(prediction[:, 2:], 1)
    frames = OTB.measure(prediction - TO_FILE, truth - TO_FILE)
    overlaps, errors = toolkit(prediction, truth)
    assert overlaps.count(-1) > 20
    assert frames.overlaps == pytest.approx(overlaps)
    assert frames.errors == pytest.approx(errors)


def test_first_frame_is_always_a_hit():
    prediction = np.full_like(TRUTH, 900.0)
    found = curves((prediction, TRUTH))
    assert found["success"][10] == pytest.approx(1 / 6)
    assert found["precision"][0] == pytest.approx(1 / 6)


@pytest.mark.parametrize("column", range(4))
def test_unusable_truth_is_a_miss_in_success_and_a_hit_in_precision(column):
    truth = TRUTH.copy()
    truth[3, column] = [-1, -1, 0, 0][column]  # 0 in the file
    found = curves((truth, truth))
    assert found["success"][:20] == pytest.approx([5 / 6] * 20)
    assert found["precision"].tolist() == [1.0] * 51
    assert found["normalized_precision"].tolist() == [1.0] * 51


def test_truth_at_the_first_pixel_is_usable():
    truth = TRUTH - [10, 20, 0, 0]  # 0-based 0 is 1 in the file
    assert curves((truth, truth))["success"][:20].tolist() == [1.0] * 20


def test_values_are_read_off_the_curves():
    success, precision, normalized = OTB.metrics
    prediction = TRUTH + np.outer([0, 0, 5, 20, 20.1, 100], [1, 0, 0, 0])
    found = curves((prediction, TRUTH))
    assert [metric.name for metric in OTB.metrics] == ["success", "precision", "normalized_precision"]
    assert success.value(found["success"]) == pytest.approx(found["success"].sum() / 21)
    assert precision.value(found["precision"]) == pytest.approx(4 / 6)
    assert normalized.value(found["normalized_precision"]) == pytest.approx(3 / 6)  # 6 px at most


def test_frames_of_several_passes_are_pooled():
    first, second = TRUTH + np.array([100, 0, 0, 0]), TRUTH[:2]
    together = curves((first, TRUTH), (second, TRUTH[:2]))
    # One hit (the initial frame) of six, and two of two.
    assert together["precision"].tolist() == [3 / 8] * 51


def one_frame(
    profile: OnePassProfile, prediction: list[float], truth: list[float]
) -> tuple[float, float, float]:
    """Overlap and errors of a frame in mid-sequence, from 1-based boxes."""
    before = [50.0, 50.0, 10.0, 10.0]
    frames = profile.measure(np.array([before, prediction]) - TO_FILE, np.array([before, truth]) - TO_FILE)
    return frames.overlaps[1], frames.errors[1], frames.normalized_errors[1]


HIT, MISS = -1.0, np.inf


# The rows are the rules that a table of the toolkits' differences would have; the boxes are one each.
@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (OTB, (-1, HIT, HIT)),
        (LASOT, (-1, HIT, HIT)),
        (TC128, (0.5, 5, 0.5)),
        (GOT10K, (0.5, 5, 0.5)),
        (PYSOT, (0.5, 5, 0.5)),
        (PYTRACKING, (-1, MISS, HIT)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_truth_left_of_the_image(profile, expected):
    assert one_frame(profile, [0, 20, 5, 10], [0, 20, 10, 10])[0] == pytest.approx(expected[0])
    assert one_frame(profile, [5, 20, 10, 10], [0, 20, 10, 10])[1:] == pytest.approx(expected[1:])


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (OTB, (-1, HIT, HIT)),
        (LASOT, (-1, HIT, HIT)),
        (TC128, (0, 5, MISS)),
        (GOT10K, (0, 5, 5)),
        (PYSOT, (-1, HIT, HIT)),
        (PYTRACKING, (-1, MISS, HIT)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_truth_of_all_zeros(profile, expected):
    assert one_frame(profile, [2, 3, 2, 2], [0, 0, 0, 0]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("profile", "hits"),
    [(OTB, 1), (LASOT, 1), (TC128, 1), (GOT10K, 1), (PYSOT, 0), (PYTRACKING, 1)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_only_pysot_scores_the_first_prediction(profile, hits):
    found = curves((np.full_like(TRUTH, 900.0), TRUTH), profile=profile)
    assert found["success"][0] == pytest.approx(hits / 6)
    assert found["precision"][50] == pytest.approx(hits / 6)


@pytest.mark.parametrize("profile", [OTB, TC128, GOT10K, PYSOT], ids=lambda profile: profile.name)
def test_nan_prediction_is_a_miss(profile):
    prediction = TRUTH.copy()
    prediction[3, 2] = np.nan
    found = curves((prediction, TRUTH), profile=profile)
    assert found["success"][0] == found["precision"][50] == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    "empty",
    [[np.nan] * 4, [5, 5, 0, 3], [5, 5, 3, 0], [np.nan, 5, 3, 3], [5, np.nan, 3, 3], [900, 900, 3, -1]],
)
def test_lasot_replaces_empty_boxes_by_the_last(empty):
    truth = TRUTH + np.outer(np.arange(6), [3, 0, 0, 0])
    prediction = truth.copy()
    prediction[3:5] = empty
    frames = LASOT.measure(prediction, truth)
    assert frames.errors.tolist() == [0, 0, 0, 3, 6, 0]


def test_lasot_keeps_boxes_below_a_pixel():
    truth = TRUTH + np.outer(np.arange(6), [3, 0, 0, 0])
    prediction = truth.copy()
    prediction[3, :2] += prediction[3, 2:] / 2 - 0.25
    prediction[3, 2:] = 0.5
    assert LASOT.measure(prediction, truth).errors.tolist() == [0] * 6


def test_invalid_first_box_is_held():
    boxes = np.arange(16.0).reshape(4, 4)
    assert hold_last_valid(boxes, np.array([False, True, False, True]))[:, 0].tolist() == [0, 4, 4, 12]
    assert hold_last_valid(boxes, np.array([False, False, False, True]))[:, 0].tolist() == [0, 0, 0, 12]


def pysots(truth: np.ndarray) -> tuple[list[bool], list[bool], list[bool]]:
    """Which frames pysot's toolkit leaves at -1 in overlap, error and normalized error, from 1-based boxes.

    Its `success_overlap` asks for w > 0 and h > 0. Its `success_error` asks for centers above 0 in both axes,
    centers being x + (w - 1) / 2; in normalized precision both have been divided by w and h before.
    """
    sizes, centers, normalized = [], [], []
    for x, y, w, h in truth.tolist():
        center = x + (w - 1) / 2, y + (h - 1) / 2
        sizes.append(not (w > 0 and h > 0))
        centers.append(not (center[0] > 0 and center[1] > 0))
        with np.errstate(all="ignore"):
            divided = np.array(center) / np.array([w, h])
        normalized.append(not (divided[0] > 0 and divided[1] > 0))
    return sizes, centers, normalized


def test_pysot_tests_sizes_and_centers():
    values = np.array([-4.0, -1, 0, 0.25, 0.5, 0.75, 1, 1.5, 3, 6])
    truth = np.random.default_rng(0).choice(values, (600, 4))
    # Far away in both axes, so that no error of a frame that counts is near -1.
    frames = PYSOT.measure(truth + np.array([50, 70, 0, 0]) - TO_FILE, truth - TO_FILE)
    expected = pysots(truth)
    assert all(60 < sum(left_out) < 540 for left_out in expected)
    assert ((frames.overlaps == -1).tolist(), (frames.errors == -1).tolist()) == expected[:2]
    # Where a size is 0 the divided error is infinite, a miss, or 0 / 0.
    no_size = (truth[:, 2:] == 0).any(axis=1)
    assert ((frames.normalized_errors == -1) | no_size).tolist() == (np.array(expected[2]) | no_size).tolist()


def test_missed_frames_are_misses_in_every_measure():
    measures = FrameMeasures(np.array([0.5, 0.25]), np.array([3.0, 4]), np.array([0.1, 0.2]))
    missed = measures.missed_where(np.array([True, False]))
    assert [values.tolist() for values in missed[:3]] == [[-1, 0.25], [math.inf, 4], [math.inf, 0.2]]


def test_lasot_does_not_hold_the_first_truth():
    prediction = TRUTH.copy()
    prediction[:3] = np.nan
    assert LASOT.measure(prediction, TRUTH).errors.tolist() == [0, np.inf, np.inf, 0, 0, 0]


def test_pytracking_replaces_empty_and_refuses_invalid_boxes():
    truth = TRUTH + np.outer(np.arange(6), [3, 0, 0, 0])
    prediction = truth.copy()
    prediction[3] = [7, 7, 0.9, 40]  # cut off to nothing
    assert PYTRACKING.measure(prediction, truth).errors.tolist() == [0, 0, 0, 3, 0, 0]
    for wrong in (np.nan, -2.0):
        prediction[3, 2] = wrong
        with pytest.raises(UserError, match="the box of frame 4 is not a number or has a negative size"):
            PYTRACKING.measure(prediction, truth)


def test_pytracking_truncates_1_based_boxes():
    truth = np.tile([0.0, 0.0, 10.0, 10.0], (3, 1))
    prediction = truth + np.array([[0, 0, 0, 0], [0.9, 0, 0, 0.5], [-0.4, 0, 0, 0]])
    # 1.9 becomes 1 as 10.5 becomes 10; 0.6 becomes 0.
    assert PYTRACKING.measure(prediction, truth).errors.tolist() == [0, 0, 1]


def test_only_pytracking_counts_missing_predictions_as_misses():
    assert curves((TRUTH[:4], TRUTH), profile=PYTRACKING)["success"][0] == pytest.approx(4 / 6)
    assert curves((TRUTH[:4], TRUTH))["success"][0] == 1
    for profile in (OTB, PYTRACKING):
        assert curves((TRUTH, TRUTH[:4]), profile=profile)["success"][0] == 1


def test_got10k_rounds_boxes_to_three_decimals():
    prediction = TRUTH + np.array([0.0004, 0, 0, 0])
    assert GOT10K.measure(prediction, TRUTH).errors.tolist() == [0] * 6


def test_got10k_metrics():
    success, precision, normalized, overlap, rate = GOT10K.metrics
    prediction = TRUTH + np.outer([0, 0, 5, 20, 20.1, 100], [1, 0, 0, 0])
    found = curves((prediction, TRUTH), profile=GOT10K)
    shares = [sum(e / 30 <= k / 100 for e in (0, 0, 5, 20, 20.1, 100)) / 6 for k in range(51)]
    assert normalized.value(found["normalized_precision"]) == pytest.approx(sum(shares) / 51)
    overlaps = [1, 1, 25 / 35, 10 / 50, 9.9 / 50.1, 0]
    assert overlap.value(found["ao"]) == pytest.approx(sum(overlaps) / 6)
    assert rate.value(found["sr50"]) == pytest.approx(3 / 6)
    assert (success.name, precision.name, overlap.name) == ("success", "precision", "ao")


def test_curves_have_the_toolkits_thresholds():
    """0:0.05:1, 0:50 and 0:0.01:0.5 in MATLAB; the scores at 20 px and at 0.2, the 21st of each."""
    success, precision, normalized = OTB.metrics
    np.testing.assert_allclose(success.thresholds, [k / 20 for k in range(21)], atol=1e-12)
    np.testing.assert_array_equal(precision.thresholds, np.arange(51))
    np.testing.assert_allclose(normalized.thresholds, [k / 100 for k in range(51)], atol=1e-12)
    several = np.stack([np.arange(51.0), np.arange(51.0) / 2])
    assert precision.value(several).tolist() == [20, 10]
    assert normalized.value(several).tolist() == [20, 10]
    areas, overlap, _ = GOT10K.metrics[2:]
    np.testing.assert_array_equal(areas.thresholds, normalized.thresholds)
    assert areas.value(several).tolist() == [25, 12.5]
    assert success.value(several[:, :21]).tolist() == [10, 5]
    assert overlap.thresholds.shape == (0,), "it is read off no curve"


def test_pytracking_reports_the_shares_above_50_and_75_percent():
    prediction = TRUTH + np.outer([0, 0, 4, 6, 11, 100], [1, 0, 0, 0])
    # Overlaps of 1, 1, 26/34, 24/36, 19/41 and 0.
    found = curves((prediction, TRUTH), profile=PYTRACKING)
    assert PYTRACKING.metric("op50").value(found["op50"]) == pytest.approx(4 / 6)
    assert PYTRACKING.metric("op75").value(found["op75"]) == pytest.approx(3 / 6)


@pytest.mark.parametrize("profile", [LASOT, PYSOT, PYTRACKING], ids=lambda profile: profile.name)
def test_absent_frames_are_misses(profile):
    absent = np.array([False, False, True, True, False, False])
    truth = TRUTH.copy()
    truth[3] = [-1, -1, 0, 0]  # absent and without a box: still no hit
    found = profile.curves(profile.measure_passes([Pass(truth, truth, absent)]))
    for name in ("success", "precision", "normalized_precision"):
        assert found[name][10] == pytest.approx(4 / 6), name


@pytest.mark.parametrize("profile", [OTB, GOT10K], ids=lambda profile: profile.name)
def test_other_profiles_ignore_absence(profile):
    found = profile.curves(profile.measure_passes([Pass(TRUTH, TRUTH, np.ones(6, dtype=bool))]))
    assert found["success"][10] == 1
