"""Writes tables as HTML elements."""

from __future__ import annotations

import html

from benchmarks.tables.table import Cell, Column, Mark, Table, replace_controls


def escape(text: str) -> str:
    """Escapes text for HTML; control characters become spaces."""
    return html.escape(replace_controls(text))


_MARKS = {Mark.NONE: "{}", Mark.BEST: "<strong>{}</strong>", Mark.SECOND: "<u>{}</u>"}


def html_table(table: Table) -> str:
    """Returns the table as a `figure` element: best in bold, second underlined; all text is escaped."""
    lines = [
        '<figure class="sotbench">',
        "<table>",
        f"<caption>{escape(table.caption)}</caption>",
        f"<thead>{_groups(table)}<tr>{''.join(map(_heading, table.columns))}</tr></thead>",
        "<tbody>",
        *(_row(row, table) for row in table.rows),
        "</tbody>",
        "</table>",
        *([f"<figcaption>{'<br>'.join(map(escape, table.notes))}</figcaption>"] if table.notes else []),
        "</figure>",
    ]
    return "\n".join(lines) + "\n"


def _groups(table: Table) -> str:
    """Returns a row of headings above groups of columns; empty without any."""
    if not table.groups:
        return ""
    cells = (
        f'<th scope="colgroup" colspan="{columns}">{escape(heading)}</th>'
        if heading
        else "<td></td>" * columns
        for heading, columns in table.groups
    )
    return f"<tr>{''.join(cells)}</tr>"


def _heading(column: Column) -> str:
    return (
        f'<th scope="col"{_alignment(column)}>{"<br>".join(map(escape, column.heading.split(chr(10))))}</th>'
    )


def _row(row: tuple[Cell, ...], table: Table) -> str:
    separator = "<br>" if table.stacked else " "
    cells = (
        f"<td{_alignment(column)}>{_cell(cell, separator)}</td>"
        for cell, column in zip(row, table.columns, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"


def _cell(cell: Cell, separator: str) -> str:
    text = _MARKS[cell.shown_mark].format(escape(cell.text))
    return (
        text
        if cell.interval is None
        else f"{text}{separator}<small>[{cell.interval[0]}, {cell.interval[1]}]</small>"
    )


def _alignment(column: Column) -> str:
    return ' style="text-align: right"' if column.numeric else ""
