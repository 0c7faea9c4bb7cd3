"""Tables in Markdown, as GitHub reads it."""

from __future__ import annotations

import re

from benchmarks.tables.table import Cell, Mark, Table

_MARKS = {Mark.NONE: "{}", Mark.BEST: "**{}**", Mark.SECOND: "<ins>{}</ins>"}
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no formula; control characters become spaces."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    referenced = re.sub("[&<>]", lambda found: _REFERENCES[found[0]], printable)
    return re.sub(r"[\\`*_\[\]|~#$]", r"\\\g<0>", referenced)


def markdown_table(table: Table) -> str:
    """The table with its caption above and its notes below: best in bold, second underlined."""
    headings = ["<br>".join(map(escape, column.heading.split("\n"))) for column in table.columns]
    sides = ["---:" if column.numeric else "---" for column in table.columns]
    between = "<br>" if table.stacked else " "
    lines = [headings, sides, *([_cell(cell, between) for cell in row] for row in table.rows)]
    parts = [escape(table.caption), "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join([*parts, *map(escape, table.notes)]) + "\n"


def _cell(cell: Cell, between: str) -> str:
    if not cell.text:
        return ""
    text = _MARKS[cell.mark].format(escape(cell.text))
    return text if cell.interval is None else f"{text}{between}[{cell.interval[0]}, {cell.interval[1]}]"
