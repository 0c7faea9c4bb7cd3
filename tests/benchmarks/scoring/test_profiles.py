"""The rules of `otb`, against the MATLAB toolkit's own arithmetic: 1-based, inclusive pixels, one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.scoring import PROFILES
from benchmarks.scoring.profiles import OTB
from trackers.errors import UserError

TO_FILE = np.array([1.0, 1.0, 0.0, 0.0])
TRUTH = np.tile([10.0, 20.0, 30.0, 40.0], (6, 1))


def toolkit(prediction: np.ndarray, truth: np.ndarray) -> tuple[list[float], list[float]]:
    """Overlap and centre error per frame, from 1-based boxes, as calcSeqErrRobust computes them."""
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


def test_the_first_frame_counts_as_a_hit_whatever_was_predicted():
    prediction = np.full_like(TRUTH, 900.0)
    curves = OTB.curves([(prediction, TRUTH)])
    assert curves["success"][10] == pytest.approx(1 / 6)
    assert curves["precision"][0] == pytest.approx(1 / 6)


@pytest.mark.parametrize("column", range(4))
def test_unusable_truth_is_a_miss_in_success_and_a_hit_in_precision(column):
    truth = TRUTH.copy()
    truth[3, column] = [-1, -1, 0, 0][column]  # 0 in the file
    curves = OTB.curves([(truth, truth)])
    assert curves["success"][:20] == pytest.approx([5 / 6] * 20)
    assert curves["precision"].tolist() == [1.0] * 51
    assert curves["normalized_precision"].tolist() == [1.0] * 51


def test_truth_at_the_images_first_pixel_is_usable():
    truth = TRUTH - [10, 20, 0, 0]  # 0-based 0 is 1 in the file
    assert OTB.curves([(truth, truth)])["success"][:20].tolist() == [1.0] * 20


def test_figures_are_read_off_the_curves():
    success, precision, normalized = OTB.metrics
    prediction = TRUTH + np.outer([0, 0, 5, 20, 20.1, 100], [1, 0, 0, 0])
    curves = OTB.curves([(prediction, TRUTH)])
    assert [metric.name for metric in OTB.metrics] == ["success", "precision", "normalized_precision"]
    assert success.value(curves["success"]) == pytest.approx(curves["success"].sum() / 21)
    assert precision.value(curves["precision"]) == pytest.approx(4 / 6)
    assert normalized.value(curves["normalized_precision"]) == pytest.approx(3 / 6)  # 6 px at most


def test_frames_of_several_passes_count_together():
    first, second = TRUTH + np.array([100, 0, 0, 0]), TRUTH[:2]
    together = OTB.curves([(first, TRUTH), (second, TRUTH[:2])])
    # One hit (the initial frame) of six, and two of two.
    assert together["precision"].tolist() == [3 / 8] * 51


def test_profiles_are_found_by_name():
    assert list(PROFILES) == ["otb"]
    assert PROFILES.load("otb") is OTB
    with pytest.raises(UserError, match=r"there is no scoring profile 'otv' \(did you mean 'otb'\?\)"):
        PROFILES.load("otv")
