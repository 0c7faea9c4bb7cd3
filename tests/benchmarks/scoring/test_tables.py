"""Records as tables and CSV."""

from __future__ import annotations

import csv
import io

import pytest
from rich.console import Console

from benchmarks.scoring import Record
from benchmarks.scoring.compare import Comparison
from benchmarks.scoring.tables import comparisons_table, records_csv, records_table
from benchmarks.tables.terminal import print_table


def record(tracker: str, success: float, **more: str | float | None) -> Record:
    shared: Record = {"tracker": tracker, "dataset": "d", "protocol": "ope", "profile": "otb"}
    ends: Record = {"success": success, "success_low": success - 0.0111, "success_high": success + 0.04}
    return shared | {"sequences": 9, "of": 100, "frames": 4321} | ends | more


def printed(records: list[Record], width: int = 100) -> str:
    output = io.StringIO()
    print_table(Console(file=output, width=width), records_table(records))
    return output.getvalue()


def test_table_shows_three_decimals_the_interval_and_the_count():
    text = printed([record("SiamFC", 0.58211), record("still", 0.96)])
    assert "SiamFC 9 of 100 0.582 [.571 .622]" in " ".join(text.split())
    assert "0.960 [.949 1.000]" in text
    assert "dataset d, protocol ope, profile otb" in text


def test_what_differs_between_rows_is_a_column():
    text = printed([record("a", 0.5), record("a", 0.6, profile="tc128")])
    assert "dataset d, protocol ope, [95 % interval" in text
    assert "tc128" in text


def test_what_makes_profiles_differ_is_said_once_for_each():
    rows = [
        record(tracker, 0.5, profile=profile, differs=f"the rules of {profile}")
        for tracker in ("a", "b")
        for profile in ("otb", "tc128")
    ]
    text = printed(rows)
    assert text.count("otb: the rules of otb") == 1
    assert text.count("tc128: the rules of tc128") == 1
    assert "the rules" not in text.split("dataset d")[0]


def comparison(**changes: float | None) -> Comparison:
    values = {
        "value_a": 0.5,
        "value_b": 0.4,
        "difference": 0.1,
        "low": -0.0111,
        "high": 0.2,
        "p_bootstrap": 0.01,
        "p_wilcoxon": 0.02,
        "corrected_bootstrap": 0.03,
        "corrected_wilcoxon": 0.04,
    }
    return Comparison("success", "A[x]", "B", 9, comparisons=3, consistent=True, **(values | changes))


def test_comparisons_show_the_interval_and_the_p_values_that_decide():
    output = io.StringIO()
    table = comparisons_table([comparison(), comparison(low=None, high=None, difference=-0.25)], "of what")
    print_table(Console(file=output, width=100), table)
    text = " ".join(output.getvalue().split())
    assert "A[x] B success 0.500 0.400 +0.100 [-0.011 +0.200] 0.0300 0.0400 9" in text
    assert "-0.250 0.0300" in text
    assert text.endswith("of what")


def test_a_sequences_row_has_its_frames_and_no_interval():
    row = record("a", 0.5, sequence="Bolt", success_low=None, success_high=None)
    text = printed([row, row | {"sequence": "Biker"}])
    assert "frames" in text
    assert "4321" in text
    assert "0.500 \n" in text
    assert "tracker a, dataset d" in text


def test_figures_stay_whole_in_a_narrow_terminal():
    text = printed([record("a-tracker-with-a-rather-long-name", 0.5)], width=50)
    assert "0.500 [.489 .540]" in text
    assert max(map(len, text.splitlines())) <= 50


def test_csv_keeps_full_precision_and_leaves_blanks():
    rows = [record("a,b", 1 / 3), record("c", 0.5, success_low=None) | {"precision": 0.25}]
    read = list(csv.DictReader(io.StringIO(records_csv(rows))))
    assert [row["tracker"] for row in read] == ["a,b", "c"]
    assert float(read[0]["success"]) == 1 / 3
    assert (read[1]["success_low"], read[0]["precision"], read[1]["precision"]) == ("", "", "0.25")


@pytest.mark.parametrize("function", [records_csv, records_table])
def test_no_records_at_all(function):
    function([])
