"""What plots draw, as records."""

from __future__ import annotations

import numpy as np
import pytest
from example_scores import report, score, vot_report

from benchmarks.scoring.statistics import bootstrap_interval
from reports.plots.data import plot_records

TWO = (score("Slow", 0.4), score("Fast", 0.7))


@pytest.mark.parametrize("kind", ["success", "precision", "normalized-precision"])
def test_records_of_curves_are_the_drawn_points(kind):
    rows = plot_records([report(TWO)], kind)
    name = kind.replace("-", "_")
    for one in TWO:
        own = [row for row in rows if row["tracker"] == one.tracker]
        assert [row["value"] for row in own] == pytest.approx(one.curves[name].mean(axis=0))
        low, high = bootstrap_interval(one.curves[name])
        assert [row["low"] for row in own] == pytest.approx(low)
        assert [row["high"] for row in own] == pytest.approx(high)
    assert rows[0]["tracker"] == "Fast"
    assert rows[0]["dataset"] == "d"


def test_records_of_other_kinds():
    shown = report(TWO)
    assert plot_records([shown], "scores") == shown.records
    assert plot_records([shown], "attributes") == shown.attribute_records
    rows = plot_records([shown], "sequences")
    assert len(rows) == 20
    assert all(row["difference"] == pytest.approx(row["Fast"] - row["Slow"]) for row in rows)


def test_records_of_expected_overlap():
    rows = plot_records([vot_report()], "eao")
    lengths = np.array([row["length"] for row in rows if row["tracker"] == "fails 1 times"])
    assert (np.diff(lengths) > 0).all()
    assert all(0 <= row["low"] <= row["high"] <= 1 for row in rows)
