"""Curves against direct counting, and thresholds against the toolkits' grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.scoring.curves import NORMALIZED_THRESHOLDS, OVERLAP_THRESHOLDS, PIXEL_THRESHOLDS
from benchmarks.scoring.metrics import NORMALIZED_PRECISION_20, PRECISION_20, SUCCESS_AUC

# Values that lie on thresholds are as likely as others.
overlaps = arrays(
    np.float64,
    st.integers(1, 40),
    elements=st.one_of(st.integers(-20, 20).map(lambda k: k / 20), st.floats(0, 1)),
)
errors = arrays(
    np.float64, st.integers(1, 40), elements=st.one_of(st.integers(-1, 60).map(float), st.floats(0, 100))
)


@given(overlaps)
def test_success_counts_overlaps_strictly_above(values):
    counted = [sum(value > k / 20 for value in values.tolist()) / len(values) for k in range(21)]
    assert SUCCESS_AUC.curve_of(values).tolist() == counted


@given(errors)
def test_precision_counts_errors_up_to_and_at(values):
    counted = [sum(value <= d for value in values.tolist()) / len(values) for d in range(51)]
    assert PRECISION_20.curve_of(values).tolist() == counted
    assert NORMALIZED_PRECISION_20.curve_of(values / 100).tolist() == [
        sum(value <= d / 100 for value in (values / 100).tolist()) / len(values) for d in range(51)
    ]


@given(overlaps, errors)
def test_curves_are_monotone_shares(values, distances):
    success, precision = SUCCESS_AUC.curve_of(values), PRECISION_20.curve_of(distances)
    assert (np.diff(success) <= 0).all()
    assert (np.diff(precision) >= 0).all()
    assert success[-1] == 0
    assert 0 <= precision.min() <= precision.max() <= 1


def test_perfect_tracker_scores_20_of_21():
    assert SUCCESS_AUC.curve_of(np.ones(7)).mean() == pytest.approx(20 / 21)
    assert PRECISION_20.curve_of(np.zeros(7)).tolist() == [1.0] * 51


def test_nan_is_a_miss():
    assert SUCCESS_AUC.curve_of(np.array([np.nan, 1.0])).tolist() == [0.5] * 20 + [0]
    assert PRECISION_20.curve_of(np.array([np.nan, np.inf, 0.0, -1.0])).tolist() == [0.5] * 51


def test_thresholds():
    assert (OVERLAP_THRESHOLDS[0], OVERLAP_THRESHOLDS[-1], len(OVERLAP_THRESHOLDS)) == (0, 1, 21)
    assert (PIXEL_THRESHOLDS[20], PIXEL_THRESHOLDS[-1], len(PIXEL_THRESHOLDS)) == (20, 50, 51)
    assert (NORMALIZED_THRESHOLDS[20], NORMALIZED_THRESHOLDS[-1], len(NORMALIZED_THRESHOLDS)) == (
        0.2,
        0.5,
        51,
    )


def matlab_colon(step: float, last: float, count: int) -> np.ndarray:
    """MATLAB's `0:step:last`: built from both ends towards the middle."""
    k = np.arange(count)
    return np.where(k <= (count - 1) // 2, k * step, last - (count - 1 - k) * step)


@pytest.mark.parametrize(
    ("ours", "step"),
    [(OVERLAP_THRESHOLDS, 0.05), (NORMALIZED_THRESHOLDS, 0.01)],
    ids=["overlap", "normalized"],
)
def test_toolkit_grids_differ_only_in_the_last_digit(ours, step):
    for grid in (np.arange(len(ours)) * step, matlab_colon(step, ours[-1], len(ours))):
        assert 0 < np.abs(grid - ours).max() <= np.spacing(1.0) / 2


def test_overlaps_on_a_threshold_are_never_above_it():
    on_threshold = np.array([k / 20 for k in range(21)])
    assert not (on_threshold > OVERLAP_THRESHOLDS).any()
    assert np.flatnonzero(on_threshold > matlab_colon(0.05, 1.0, 21)).tolist() == [13]
