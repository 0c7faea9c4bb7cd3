"""Tables of scores and comparisons, and records as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.scoring.metrics import Metric
from benchmarks.scoring.run_score import Record
from benchmarks.scoring.statistics import format_p
from benchmarks.tables import Cell, Column, Mark, Table, mark_best
from benchmarks.tables.table import INTERVALS, number_cell

if TYPE_CHECKING:
    # Importing SciPy's tests is slow, and scores do not need them.
    from benchmarks.scoring.compare import Comparison
    from benchmarks.scoring.profiles import ScoringProfile

_LABELS = ("tracker", "dataset", "protocol", "profile", "sequence", "attribute")
"""The keys that identify a record."""


def records_table(
    records: Sequence[Record], profiles: Sequence[ScoringProfile], notes: Sequence[str] = ()
) -> Table:
    """Returns a table of records: three decimals, 95 % intervals in brackets, the number of sequences.

    Values that are the same in all rows (data set, protocol, profile; the tracker, if rows are sequences or
    attributes) are in the caption. Below are a line per profile, if records say why its scores differ, and
    then `notes`. The best and second-best values are marked among rows that differ only in the tracker.

    Args:
        records: the rows.
        profiles: those that the records were scored by.
        notes: sentences below the table.
    """
    keys = _keys(records)
    by_part = "sequence" in keys or "attribute" in keys
    shareable = [*(["tracker"] if by_part else []), "dataset", "protocol", "profile"]
    shared = [key for key in shareable if len({record[key] for record in records}) == 1]
    labels = [key for key in _LABELS if key in keys and key not in shared]
    metrics = metric_names(records, profiles)
    caption = [f"{key} {records[0][key]}" for key in shared]
    differences = {record["profile"]: record["differs"] for record in records if "differs" in record}
    marks = {metric: _marks(records, metric, profiles) for metric in metrics}
    count = "frames" if "sequence" in keys else "sequences"
    return Table(
        columns=(
            *(Column(key, numeric=False) for key in labels),
            *(Column(key.replace("_", "\n")) for key in (count, *metrics)),
        ),
        rows=tuple(
            (
                *(Cell(str(record[key])) for key in labels),
                Cell(str(record["frames"]) if "sequence" in keys else _count(record)),
                *(record_cell(record, metric, marks[metric][place]) for metric in metrics),
            )
            for place, record in enumerate(records)
        ),
        caption=", ".join(caption) + ("" if "sequence" in keys else INTERVALS),
        notes=(
            *(f"{name}: {text}" for name, text in differences.items()),
            *([] if by_part else _repetition_notes(records, metrics)),
            *notes,
        ),
    )


def _repetition_notes(records: Sequence[Record], metrics: Sequence[str]) -> list[str]:
    """Returns a line per record of several repetitions, with the standard deviation over them."""
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


def attributes_table(records: Sequence[Record], metric: Metric) -> Table:
    """Returns a table of one metric with a row per tracker and a column per attribute.

    Args:
        records: by attribute, of trackers on one data set under one profile.
        metric: a metric that they have.
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
        marks = _marked([row.get(metric.name) for row in rows], metric)
        cells[name] = [record_cell(row, metric.name, mark) for row, mark in zip(rows, marks, strict=True)]
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
        caption=f"{metric.name.replace('_', ' ')} by attribute, dataset {first['dataset']}, "
        f"protocol {first['protocol']}, profile {first['profile']}{INTERVALS}",
        notes=("In brackets under an attribute: the number of sequences that have it.",),
        stacked=True,
    )


def ranking_table(records: Sequence[Record]) -> Table:
    """Returns a table of VOT's ranking: accuracy and robustness with their ranks, and the mean rank."""
    first = records[0]
    caption = f"dataset {first['dataset']}, protocol {first['protocol']}, profile {first['profile']}; "
    headings = ("sequences", "accuracy", "rank", "robustness", "rank", "mean rank")
    columns = (("accuracy", 3), ("accuracy_rank", 2), ("robustness", 3), ("robustness_rank", 2), ("rank", 2))
    return Table(
        columns=(Column("tracker", numeric=False), *map(Column, headings)),
        rows=tuple(
            (
                Cell(str(record["tracker"])),
                Cell(_count(record)),
                *(number_cell(_number(record[key]), digits=digits) for key, digits in columns),
            )
            for record in records
        ),
        caption=caption + "rank 1 is the best, tied trackers get their mean rank",
    )


def comparisons_table(comparisons: Sequence[Comparison], caption: str, notes: Sequence[str] = ()) -> Table:
    """Returns a table of comparisons: three decimals, 95 % intervals in brackets, corrected p-values."""
    headings = ("A", "B", "A - B", "p\nbootstrap", "p\nWilcoxon", "sequences")
    return Table(
        columns=(
            *(Column(heading, numeric=False) for heading in ("A", "B", "metric")),
            *map(Column, headings),
        ),
        rows=tuple(
            (
                *map(Cell, (comparison.a, comparison.b, comparison.metric.replace("_", " "))),
                number_cell(comparison.value_a),
                number_cell(comparison.value_b),
                Cell(
                    f"{comparison.difference:+.3f}",
                    None
                    if comparison.low is None or comparison.high is None
                    else (f"{comparison.low:+.3f}", f"{comparison.high:+.3f}"),
                ),
                Cell(format_p(comparison.corrected_bootstrap)),
                Cell(format_p(comparison.corrected_wilcoxon)),
                Cell(str(comparison.sequences)),
            )
            for comparison in comparisons
        ),
        caption=caption,
        notes=tuple(notes),
    )


def metric_names(records: Sequence[Record], profiles: Sequence[ScoringProfile]) -> list[str]:
    """Returns the names of the profiles' metrics that records have, in their order."""
    known = {metric.name for profile in profiles for metric in profile.metrics}
    return [key for key in _keys(records) if key in known]


def record_cell(record: Record, metric: str, mark: Mark = Mark.NONE) -> Cell:
    """Returns the cell of a record's value with its interval."""
    value, low, high = (_number(record.get(key)) for key in (metric, f"{metric}_low", f"{metric}_high"))
    return number_cell(value, low, high, mark)


def _marks(records: Sequence[Record], metric: str, profiles: Sequence[ScoringProfile]) -> list[Mark]:
    """Returns a mark per record, among those that differ only in the tracker.

    Profiles may define a metric of the same name in different ways, so each record's own decides.
    """
    by_profile = {
        profile.name: {known.name: known for known in profile.metrics}.get(metric) for profile in profiles
    }
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, record in enumerate(records):
        group = tuple(record.get(key) for key in _LABELS if key != "tracker")
        groups.setdefault(group, []).append(place)
    marks = [Mark.NONE] * len(records)
    for places in groups.values():
        own_metric = by_profile.get(str(records[places[0]]["profile"]))
        if own_metric is None:
            continue
        given = _marked([records[place].get(metric) for place in places], own_metric)
        for place, mark in zip(places, given, strict=True):
            marks[place] = mark
    return marks


def _marked(values: Sequence[str | float | None], metric: Metric) -> list[Mark]:
    return mark_best([_number(value) for value in values], higher_is_better=metric.higher_is_better)


def _count(record: Record) -> str:
    return "" if record["sequences"] is None else f"{record['sequences']} of {record['of']}"


def _keys(records: Sequence[Record]) -> list[str]:
    """Returns all keys, in the order in which they first appear."""
    return list(dict.fromkeys(key for record in records for key in record))


def _number(value: str | float | None) -> float | None:
    return None if value is None else float(value)
