"""Tracking precision, recall and F-score, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scoring.long_term_score import (
    ConfidentRun,
    confidence_thresholds,
    harmonic_mean,
    score_long_term,
)
from benchmarks.scoring.vot_profiles import VOT_LT


def run(overlaps: list[float], confidences: list[float], visible: int) -> ConfidentRun:
    return ConfidentRun(np.array(overlaps), np.array(confidences), visible)


def values(score) -> dict[str, float]:
    return {name: estimate.value for name, estimate in score.metrics().items()}


def test_scores_worked_out_by_hand():
    # a: reports 0.8 and 0.6 with confidence 0.9, 0.1 with 0.2; the target is visible in 3 frames.
    # b: reports 0.5 with confidence 0.5, and a box without a target (overlap 0) with 0.1.
    a = run([0.8, 0.6, 0.1], [0.9, 0.9, 0.2], 3)
    b = run([0.5, 0.0], [0.5, 0.1], 1)
    score = score_long_term(["a", "b"], [[a], [b]], VOT_LT)
    assert score.thresholds.tolist() == [np.inf, 0.9, 0.9, 0.5, 0.2, 0.1, -np.inf]
    recall, precision = score.curve()
    # Where nothing is reported, precision is 1: both at infinity, b at 0.9.
    assert precision[[0, 1, 3, 4, 5]] == pytest.approx(
        [1, (0.7 + 1) / 2, (0.7 + 0.5) / 2, 0.5, (0.5 + 0.25) / 2]
    )
    full = (1.4 / 3 + 0.5) / 2
    assert recall[[0, 1, 3, 4, 5]] == pytest.approx(
        [0, 1.4 / 3 / 2, full, (1.5 / 3 + 0.5) / 2, (1.5 / 3 + 0.5) / 2]
    )
    # The best threshold is 0.5: F = 2 * 0.6 * 0.4833 / 1.0833 = 0.5354, more than 0.5 at 0.2.
    assert values(score) == pytest.approx(
        {"f_score": 2 * 0.6 * full / (0.6 + full), "precision": 0.6, "recall": full}
    )


def test_single_sequences_are_read_at_the_common_threshold():
    a = run([0.8, 0.6, 0.1], [0.9, 0.9, 0.2], 3)
    b = run([0.5, 0.0], [0.5, 0.1], 1)
    score = score_long_term(["a", "b"], [[a], [b]], VOT_LT)
    parts = [values(score.subset([row])) for row in (0, 1)]
    assert [part["precision"] for part in parts] == pytest.approx([0.7, 0.5])
    assert [part["recall"] for part in parts] == pytest.approx([1.4 / 3, 0.5])
    for name in ("precision", "recall"):
        assert np.mean([part[name] for part in parts]) == pytest.approx(values(score)[name])


def test_equal_confidence_reports_every_frame():
    score = score_long_term(["a"], [[run([0.0, 0.4, 0.8], [0, 0, 0], 2)]], VOT_LT)
    assert values(score) == pytest.approx({"precision": 0.4, "recall": 0.6, "f_score": 0.48})


def test_repetitions_are_averaged():
    one, other = run([0.2], [1.0], 1), run([0.6], [1.0], 1)
    score = score_long_term(["a"], [[one, other]], VOT_LT)
    assert values(score)["precision"] == pytest.approx(0.4)


def test_thresholds_are_at_evenly_spaced_ranks():
    few = confidence_thresholds(np.array([0.1, 0.3, 0.2]), 100)
    assert few.tolist() == [np.inf, 0.3, 0.2, 0.1, -np.inf]
    # 1000 confidences, 5 inner thresholds: step 200, ranks 200, 350, 500, 650, 800.
    many = confidence_thresholds(np.arange(1000.0), 7)
    assert many.tolist() == [np.inf, 799, 649, 499, 349, 199, -np.inf]


def test_sequence_without_a_target_has_no_recall():
    score = score_long_term(["a"], [[run([1.0, 0.0], [0.5, 0.6], 0)]], VOT_LT)
    assert values(score)["recall"] == 0


def test_harmonic_mean_of_zeros_is_zero():
    assert harmonic_mean(np.array([0.0, 0.5]), np.array([0.0, 0.25])) == pytest.approx([0, 1 / 3])
