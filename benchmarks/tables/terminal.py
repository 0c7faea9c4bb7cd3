"""Prints tables in a terminal, with rich."""

from __future__ import annotations

import sys

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.tables.table import Cell, Mark, Table
from trackers.errors import printable

_STYLES = {Mark.NONE: "", Mark.BEST: "bold", Mark.SECOND: "underline"}


def print_table(console: Console, table: Table) -> None:
    """Prints the table with its caption below it, and then its notes, one per line."""
    console.print(_rich_table(table))
    for note in table.notes:
        console.print(Text(printable(note)), soft_wrap=True)  # the terminal wraps it


def _rich_table(table: Table) -> RichTable:
    drawn = RichTable(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        collapse_padding=True,
        caption=Text(printable(table.caption)),
    )
    for column, heading in zip(table.columns, table.flat_headings, strict=True):
        # In a narrow terminal, names wrap and numbers do not.
        if column.numeric:
            drawn.add_column(Text(heading), justify="right", no_wrap=True)
        else:
            drawn.add_column(Text(heading), overflow="fold")
    for row in table.rows:
        drawn.add_row(*(_text(cell, "\n" if table.stacked else " ") for cell in row))
    return drawn


def _text(cell: Cell, separator: str) -> Text:
    shown = printable(cell.text)
    text = Text(shown, _STYLES[cell.shown_mark]) if cell.shown_mark is not Mark.NONE else Text(shown)
    if cell.interval is not None:
        text.append(f"{separator}[{cell.interval[0]} {cell.interval[1]}]", style="not bold not underline dim")
    return text


class _Console(Console):
    """A console that lets the command handle a closed pipe; rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def show(table: Table) -> None:
    """Prints a table on standard output, to be read."""
    # A pipe has no width, so long lines are not wrapped there.
    console = _Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    print_table(console, table)
