"""`python -m reports.table`: tables of the results on a data set, for a paper, a page or a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.scoring import Record
from benchmarks.scoring.tables import attributes_table, comparisons_table, records_csv, records_table
from benchmarks.store.atomic import write_atomic
from benchmarks.tables import WRITERS, Table, without_intervals
from reports.published import source_notes
from reports.scores import InapplicableError, Subject, add_subject_options, read_subject
from reports.speed_records import speed_of, speed_row, speed_table
from trackers.commands import Parser, announce, guarded
from trackers.errors import UserError

_ENDINGS = {"markdown": "md", "latex": "tex", "html": "html", "csv": "csv"}

Made = tuple[Table, list[Record]]
"""A table to read, and its rows at full precision."""


def accuracy(subject: Subject) -> Made:
    """Every figure of every tracker, best first; then what others published."""
    records = subject.records + subject.published_records
    return records_table(records, source_notes(subject.shown_published)), records


def attributes(subject: Subject) -> Made:
    """One metric by attribute."""
    return attributes_table(subject.attribute_records, subject.metric), subject.attribute_records


def speed(subject: Subject) -> Made:
    """Speed as it was recorded, with the machines."""
    records = speed_of(subject)
    return speed_table(records), [speed_row(record) for record in records]


def comparison(subject: Subject) -> Made:
    """Every pair of trackers in one metric."""
    from benchmarks.scoring.compare import (
        compare,
        comparison_record,
        comparisons_caption,
    )  # SciPy's tests take their time to import

    if len(subject.scores) < 2:
        raise InapplicableError(
            f"a comparison is between two trackers; name another beside {subject.trackers[0]}"
        )
    by_name = {score.tracker: score for score in subject.scores}
    metric = subject.sequence_metric
    made = compare([by_name[name] for name in subject.trackers], [metric])
    caption = (
        f"dataset {subject.dataset}, protocol {subject.protocol}, profile {subject.rules.name}; "
        f"{comparisons_caption(made)}"
    )
    head: Record = {
        "dataset": subject.dataset,
        "protocol": subject.protocol,
        "profile": subject.rules.name,
    }
    return comparisons_table(made, caption), [head | comparison_record(one, subject.of) for one in made]


KINDS: dict[str, Callable[[Subject], Made]] = {
    "accuracy": accuracy,
    "attributes": attributes,
    "speed": speed,
    "comparison": comparison,
}


def parser() -> Parser:
    """The command's options."""
    options = Parser(
        prog="python -m reports.table",
        description="Writes tables of the results on a data set: best in bold, second underlined.",
        epilog="example: python -m reports.table --dataset otb2015 --kind accuracy attributes --format latex",
    )
    add_subject_options(options)
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
    options.add_argument("--no-interval", action="store_true", help="leave the 95 %% intervals out")
    options.add_argument(
        "--out", type=Path, metavar="DIR", help="write files <kind>.<format> there (default: print)"
    )
    return options


@guarded
def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the runs and prints the tables, or writes them and prints the files' names."""
    chosen = parser().parse_args(arguments)
    if chosen.out is None and (len(chosen.format) > 1 or ("csv" in chosen.format and len(chosen.kind) > 1)):
        raise UserError("several formats, or several tables in csv, need files: give --out DIR")
    subject = read_subject(chosen)
    for place, kind in enumerate(chosen.kind):
        table, records = KINDS[kind](subject)
        if chosen.no_interval:
            table = without_intervals(table)
        for form in chosen.format:
            text = records_csv(records) if form == "csv" else WRITERS[form](table)
            if chosen.out is None:
                print(("\n" if place else "") + text, end="")
                continue
            path = chosen.out / f"{kind}.{_ENDINGS[form]}"
            write_atomic(path, text.encode())
            announce(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
