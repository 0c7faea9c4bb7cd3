from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from speed_records import made

from benchmarks.speed.compare import compare, ratio_of_fps

MEANS = st.lists(st.floats(1e-4, 1.0), min_size=2, max_size=8)


def times(mean: float, noise: float, seed: int, repetitions: int = 5) -> list[float]:
    return (mean * np.exp(np.random.default_rng(seed).normal(0, noise, repetitions))).tolist()


def test_different_trackers() -> None:
    slow, fast = made(times(0.012, 0.01, 1)), made(times(0.010, 0.01, 2))
    found = compare(fast, slow)
    assert found.outcome == "faster"
    assert found.ratio == pytest.approx(1.2, rel=0.02)
    assert found.verdict.startswith("faster: 1.")
    assert " times the FPS, p = " in found.verdict
    assert compare(slow, fast).outcome == "slower"


def test_equal_trackers() -> None:
    record = made(times(0.01, 0.01, 1))
    found = compare(record, record)
    assert (found.ratio, found.outcome) == (1, "no difference")
    assert found.verdict.startswith("no difference can be shown: 1.000 [0.9")


def test_difference_within_noise() -> None:
    found = compare(made(times(0.010, 0.3, 1)), made(times(0.012, 0.3, 2)))
    assert abs(found.ratio - 1) > 0.05
    assert found.outcome == "no difference"
    assert found.verdict.startswith("no difference can be shown")


def test_significant_but_small_difference() -> None:
    found = compare(made(times(0.0100, 0.001, 1)), made(times(0.0102, 0.001, 2)))
    assert found.low is not None
    assert found.low > 1
    assert found.outcome == "no difference"
    assert found.verdict.startswith("too small a difference to be called: 1.019 [1.018, 1.021] times")


def test_noise_alone_is_rarely_a_difference() -> None:
    called = sum(
        compare(made(times(0.01, 0.1, seed)), made(times(0.01, 0.1, 10_000 + seed))).outcome
        != "no difference"
        for seed in range(1000)
    )
    assert called <= 65  # 50 are expected at 5 %; 65 is two standard deviations above


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"machine": {"system": "Linux x86_64", "processor": "Slow 10", "cores": 4, "gpu": None}},
            "not the same machine (processor Fast 9000, now Slow 10)",
        ),
        ({"device": "cuda:0"}, "not the same machine (device cpu, now cuda:0)"),
        ({"dataset": "otb2015"}, "not the same dataset"),
        ({"sequences": ["easy"]}, "not the same sequences"),
        ({"warm_up": 0}, "not the same warm up"),
        ({"busy": True, "doubts": ["the machine was busy"]}, "this one was measured on a busy machine"),
    ],
)
def test_incomparable_records(changes: dict[str, Any], expected: str) -> None:
    found = compare(made(times(0.01, 0.01, 1), **changes), made(times(0.02, 0.01, 2)))
    assert found.outcome == "not comparable"
    assert found.verdict.startswith(f"no difference can be called: {expected} (")


def test_other_record_may_be_the_busy_one() -> None:
    found = compare(made([0.01, 0.011]), made([0.02, 0.021], busy=True))
    assert found.hindrances == ("the other was measured on a busy machine",)


def test_index_of_the_gpu_does_not_matter() -> None:
    found = compare(made([0.01, 0.011], device="cuda:0"), made([0.02, 0.021], device="cuda:1"))
    assert found.outcome == "faster"


def test_single_repetitions() -> None:
    found = compare(made([0.01]), made([0.02, 0.021]))
    assert (found.low, found.p, found.outcome) == (None, None, "not comparable")
    assert "give --repetitions 2 or more (2.0" in found.verdict


def test_other_differences_are_listed() -> None:
    software = {"python": "3.11.9", "packages": {"torch": "2.14.0", "numpy": "2.1.0"}, "commit": "def"}
    found = compare(
        made([0.01, 0.011], threads=1, weights="f00d", software=software),
        made([0.01, 0.011], tracker="other"),
    )
    assert found.hindrances == ()
    assert found.notes == (
        "tracker: other, now mine",
        "weights: another",
        "threads: 2, now 1",
        "commit: another",
        "torch: 2.13.0, now 2.14.0",
    )


def test_repetitions_without_noise() -> None:
    found = compare(made([0.01, 0.01]), made([0.02, 0.02]))
    assert (found.ratio, found.low, found.high, found.p, found.outcome) == (2, 2, 2, 0, "faster")
    assert compare(made([0.01, 0.01]), made([0.01, 0.01])).outcome == "no difference"


@given(MEANS, MEANS)
def test_interval_is_welchs(first: list[float], second: list[float]) -> None:
    logs = [np.log(first), np.log(second)]
    if min(values.std() for values in logs) < 1e-6:
        return
    ratio, low, high, _ = ratio_of_fps(made(first), made(second))
    interval = stats.ttest_ind(logs[1], logs[0], equal_var=False).confidence_interval()
    assert low is not None
    assert high is not None
    # This interval is around the ratio of the means, SciPy's around that of the geometric means.
    assert np.log(high / low) == pytest.approx(interval.high - interval.low)
    assert np.log(high / ratio) == pytest.approx(np.log(ratio / low))


def test_p_value_is_welchs() -> None:
    first, second = [0.01, 0.012], [0.013, 0.013 * 1.2]
    _, _, _, p = ratio_of_fps(made(first), made(second))
    expected = stats.ttest_ind(np.log(first), np.log(second), equal_var=False).pvalue
    assert p == pytest.approx(expected, rel=1e-9)
