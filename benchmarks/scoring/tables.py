"""Scores and comparisons as tables, and records as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.scoring.metrics import METRICS
from benchmarks.scoring.run_score import Record
from benchmarks.scoring.statistics import format_p
from benchmarks.tables import Cell, Column, Mark, Table, mark_best
from benchmarks.tables.table import INTERVALS, number_cell

if TYPE_CHECKING:
    # SciPy's tests take their time to import, and scores do without them.
    from benchmarks.scoring.compare import Comparison

_LABELS = ("tracker", "dataset", "protocol", "profile", "sequence", "attribute")
"""What says whose figures a row has."""


def records_csv(records: Sequence[Record]) -> str:
    """Records as CSV with a header line, at full precision; what a record lacks stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _keys(records), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def records_table(records: Sequence[Record], notes: Sequence[str] = ()) -> Table:
    """Records as a table: three decimals, 95 % intervals in brackets, the count of sequences beside them.

    What all rows share (data set, protocol, profile; one tracker's sequences or attributes) is said once, in
    the caption. Below is a line per profile for records that say what makes theirs differ, then `notes`.
    The best and the second figure are marked among rows that differ in the tracker alone.
    """
    keys = _keys(records)
    by_part = "sequence" in keys or "attribute" in keys
    sayable = [*(["tracker"] if by_part else []), "dataset", "protocol", "profile"]
    shared = [key for key in sayable if len({record[key] for record in records}) == 1]
    labels = [key for key in _LABELS if key in keys and key not in shared]
    metrics = metric_names(records)
    said = [f"{key} {records[0][key]}" for key in shared]
    differences = {record["profile"]: record["differs"] for record in records if "differs" in record}
    marks = {metric: _marks(records, metric) for metric in metrics}
    counted = "frames" if "sequence" in keys else "sequences"
    return Table(
        columns=(
            *(Column(key, numeric=False) for key in labels),
            *(Column(key.replace("_", "\n")) for key in (counted, *metrics)),
        ),
        rows=tuple(
            (
                *(Cell(str(record[key])) for key in labels),
                Cell(str(record["frames"]) if "sequence" in keys else _count(record)),
                *(record_cell(record, metric, marks[metric][place]) for metric in metrics),
            )
            for place, record in enumerate(records)
        ),
        caption=", ".join(said) + ("" if "sequence" in keys else INTERVALS),
        notes=(
            *(f"{name}: {text}" for name, text in differences.items()),
            *([] if by_part else _spreads(records, metrics)),
            *notes,
        ),
    )


def _spreads(records: Sequence[Record], metrics: Sequence[str]) -> list[str]:
    """A line for each record of several repetitions: how much its figures differ among these."""
    return [
        f"{record['tracker']}: the mean of {record['repetitions']} runs; standard deviation over the runs: "
        + ", ".join(
            f"{name.replace('_', ' ')} {_number(record[f'{name}_std']):.4f}"
            for name in metrics
            if f"{name}_std" in record
        )
        for record in records
        if "repetitions" in record
    ]


def attributes_table(records: Sequence[Record], metric: str) -> Table:
    """One metric by attribute: a row per tracker, a column per attribute.

    Args:
        records: by attribute, of trackers on one data set under one profile.
        metric: the name of a figure that they have.
    """
    by_tracker: dict[str, dict[str, Record]] = {}
    for record in records:
        by_tracker.setdefault(str(record["tracker"]), {})[str(record["attribute"])] = record
    attributes = list(dict.fromkeys(str(record["attribute"]) for record in records))
    most = {
        name: max(int(rows[name]["sequences"] or 0) for rows in by_tracker.values() if name in rows)
        for name in attributes
    }
    cells = {}
    for name in attributes:
        rows = [trackers.get(name, {}) for trackers in by_tracker.values()]
        marks = _marked([row.get(metric) for row in rows], metric)
        cells[name] = [record_cell(row, metric, mark) for row, mark in zip(rows, marks, strict=True)]
    first = records[0]
    return Table(
        columns=(
            Column("tracker", numeric=False),
            *(Column(f"{name}\n({most[name]})") for name in attributes),
        ),
        rows=tuple(
            (Cell(tracker), *(cells[name][place] for name in attributes))
            for place, tracker in enumerate(by_tracker)
        ),
        caption=f"{metric.replace('_', ' ')} by attribute, dataset {first['dataset']}, "
        f"protocol {first['protocol']}, profile {first['profile']}{INTERVALS}",
        notes=("In brackets under an attribute: how many sequences have it.",),
        stacked=True,
    )


def ranking_table(records: Sequence[Record]) -> Table:
    """VOT's ranking as a table: both figures with their ranks, and the mean of the ranks."""
    first = records[0]
    caption = f"dataset {first['dataset']}, protocol {first['protocol']}, profile {first['profile']}; "
    headings = ("sequences", "accuracy", "rank", "robustness", "rank", "mean rank")
    figures = (("accuracy", 3), ("accuracy_rank", 2), ("robustness", 3), ("robustness_rank", 2), ("rank", 2))
    return Table(
        columns=(Column("tracker", numeric=False), *map(Column, headings)),
        rows=tuple(
            (
                Cell(str(record["tracker"])),
                Cell(_count(record)),
                *(number_cell(_number(record[key]), digits=digits) for key, digits in figures),
            )
            for record in records
        ),
        caption=caption + "rank 1 is the best, ties share their mean",
    )


def comparisons_table(comparisons: Sequence[Comparison], caption: str, notes: Sequence[str] = ()) -> Table:
    """Comparisons as a table: three decimals, 95 % intervals in brackets, p-values as they decide."""
    headings = ("A", "B", "A - B", "p\nbootstrap", "p\nWilcoxon", "sequences")
    return Table(
        columns=(
            *(Column(heading, numeric=False) for heading in ("A", "B", "metric")),
            *map(Column, headings),
        ),
        rows=tuple(
            (
                *map(Cell, (one.a, one.b, one.metric.replace("_", " "))),
                number_cell(one.value_a),
                number_cell(one.value_b),
                Cell(
                    f"{one.difference:+.3f}",
                    None if one.low is None or one.high is None else (f"{one.low:+.3f}", f"{one.high:+.3f}"),
                ),
                Cell(format_p(one.corrected_bootstrap)),
                Cell(format_p(one.corrected_wilcoxon)),
                Cell(str(one.sequences)),
            )
            for one in comparisons
        ),
        caption=caption,
        notes=tuple(notes),
    )


def metric_names(records: Sequence[Record]) -> list[str]:
    """The figures that records have, in their order."""
    return [key for key in _keys(records) if key in METRICS]


def record_cell(record: Record, metric: str, mark: Mark = Mark.NONE) -> Cell:
    """A record's figure with its interval."""
    value, low, high = (_number(record.get(key)) for key in (metric, f"{metric}_low", f"{metric}_high"))
    return number_cell(value, low, high, mark)


def _marks(records: Sequence[Record], metric: str) -> list[Mark]:
    """One mark per record, given among those that differ in the tracker alone."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, record in enumerate(records):
        alike = tuple(record.get(key) for key in _LABELS if key != "tracker")
        groups.setdefault(alike, []).append(place)
    marks = [Mark.NONE] * len(records)
    for places in groups.values():
        given = _marked([records[place].get(metric) for place in places], metric)
        for place, mark in zip(places, given, strict=True):
            marks[place] = mark
    return marks


def _marked(values: Sequence[str | float | None], metric: str) -> list[Mark]:
    return mark_best([_number(value) for value in values], higher_is_better=METRICS[metric].higher_is_better)


def _count(record: Record) -> str:
    return "" if record["sequences"] is None else f"{record['sequences']} of {record['of']}"


def _keys(records: Sequence[Record]) -> list[str]:
    """All keys, in the order in which they first appear."""
    return list(dict.fromkeys(key for record in records for key in record))


def _number(value: str | float | None) -> float | None:
    return None if value is None else float(value)
