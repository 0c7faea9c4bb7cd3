"""Writes tables in GitHub's Markdown."""

from __future__ import annotations

import re

from benchmarks.tables.table import Cell, Mark, Table, replace_controls

_MARKS = {Mark.NONE: "{}", Mark.BEST: "**{}**", Mark.SECOND: "<ins>{}</ins>"}
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text: str) -> str:
    """Escapes markup, HTML and formulas in text; control characters become spaces."""
    without_html = re.sub("[&<>]", lambda found: _REFERENCES[found[0]], replace_controls(text))
    return re.sub(r"[\\`*_\[\]|~#$]", r"\\\g<0>", without_html)


def markdown_table(table: Table) -> str:
    """Returns the table with its caption above and notes below: best in bold, second underlined."""
    headings = ["<br>".join(map(escape, heading.split("\n"))) for heading in table.flat_headings]
    alignment = ["---:" if column.numeric else "---" for column in table.columns]
    separator = "<br>" if table.stacked else " "
    lines = [headings, alignment, *([_cell(cell, separator) for cell in row] for row in table.rows)]
    parts = [escape(table.caption), "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    return "\n\n".join([*parts, *map(escape, table.notes)]) + "\n"


def _cell(cell: Cell, separator: str) -> str:
    if not cell.text:
        return ""
    text = _MARKS[cell.shown_mark].format(escape(cell.text))
    return text if cell.interval is None else f"{text}{separator}[{cell.interval[0]}, {cell.interval[1]}]"
