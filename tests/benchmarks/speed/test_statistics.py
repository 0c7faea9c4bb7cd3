from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.speed.statistics import Times, frames_per_second, half_width, percentiles

TIMES = st.floats(1e-6, 1e3)


def test_fps_is_frames_over_time() -> None:
    seconds = np.array([0.01, 0.04])
    assert frames_per_second(seconds.mean(), None) == (pytest.approx(40), None, None)
    assert (1 / seconds).mean() == pytest.approx(62.5)


@given(st.lists(TIMES, min_size=2, max_size=12))
def test_interval_is_students_t_of_logarithms(seconds: list[float]) -> None:
    half = half_width(seconds)
    assert half is not None
    error = stats.sem(np.log(seconds))
    if error < 1e-9:  # SciPy returns NaN for constant values
        assert half < 1e-6
        return
    low, high = stats.t.interval(0.95, len(seconds) - 1, scale=error)
    assert half == pytest.approx(high)
    fps, lower, upper = frames_per_second(statistics.fmean(seconds), half)
    assert (lower, upper) == (pytest.approx(fps * np.exp(low)), pytest.approx(fps * np.exp(high)))


def test_interval_has_its_nominal_coverage() -> None:
    generator = np.random.default_rng(0)
    means = 0.02 * np.exp(generator.normal(0, 0.05, size=(4000, 5)))
    held = 0
    for row in means:
        _, low, high = frames_per_second(row.mean(), half_width(row.tolist()))
        held += low < 1 / 0.02 < high
    assert held / len(means) == pytest.approx(0.95, abs=0.01)


def test_one_repetition_has_no_interval() -> None:
    assert half_width([0.02]) is None


@given(st.lists(TIMES, min_size=2, max_size=300))
def test_percentiles_match_the_standard_library(seconds: list[float]) -> None:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    expected = [1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98]]
    assert percentiles(np.array(seconds)) == pytest.approx(expected)


def test_times_are_joined_in_order() -> None:
    parts = [Times(*(np.array([k + 10.0 * kind]) for kind in range(3))) for k in range(2)]
    joined = Times.joined(parts)
    assert [joined.updates.tolist(), joined.transport.tolist(), joined.inits.tolist()] == [
        [0, 1],
        [10, 11],
        [20, 21],
    ]
