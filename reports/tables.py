"""Tables of scores: of one data set, or of several side by side; and how trackers are shown in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.scoring import Record
from benchmarks.scoring.tables import record_cell
from benchmarks.tables import Cell, Column, Table, mark_best
from benchmarks.tables.table import INTERVALS
from reports.presentation import Presentation
from reports.published import source_notes
from reports.report_data import ReportData
from reports.several import check_several, same_trackers
from trackers.errors import UserError
from trackers.wording import counted

_TRACKER_COLUMNS = ("tracker", "A", "B")
_MAX_PLAIN_COLUMNS = 5
"""Columns of numbers with intervals beside the values; with more, intervals are below them."""
_LABEL = re.compile(r"[A-Za-z0-9:._/+-]{1,100}", re.ASCII)


def datasets_table(reports: Sequence[ReportData], metric: str | None = None) -> tuple[Table, list[Record]]:
    """Returns a table with a row per tracker and a group of columns per data set, and its records.

    Each data set has the metrics of its own profile, or only `metric`. The best and the second of each column
    are marked. A tracker without results on a data set has empty cells there. Rows are in the order of
    `same_trackers`, then published scores.

    Args:
        reports: the scores on each data set.
        metric: the metric to show; None for all.

    Raises:
        UserError: a data set is given twice, or its profile has no such metric.
    """
    check_several(reports)
    own = same_trackers(reports)
    published: dict[str, None] = {}
    for report in reports:
        published |= dict.fromkeys(str(row["tracker"]) for row in report.published_records)
    names = [*own, *published]
    columns, groups, cells, notes = (
        [Column("tracker", numeric=False)],
        [("", 1)],
        [[Cell(name)] for name in names],
        [],
    )
    for report in reports:
        shown = [report.metric] if metric else report.metrics
        records = {str(row["tracker"]): row for row in (*report.records, *report.published_records)}
        groups.append((report.title, len(shown)))
        for name in shown:
            columns.append(Column(name.replace("_", "\n")))
            higher = report.profile.metric(name).higher_is_better
            values = [_value(records.get(tracker, {}), name) for tracker in names]
            for row, tracker, mark in zip(cells, names, mark_best(values, higher), strict=True):
                row.append(record_cell(records[tracker], name, mark) if tracker in records else Cell(""))
        notes += _partial_notes(report)
    first = reports[0]
    sources = [note for report in reports for note in source_notes(report.shown_published)]
    profiles = "; ".join(
        f"{report.title}: profile {report.profile.name}, {counted(report.max_scored_sequences, 'sequence')}"
        for report in reports
    )
    table = Table(
        tuple(columns),
        tuple(map(tuple, cells)),
        f"protocol {first.protocol}; {profiles}{INTERVALS}",
        (*notes, *dict.fromkeys(sources)),
        stacked=len(columns) - 1 > _MAX_PLAIN_COLUMNS,
        groups=tuple(groups),
    )
    return table, [row for report in reports for row in (*report.records, *report.published_records)]


def presented(table: Table, presentation: Presentation) -> Table:
    """Returns a table with the trackers' labels instead of their names, highlighted ones in bold."""
    named = [column.heading in _TRACKER_COLUMNS and not column.numeric for column in table.columns]
    rows = tuple(
        tuple(
            _presented_cell(cell, presentation) if is_name else cell
            for cell, is_name in zip(row, named, strict=True)
        )
        for row in table.rows
    )
    notes = tuple(_presented_note(note, presentation) for note in table.notes)
    return replace(table, rows=rows, notes=notes)


def with_latex_options(
    table: Table, kind: str, datasets: Sequence[str], caption: str | None, label: str | None, wide: bool
) -> Table:
    """Returns a table with caption and LaTeX's label: those given, or a label such as `tab:otb2015-accuracy`.

    Raises:
        UserError: the label has characters that LaTeX's labels cannot have, or the caption is empty.
    """
    if label is None:
        label = "tab:" + re.sub(r"[^A-Za-z0-9:.+-]", "-", f"{'-'.join(datasets)}-{kind}")[:96]
    elif not _LABEL.fullmatch(label):
        raise UserError(
            f"'{label}' is no label for LaTeX; use letters, digits and :._/+-, such as tab:results"
        )
    if caption is not None and not caption.strip():
        raise UserError("the caption is empty; write one, or drop --caption")
    return replace(table, caption=caption or table.caption, label=label, wide=wide)


def _presented_cell(cell: Cell, presentation: Presentation) -> Cell:
    entry = presentation.entry(cell.text)
    if entry.label is None and not entry.highlight:
        return cell
    tex = entry.label if entry.label and presentation.tex_labels else ""
    return replace(cell, text=entry.label or cell.text, tex=tex, bold=entry.highlight)


def _presented_note(note: str, presentation: Presentation) -> str:
    """Returns a note on a tracker, which begins with its name, with its label."""
    name, colon, rest = note.partition(": ")
    return f"{presentation.label(name)}{colon}{rest}"


def _partial_notes(report: ReportData) -> list[str]:
    return [
        f"{row['tracker']}: {row['sequences']} of {row['of']} sequences of {report.title}."
        for row in report.records
        if row["sequences"] != report.max_scored_sequences
    ]


def _value(record: Record, metric: str) -> float | None:
    value = record.get(metric)
    return None if value is None else float(value)
