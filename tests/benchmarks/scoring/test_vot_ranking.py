"""VOT's ranking: both tests and the ranks worked out by hand."""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
import pytest

from benchmarks.scoring.vot_ranking import (
    failure_samples,
    rank_runs,
    rank_sum_test,
    rank_trackers,
    signed_rank_test,
)
from benchmarks.scoring.vot_repetitions import Repetitions
from trackers.errors import UserError


def test_signed_rank_test_by_hand():
    # Differences 1, -2, 3, 4, 5, ..., 20: the negative ranks sum to 2. Normal approximation:
    # mean 20 * 21 / 4 = 105, variance 20 * 21 * 41 / 24 = 717.5, z = (2 - 105) / 26.786 = -3.8453.
    difference = np.arange(1.0, 21)
    difference[1] *= -1
    assert signed_rank_test(difference, np.zeros(20)) == pytest.approx(erfc(103 / sqrt(2 * 717.5)), rel=1e-12)
    assert signed_rank_test(np.zeros(20), difference) == signed_rank_test(difference, np.zeros(20))


def test_rank_sum_test_by_hand():
    # Ranks 1 to 20 against 21 to 40: U = 0, mean 200, variance 20 * 20 * 41 / 12, continuity 1 / 2.
    a, b = np.arange(20.0), np.arange(20.0, 40)
    assert rank_sum_test(a, b) == pytest.approx(erfc(199.5 / sqrt(2 * 400 * 41 / 12)), rel=1e-12)
    assert rank_sum_test(b, a) == rank_sum_test(a, b)


def test_frames_without_both_overlaps_are_left_out():
    rng = np.random.default_rng(1)
    a, b = rng.random(50), rng.random(50)
    gaps_a, gaps_b = a.copy(), b.copy()
    gaps_a[:10], gaps_b[30:] = np.nan, np.nan
    assert signed_rank_test(gaps_a, gaps_b) == signed_rank_test(a[10:30], b[10:30])


def test_few_samples_use_the_normal_approximation():
    # U = 0, mean 4.5, variance 3 * 3 * 7 / 12 = 5.25, continuity 1 / 2; the exact test would give 0.1.
    p = rank_sum_test(np.arange(3.0), np.arange(3.0, 6))
    assert p == pytest.approx(erfc(4 / sqrt(2 * 5.25)), rel=1e-12)


def test_rank_sum_needs_two_values():
    assert rank_sum_test(np.zeros(20), np.ones(20)) < 1e-6


def test_accuracy_is_the_mean_of_valid_frames():
    rng = np.random.default_rng(6)
    noise = rng.uniform(-0.01, 0.01, (2, 100))
    for level, ranks in ((0.6, [2, 1]), (0.4, [1, 2])):
        overlaps = np.array([[0.5], [level]]) + noise
        overlaps[1, :50] = np.nan
        assert rank_trackers(overlaps, np.zeros((2, 9))).accuracy.tolist() == ranks


def test_accuracy_with_one_valid_frame_or_none():
    # The first's frame is the best of all, but no test can tell it from others; those can be told apart.
    noise = np.random.default_rng(7).uniform(-0.01, 0.01, (3, 30))
    overlaps = np.array([[0.9], [0.1], [0.5]]) + noise
    overlaps[0, 1:] = np.nan
    assert rank_trackers(overlaps, np.zeros((3, 9))).accuracy.tolist() == [2, 2, 1.5]
    overlaps[0, 0] = np.nan
    assert rank_trackers(overlaps, np.zeros((3, 9))).accuracy.tolist() == [2, 2.5, 2]


def test_equal_values_do_not_differ():
    same = np.full(30, 0.5)
    assert signed_rank_test(same, same) == 1
    assert signed_rank_test(same, np.full(30, np.nan)) == 1
    assert rank_sum_test(same, same) == 1


def test_indistinguishable_trackers_share_ranks():
    rng = np.random.default_rng(2)
    base = rng.random(400) / 2
    # Best; two that differ by noise alone; last. The given order is none of these.
    overlaps = np.stack([base, base + 0.2, base + 0.4, base + 0.2 + rng.normal(0, 0.05, 400)])
    failures = np.repeat([[3.0], [0], [1], [6]], 60, axis=1) + rng.integers(0, 2, (4, 60))
    ranks = rank_trackers(overlaps, failures)
    assert ranks.accuracy.tolist() == [4, 2.5, 1, 2.5]
    assert ranks.robustness.tolist() == [3, 1, 2, 4]


def test_indistinguishability_is_not_transitive():
    # Neighbors overlap, the outer two differ: each takes the mean rank of its own likes.
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, (3, 100))
    overlaps = np.array([[0.0], [0.2], [0.4]]) + noise - noise.mean(axis=1, keepdims=True)
    assert signed_rank_test(overlaps[0], overlaps[1]) > 0.05 < signed_rank_test(overlaps[1], overlaps[2])
    assert signed_rank_test(overlaps[0], overlaps[2]) < 0.05
    assert rank_trackers(overlaps, np.zeros((3, 60))).accuracy.tolist() == [2.5, 2, 1.5]
    assert rank_trackers(overlaps, np.zeros((3, 60))).robustness.tolist() == [2, 2, 2]


def test_lower_alpha_finds_fewer_differences():
    rng = np.random.default_rng(4)
    base = rng.random(100)
    overlaps = np.stack([base, base + rng.normal(0.02, 0.1, 100)])
    assert 0 < signed_rank_test(*overlaps) < 0.3
    level = signed_rank_test(*overlaps)
    for alpha in (level * 1.01, level):
        assert rank_trackers(overlaps, np.zeros((2, 9)), alpha).accuracy.tolist() == [2, 1]
    assert rank_trackers(overlaps, np.zeros((2, 9)), alpha=level * 0.99).accuracy.tolist() == [1.5, 1.5]


def test_missing_repetitions_have_the_mean_failures():
    codes = np.array([[1, 2, 0, 1, 2, 0], [1, 3, 2, 0, 1, 3], [1, 3, 3, 3, 3, 3]], dtype=np.int8)
    runs = [Repetitions("a", np.zeros((3, 6)), codes), Repetitions("b", np.zeros((1, 6)), codes[:1])]
    assert failure_samples(runs, 4).tolist() == [2, 1, 0, 1, 2, 2, 2, 2]
    assert failure_samples(runs, 2).tolist() == [2, 1, 2, 2]
    assert len(failure_samples(runs)) == 2 * 15, "VOT2017 asks for 15 runs of a sequence"


def test_runs_are_ranked_on_common_sequences():
    rng = np.random.default_rng(5)

    def run(name, level):
        codes = np.full((1, 60), 3, dtype=np.int8)
        codes[0, 0] = 1
        return Repetitions(name, np.clip(level + rng.normal(0, 0.02, (1, 60)), 0, 1), codes)

    good = [run("a", 0.8), run("b", 0.8)]
    bad = [run("b", 0.3), run("c", 0.99)]
    assert rank_runs([bad, good]).accuracy.tolist() == [2, 1]
    assert rank_runs([bad, good], alpha=1e-30).accuracy.tolist() == [1.5, 1.5]
    with pytest.raises(
        UserError, match=r"^these trackers have no sequence in common; run them on the same ones$"
    ):
        rank_runs([[run("a", 0.5)], [run("b", 0.5)]])
