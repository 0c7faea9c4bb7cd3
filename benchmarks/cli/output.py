"""What commands that read results have in common: finding the runs, printing what was made of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.datasets import Dataset
from benchmarks.store import Run, read_run, select_runs
from benchmarks.tables import WRITERS, Table
from benchmarks.tables.terminal import print_table
from trackers.commands import tell

if TYPE_CHECKING:
    from benchmarks.scoring import Record


def add_format(parser: argparse.ArgumentParser) -> None:
    """Adds `--format`."""
    parser.add_argument(
        "--format",
        choices=["table", "json", "csv", *WRITERS],
        default="table",
        help="how to print them (default: table); latex needs the package booktabs",
    )


def read_runs(arguments: argparse.Namespace, dataset: Dataset, trackers: list[str] | None) -> Iterator[Run]:
    """Reads the runs of `trackers`, or all there are, one by one; says on standard error what they lack.

    Raises:
        UserError: there is none, or none of a tracker that was named.
    """
    for name in select_runs(arguments.results, dataset.name, arguments.protocol, trackers):
        run = read_run(arguments.results, dataset.name, name, arguments.protocol)
        for sequence, why in run.failed.items():
            tell(f"{name}: {sequence} is left out: {why}")
        for remark in run.remarks:
            tell(f"{name}: {remark}")
        yield run


def print_records(records: Sequence[Record], form: str, table: Callable[[], Table]) -> None:
    """Prints records on standard output.

    Args:
        records: what to print.
        form: `"json"`, `"csv"`, `"table"` or one of `WRITERS`.
        table: makes the table that shows them.
    """
    from benchmarks.scoring.tables import records_csv

    if form == "json":
        print(json.dumps(records, indent=1))
    elif form == "csv":
        print(records_csv(records), end="")
    elif form in WRITERS:
        print(WRITERS[form](table()), end="")
    else:
        show(table())


def show(table: Table) -> None:
    """Prints a table on standard output, to be read."""
    # A pipe has no width of its own: nothing is folded there.
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    print_table(console, table)
