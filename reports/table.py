"""`sotbench table`: tables of the scores on a data set, for papers, pages and programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.scoring import Record
from benchmarks.scoring.tables import attributes_table, comparisons_table, records_table
from benchmarks.tables import WRITERS, Table, without_intervals
from reports.left_out import LeftOut
from reports.presentation_options import add_tex_labels
from reports.published import source_notes
from reports.report_data import ReportData, add_report_options
from reports.several import add_datasets, read_reports
from reports.speed_records import read_speed_records, speed_row, speed_table
from reports.tables import datasets_table, presented, with_latex_options
from trackers.atomic import write_atomic
from trackers.commands import Parser, catch_user_errors, print_path
from trackers.errors import UserError
from trackers.registry import did_you_mean

_ENDINGS = {"markdown": "md", "latex": "tex", "html": "html", "csv": "csv"}

TableWithRecords = tuple[Table, list[Record]]
"""A table, and its rows at full precision for CSV."""


def accuracy(report: ReportData) -> TableWithRecords:
    """Returns all metrics of all trackers, best first, then published scores."""
    records = report.records + report.published_records
    return records_table(records, [report.profile], source_notes(report.shown_published)), records


def attributes(report: ReportData) -> TableWithRecords:
    """Returns one metric by attribute."""
    records = report.attribute_records
    return attributes_table(records, report.profile.metric(report.metric)), records


def speed(report: ReportData) -> TableWithRecords:
    """Returns the speed records, with the machines."""
    records = read_speed_records(report)
    return speed_table(records), [speed_row(record) for record in records]


def comparison(report: ReportData) -> TableWithRecords:
    """Returns the comparison of each pair of trackers in one metric."""
    # Imports SciPy, which is slow.
    from benchmarks.scoring.compare import compare, comparison_record, comparisons_caption

    report.check_several()
    by_name = {score.tracker: score for score in report.scores}
    metric = report.sequence_metric
    made = compare([by_name[name] for name in report.trackers], [metric])
    caption = (
        f"dataset {report.dataset}, protocol {report.protocol}, profile {report.profile.name}; "
        f"{comparisons_caption(made)}"
    )
    head: Record = {
        "dataset": report.dataset,
        "protocol": report.protocol,
        "profile": report.profile.name,
    }
    return comparisons_table(made, caption), [
        head | comparison_record(one, report.total_sequences) for one in made
    ]


KINDS: dict[str, Callable[[ReportData], TableWithRecords]] = {
    "accuracy": accuracy,
    "attributes": attributes,
    "speed": speed,
    "comparison": comparison,
}


def make_table(reports: Sequence[ReportData], kind: str) -> TableWithRecords:
    """Returns a table of one or several data sets, with trackers as they are shown.

    Raises:
        UserError: the results have no such table, or it is for one data set.
    """
    if len(reports) == 1:
        table, records = KINDS[kind](reports[0])
    elif kind == "accuracy":
        table, records = datasets_table(reports, reports[0].chosen_metric)
    else:
        raise UserError(
            f"a table of the kind '{kind}' is for one data set, not for {len(reports)}; several "
            "have the kind accuracy"
        )
    return presented(table, reports[0].presentation), records


def table_text(
    reports: Sequence[ReportData],
    kind: str,
    form: str = "markdown",
    interval: bool = True,
    *,
    caption: str | None = None,
    label: str | None = None,
    wide: bool = False,
) -> str:
    """Returns a table as text.

    Args:
        reports: the scores on each data set.
        kind: one of `KINDS`; `"accuracy"` for several data sets.
        form: `"csv"` (at full precision) or one of `WRITERS`.
        interval: whether to write 95 % intervals.
        caption: replaces the caption.
        label: the name by which LaTeX refers to the table.
        wide: whether it is as wide as both columns of a paper.

    Raises:
        UserError: the kind or the form is unknown, or these results have no such table.
    """
    for what, name, known in (("kind of table", kind, KINDS), ("format", form, _ENDINGS)):
        if name not in known:
            raise UserError(
                f"there is no {what} '{name}'{did_you_mean(name, list(known))}; there are: {', '.join(known)}"
            )
    table, records = make_table(reports, kind)
    names = [report.dataset for report in reports]
    return _render((with_latex_options(table, kind, names, caption, label, wide), records), form, interval)


def _render(made: TableWithRecords, form: str, interval: bool) -> str:
    table, records = made
    if form == "csv":
        from benchmarks.scoring.dataframes import records_csv

        return records_csv(records)
    return WRITERS[form](table if interval else without_intervals(table))


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench table",
        description="Write tables of the scores on a data set: the best in bold, the second underlined.",
        epilog="example: sotbench table --dataset otb2015 --kind accuracy attributes --format latex",
    )
    add_datasets(options)
    add_report_options(options)
    options.add_argument(
        "--kind", nargs="+", choices=list(KINDS), default=["accuracy"], help="(default: accuracy)"
    )
    options.add_argument(
        "--format",
        nargs="+",
        choices=list(_ENDINGS),
        default=["markdown"],
        help="csv has full precision, latex needs the package booktabs (default: markdown)",
    )
    options.add_argument("--no-interval", action="store_true", help="without 95 %% intervals")
    options.add_argument("--caption", metavar="TEXT", help="the caption, instead of what is shown")
    options.add_argument(
        "--latex-label", metavar="NAME", help="the label in LaTeX (default: tab:<datasets>-<kind>)"
    )
    options.add_argument(
        "--size",
        choices=("one-column", "two-column"),
        default="one-column",
        help="two-column: a table* in LaTeX, as wide as both columns (default: one-column)",
    )
    add_tex_labels(options)
    options.add_argument(
        "--out", type=Path, metavar="DIR", help="output folder for files <kind>.<format> (default: print)"
    )
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the runs and prints the tables, or writes them and prints their paths; 1 if one is left out."""
    chosen = parser().parse_args(arguments)
    kinds = list(dict.fromkeys(chosen.kind))
    if chosen.out is None and (len(chosen.format) > 1 or ("csv" in chosen.format and len(kinds) > 1)):
        raise UserError("several formats, or several tables in csv, need files: give --out DIR")
    reports = read_reports(chosen)
    names = [report.dataset for report in reports]
    wide = chosen.size == "two-column"
    left_out, made = LeftOut(), 0
    for kind in kinds:
        texts: dict[str, str] = {}
        with left_out.instead_of_failing(kind):
            table, records = make_table(reports, kind)
            table = with_latex_options(table, kind, names, chosen.caption, chosen.latex_label, wide)
            for form in chosen.format:
                texts[form] = _render((table, records), form, not chosen.no_interval)
        for form, text in texts.items():
            if chosen.out is None:
                print(("\n" if made else "") + text, end="")
                continue
            path = chosen.out / f"{kind}.{_ENDINGS[form]}"
            write_atomic(path, text.encode())
            print_path(path)
        made += bool(texts)
    return left_out.report(made)


if __name__ == "__main__":
    sys.exit(main(None))
