"""Records as tables and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from rich.console import Console

from benchmarks.scoring import OTB, Record
from benchmarks.scoring.compare import Comparison
from benchmarks.scoring.dataframes import records_csv
from benchmarks.scoring.metrics import (
    FAILURES,
    NORMALIZED_PRECISION_20,
    PRECISION_20,
    ROBUSTNESS,
    SUCCESS_AUC,
)
from benchmarks.scoring.profiles import TC128
from benchmarks.scoring.statistics import format_p
from benchmarks.scoring.tables import (
    attributes_table,
    comparisons_table,
    ranking_table,
    records_table,
)
from benchmarks.tables import Cell, Column, Mark, Table
from benchmarks.tables.terminal import print_table

METRICS = (SUCCESS_AUC, PRECISION_20, NORMALIZED_PRECISION_20, ROBUSTNESS, FAILURES)
PROFILES = [replace(profile, metrics=METRICS) for profile in (OTB, TC128)]


def record(tracker: str, success: float, **more: str | float | None) -> Record:
    shared: Record = {"tracker": tracker, "dataset": "d", "protocol": "ope", "profile": "otb"}
    ends: Record = {"success": success, "success_low": success - 0.0111, "success_high": success + 0.04}
    return shared | {"sequences": 9, "of": 100, "frames": 4321} | ends | more


def printed(records: list[Record], width: int = 100) -> str:
    output = io.StringIO()
    print_table(Console(file=output, width=width), records_table(records, PROFILES))
    return output.getvalue()


def test_table_has_decimals_intervals_and_counts():
    text = printed([record("SiamFC", 0.58211), record("still", 0.96)])
    assert "SiamFC 9 of 100 0.582 [.571 .622]" in " ".join(text.split())
    assert "0.960 [.949 1.000]" in text
    assert "dataset d, protocol ope, profile otb" in text


INTERVALS = ", [95 % interval over sequences]"


def test_table_of_trackers():
    records = [
        record("a", 0.5, robustness=1.5, robustness_low=1.0, robustness_high=2.0),
        record("b", 0.75, robustness=0.25, robustness_low=None, robustness_high=None, sequences=None),
        record("c", 0.625, robustness=None, robustness_low=None, robustness_high=None),
    ]
    assert records_table(records, PROFILES, notes=["a note"]) == Table(
        columns=(
            Column("tracker", numeric=False),
            Column("sequences"),
            Column("success"),
            Column("robustness"),
        ),
        rows=(
            (
                Cell("a"),
                Cell("9 of 100"),
                Cell("0.500", (".489", ".540")),
                Cell("1.500", ("1.000", "2.000"), Mark.SECOND),
            ),
            (
                Cell("b"),
                Cell(""),
                Cell("0.750", (".739", ".790"), Mark.BEST),
                Cell("0.250", None, Mark.BEST),
            ),
            (Cell("c"), Cell("9 of 100"), Cell("0.625", (".614", ".665"), Mark.SECOND), Cell("")),
        ),
        caption="dataset d, protocol ope, profile otb" + INTERVALS,
        notes=("a note",),
    )


def test_table_of_sequences():
    ends = {"normalized_precision": 0.5, "normalized_precision_low": None, "normalized_precision_high": None}
    records = [
        record(tracker, success, sequence=name, success_low=None, success_high=None, frames=frames) | ends
        for name, frames in (("Bolt", 350), ("Car1", 1020))
        for tracker, success in (("a", 0.5), ("b", 0.25))
    ]
    table = records_table(records, PROFILES)
    assert table == Table(
        columns=(
            Column("tracker", numeric=False),
            Column("sequence", numeric=False),
            Column("frames"),
            Column("success"),
            Column("normalized\nprecision"),
        ),
        rows=tuple(
            (Cell(tracker), Cell(name), Cell(frames), Cell(success, None, mark), Cell("0.500"))
            for name, frames in (("Bolt", "350"), ("Car1", "1020"))
            for tracker, success, mark in (("a", "0.500", Mark.BEST), ("b", "0.250", Mark.SECOND))
        ),
        caption="dataset d, protocol ope, profile otb",
    )
    assert records_table(records[::2], PROFILES).caption == "tracker a, dataset d, protocol ope, profile otb"


def test_marks_compare_only_trackers():
    records = [
        record("a", 0.5, attribute="SV", differs="x"),
        record("a", 0.75, attribute="OCC", differs="x"),
        record("a", 0.75, attribute="OCC", profile="tc128", differs="y"),
    ]
    table = records_table(records, PROFILES)
    assert {cell.mark for row in table.rows for cell in row} == {Mark.NONE}
    assert [column.heading for column in table.columns] == ["profile", "attribute", "sequences", "success"]
    assert table.caption == "tracker a, dataset d, protocol ope" + INTERVALS
    assert table.notes == ("otb: x", "tc128: y")


def test_marks_follow_the_metric_of_each_profile():
    lower = replace(OTB, name="lower", metrics=(replace(SUCCESS_AUC, higher_is_better=False),))
    records = [
        record(tracker, success, profile=profile)
        for profile in ("lower", "otb")
        for tracker, success in (("a", 0.5), ("b", 0.25))
    ]
    for profiles in ([lower, OTB], [OTB, lower]):
        table = records_table(records, profiles)
        assert [row[-1].mark for row in table.rows] == [Mark.SECOND, Mark.BEST, Mark.BEST, Mark.SECOND]


def test_table_of_attributes():
    records = [
        record("a", 0.5, attribute="SV", sequences=4),
        record("a", 0.25, attribute="LR", sequences=2),
        record("b", 0.75, attribute="SV", sequences=3),
        record("b", 0.125, attribute="OCC", sequences=None),
    ]
    assert attributes_table(records, SUCCESS_AUC) == Table(
        columns=(
            Column("tracker", numeric=False),
            Column("SV\n(4)"),
            Column("LR\n(2)"),
            Column("OCC\n(0)"),
        ),
        rows=(
            (
                Cell("a"),
                Cell("0.500", (".489", ".540"), Mark.SECOND),
                Cell("0.250", (".239", ".290")),
                Cell(""),
            ),
            (
                Cell("b"),
                Cell("0.750", (".739", ".790"), Mark.BEST),
                Cell(""),
                Cell("0.125", (".114", ".165")),
            ),
        ),
        caption="success by attribute, dataset d, protocol ope, profile otb" + INTERVALS,
        notes=("In brackets under an attribute: the number of sequences that have it.",),
        stacked=True,
    )
    assert len(attributes_table(records[:1], SUCCESS_AUC).rows) == 1
    lower = [
        record(
            tracker,
            0.5,
            attribute="size_change",
            mean_failures=1.0,
            failures=failures,
            failures_low=None,
            failures_high=None,
        )
        for tracker, failures in (("a", 3.0), ("b", 2.0))
    ]
    table = attributes_table(lower, FAILURES)
    assert [row[1].mark for row in table.rows] == [Mark.SECOND, Mark.BEST]
    named = [row | {"normalized_precision": 0.5} for row in records]
    assert attributes_table(named, NORMALIZED_PRECISION_20).caption.startswith("normalized precision by attr")


def test_table_of_ranking():
    ranked = {"accuracy": 0.5, "accuracy_rank": 1.5, "robustness": 0.25, "robustness_rank": 2.0, "rank": 1.75}
    assert ranking_table([record("a", 0.5) | ranked]) == Table(
        columns=(
            Column("tracker", numeric=False),
            *map(Column, ("sequences", "accuracy", "rank", "robustness", "rank", "mean rank")),
        ),
        rows=((*map(Cell, ("a", "9 of 100", "0.500", "1.50", "0.250", "2.00", "1.75")),),),
        caption="dataset d, protocol ope, profile otb; rank 1 is the best, tied trackers get their mean rank",
    )


def test_table_of_comparisons():
    one = replace(comparison(low=None, difference=-0.25), metric="normalized_precision")
    assert comparisons_table([comparison(), one, comparison(high=None)], "of what", ["a note"]) == Table(
        columns=(
            *(Column(heading, numeric=False) for heading in ("A", "B", "metric")),
            *map(Column, ("A", "B", "A - B", "p\nbootstrap", "p\nWilcoxon", "sequences")),
        ),
        rows=tuple(
            (
                *map(Cell, ("A[x]", "B", metric, "0.500", "0.400")),
                Cell(difference, ends),
                *map(Cell, ("0.0300", "0.0400", "9")),
            )
            for metric, difference, ends in (
                ("success", "+0.100", ("-0.011", "+0.200")),
                ("normalized precision", "-0.250", None),
                ("success", "+0.100", None),
            )
        ),
        caption="of what",
        notes=("a note",),
    )


def test_keys_that_differ_are_columns():
    text = printed([record("a", 0.5), record("a", 0.6, profile="tc128")])
    assert "dataset d, protocol ope, [95 % interval" in text
    assert "tc128" in text


def test_profile_differences_are_noted_once():
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
    fixed = {"comparisons": 3, "signs_agree": True, "higher_is_better": True}
    return Comparison("success", "A[x]", "B", 9, **(fixed | values | changes))


def test_comparisons_show_interval_and_corrected_p():
    output = io.StringIO()
    table = comparisons_table([comparison(), comparison(low=None, high=None, difference=-0.25)], "of what")
    print_table(Console(file=output, width=100), table)
    text = " ".join(output.getvalue().split())
    assert "A[x] B success 0.500 0.400 +0.100 [-0.011 +0.200] 0.0300 0.0400 9" in text
    assert "-0.250 0.0300" in text
    assert text.endswith("of what")


def test_row_of_a_sequence_has_frames_and_no_interval():
    row = record("a", 0.5, sequence="Bolt", success_low=None, success_high=None)
    text = printed([row, row | {"sequence": "Biker"}])
    assert "frames" in text
    assert "4321" in text
    assert "0.500 \n" in text
    assert "tracker a, dataset d" in text


def test_numbers_do_not_wrap_in_a_narrow_terminal():
    text = printed([record("a-tracker-with-a-rather-long-name", 0.5)], width=50)
    assert "0.500 [.489 .540]" in text
    assert max(map(len, text.splitlines())) <= 50


def test_csv_has_full_precision_and_blanks():
    rows = [record("a,b", 1 / 3), record("c", 0.5, success_low=None) | {"precision": 0.25}]
    read = list(csv.DictReader(io.StringIO(records_csv(rows))))
    assert records_csv(rows).count("\n") == 3
    assert "\r" not in records_csv(rows)
    assert [row["tracker"] for row in read] == ["a,b", "c"]
    assert float(read[0]["success"]) == 1 / 3
    assert (read[1]["success_low"], read[0]["precision"], read[1]["precision"]) == ("", "", "0.25")


def test_no_records_at_all():
    records_csv([])
    records_table([], PROFILES)


def test_p_value_is_never_shown_as_zero():
    assert [format_p(p) for p in (0.0, 0.00009999, 0.0001, 0.0123, 1.0)] == [
        *("< 0.0001", "< 0.0001", "0.0001", "0.0123", "1.0000")
    ]
    [row] = comparisons_table([comparison(corrected_bootstrap=0.0, corrected_wilcoxon=1e-6)], "of what").rows
    assert [cell.text for cell in row[6:8]] == ["< 0.0001", "< 0.0001"]
