"""Metrics: the registry, sorting, and reading values off curves."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scoring import PROFILES
from benchmarks.scoring.metrics import (
    AVERAGE_OVERLAP,
    EAO,
    FAILURES,
    NORMALIZED_PRECISION_20,
    NORMALIZED_PRECISION_AUC,
    PRECISION_20,
    ROBUSTNESS,
    SUCCESS_AUC,
)
from benchmarks.scoring.profiles.trackingnet import COVERAGE

# Of others, with metrics of the same names: robustness is a share of frames, precision an overlap or an area.
OTHERS = ("trackingnet", "vot2020", "vot-lt")
METRICS = {
    metric.name: metric for name in PROFILES if name not in OTHERS for metric in PROFILES.load(name).metrics
} | {"coverage": COVERAGE}


def test_only_failures_are_better_when_lower():
    assert [name for name, metric in METRICS.items() if not metric.higher_is_better] == [
        "robustness",
        "failures",
    ]


def test_metrics_with_a_curve_have_labels_for_its_axes():
    curves = [metric for metric in METRICS.values() if metric.curve_title]
    assert [metric.name for metric in curves] == ["success", "precision", "normalized_precision", "eao"]
    assert all(metric.x_label and metric.y_label for metric in curves)


@pytest.mark.parametrize("name", list(PROFILES))
def test_profiles_find_their_metrics_by_name(name):
    loaded = PROFILES.load(name)
    main = "f_score" if name == "vot-lt" else "eao" if name.startswith("vot") else "success"
    assert loaded.main_metric.name == main
    for metric in loaded.metrics:
        assert loaded.metric(metric.name) is metric
        if name not in OTHERS or metric.name == "success":
            assert METRICS[metric.name].label == metric.label  # only the value read off the curve differs
    with pytest.raises(KeyError):
        loaded.metric("speed")


def test_sort_key_puts_the_best_first_and_none_last():
    values = [0.5, None, 0.7, 0]
    assert sorted(values, key=EAO.sort_key) == [0.7, 0.5, 0, None]
    assert sorted(values, key=ROBUSTNESS.sort_key) == [0, 0.5, 0.7, None]


def test_values_are_read_at_a_threshold_or_averaged():
    curve = np.arange(51.0)
    assert PRECISION_20.value(curve) == NORMALIZED_PRECISION_20.value(curve) == 20
    assert NORMALIZED_PRECISION_AUC.value(curve) == 25
    assert SUCCESS_AUC.score(np.ones(7)) == pytest.approx(20 / 21)
    assert PRECISION_20.score(np.array([20.0, 20.1])) == 0.5


def test_average_overlap_counts_misses_as_0_and_is_0_without_frames():
    assert AVERAGE_OVERLAP.score(np.array([0.5, -1.0])) == 0.25
    assert AVERAGE_OVERLAP.score(np.empty(0)) == 0


def test_per_sequence_values_exclude_eao_and_failures():
    assert [metric for metric in METRICS.values() if not metric.per_sequence] == [FAILURES, EAO]
