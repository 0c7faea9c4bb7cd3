"""Prints records and tables on standard output, in the format that the user chose."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.tables import WRITERS, Table
from benchmarks.tables.terminal import show

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


def print_records(records: Sequence[Record], form: str, table: Callable[[], Table]) -> None:
    """Prints records on standard output.

    Args:
        records: what to print.
        form: `"json"`, `"csv"`, `"table"` or one of `WRITERS`.
        table: makes the table that shows them.
    """
    if form == "json":
        # pandas' to_json rounds to 15 digits.
        print(json.dumps(records, indent=1))
    elif form == "csv":
        from benchmarks.scoring.dataframes import records_csv

        print(records_csv(records), end="")
    elif form in WRITERS:
        print(WRITERS[form](table()), end="")
    else:
        show(table())
