"""Accuracy, robustness and EAO of multi-start runs, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.scoring.multi_start_score import AnchoredRun, failure_frame, score_multi_start
from benchmarks.scoring.vot_profiles import VOT2020

# A failure is two frames in a row with at most 0.1; the curve has the places 0 to 5, of which 2 to 5 count.
SHORT = replace(VOT2020, grace=2, low=2, high=6)


def run(*overlaps: float, empty: tuple[int, ...] = ()) -> AnchoredRun:
    has_target = np.ones(len(overlaps), dtype=bool)
    has_target[list(empty)] = False
    return AnchoredRun(np.array(overlaps), has_target)


def values(score) -> dict[str, float]:
    return {name: estimate.value for name, estimate in score.metrics().items()}


@pytest.mark.parametrize(
    ("overlaps", "empty", "expected"),
    [
        ([0, 0.9, 0.1, 0.1, 0.9], (), 2),
        ([0, 0.9, 0.1, 0.11, 0.1], (), 5),
        ([0, 0.1, 0.9, 0.9], (), 0),  # the frame of the initialization counts as lost
        ([0, 0.9, 0.0, 0.0], (3,), 4),  # no target in the last frame
        ([0, 0.9, 0.0, 0.0, 0.0], (3,), 5),  # which also interrupts
        ([0], (), 1),
    ],
)
def test_failure_is_the_first_of_the_lost_frames(overlaps, empty, expected):
    assert failure_frame(run(*overlaps, empty=empty), SHORT) == expected


def test_scores_worked_out_by_hand():
    # Sequence a, 4 frames: one run over all of them without failure, one of 3 rows that fails in row 1.
    # Sequence b, 8 frames: one run over 5 of them.
    a = [run(0, 0.5, 0.7, 0.6), run(0.2, 0.0, 0.1)]
    b = [run(0, 1.0, 0.8, 0.6, 0.4)]
    score = score_multi_start(["a", "b"], [a, b], [4, 8], SHORT)
    assert score.progress.tolist() == [4 + 1, 5]
    found = values(score)
    # a: 1.8 + 0.2 over 5 frames; b: 2.8 over 5 frames.
    assert found["accuracy"] == pytest.approx((1.8 + 0.2 + 2.8) / 10)
    # a: 5 of 7 frames, weight 4; b: 5 of 5, weight 8.
    assert found["robustness"] == pytest.approx((5 / 7 * 4 + 8) / 12)
    # Means of rows 1 to j. a's first run: .5, .6, .6; its second: 0, 0, then 0 for all j, since it failed.
    # b: 1, .9, .8, .7. Places 4 and 5 are beyond a's first run, which did not fail.
    _, curve = score.curve()
    expected = [(0.5 + 0 + 1) / 3, (0.6 + 0 + 0.9) / 3, (0.6 + 0 + 0.8) / 3, (0 + 0.7) / 2, 0.0]
    assert curve == pytest.approx(expected)
    assert found["eao"] == pytest.approx(np.mean(expected[1:]))


def test_failed_run_counts_beyond_its_end():
    # Beyond its 4 rows, a failed run counts with its sum divided by j - 1, as in vot-toolkit.
    score = score_multi_start(["a"], [[run(0, 0.9, 0, 0)]], [4], SHORT)
    assert score.curve()[1] == pytest.approx([0.9, 0.45, 0.3, 0.9 / 3, 0.9 / 4])


def test_sequence_of_one_frame_scores_nothing():
    found = values(score_multi_start(["a"], [[run(0)]], [1], SHORT))
    assert found == {"accuracy": 0, "robustness": 1, "eao": 0}


def test_subset_is_the_score_of_its_sequences():
    a, b = [run(0, 0.5, 0.7)], [run(0, 1.0, 0.8, 0.6)]
    both = score_multi_start(["a", "b"], [a, b], [3, 4], SHORT)
    assert values(both.subset([1])) == values(score_multi_start(["b"], [b], [4], SHORT))


def test_curve_has_an_interval_over_sequences():
    a, b = [run(0, 0.5, 0.7)], [run(0, 1.0, 0.8)]
    score = score_multi_start(["a", "b"], [a, b], [3, 3], SHORT)
    low, high = score.curve_interval(np.array([1, 2]))
    assert low == pytest.approx([0.5, 0.6])
    assert high == pytest.approx([1.0, 0.9])
    assert score.subset([0]).curve_interval(np.array([1])) is None
