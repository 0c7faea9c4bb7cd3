"""Writes tables in LaTeX, with the package booktabs."""

from __future__ import annotations

import re

from benchmarks.tables.table import Cell, Column, Mark, Table, replace_controls

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    # After a line break, a bracket would start its argument, and a star would choose its variant.
    "[": "{[}",
    "*": "{*}",
} | {special: f"\\{special}" for special in "&%$#_{}"}

_MAX_LOOSE = 7
"""Columns of grouped tables in LaTeX's usual size; with more, they are set smaller and closer."""

_MARKS = {Mark.NONE: "{}", Mark.BEST: r"\textbf{{{}}}", Mark.SECOND: r"\underline{{{}}}"}


def escape(text: str) -> str:
    """Escapes text for LaTeX; control characters become spaces.

    Letters that are not Latin stay as they are: LuaLaTeX and XeLaTeX print those that their font has.
    """
    plain = "".join(_ESCAPES.get(char, char) for char in replace_controls(text))
    # Two hyphens would become a dash, two commas or primes a quotation mark.
    return re.sub(r"([-,'`])(?=\1)", r"\1{}", plain)


def latex_table(table: Table) -> str:
    """Returns the table as a float: best in bold, second underlined, intervals small.

    It needs the package booktabs.
    """
    float_name = "table*" if table.wide else "table"
    alignment = "".join("r" if column.numeric else "l" for column in table.columns)
    lines = [
        rf"\begin{{{float_name}}}",
        r"  \centering",
        *(
            [r"  \small\setlength{\tabcolsep}{4pt}"]
            if table.groups and len(table.columns) > _MAX_LOOSE
            else []
        ),
        rf"  \caption{{{escape(table.caption)}}}",
        *([rf"  \label{{{table.label}}}"] if table.label else []),
        rf"  \begin{{tabular}}{{@{{}}{alignment}@{{}}}}",
        r"    \toprule",
        *_groups(table),
        f"    {' & '.join(map(_heading, table.columns))} \\\\",
        r"    \midrule",
        *(f"    {' & '.join(_cells(row, table))} \\\\" for row in table.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        *(rf"  \par\smallskip{{\footnotesize {escape(note)}}}" for note in table.notes),
        rf"\end{{{float_name}}}",
    ]
    return "\n".join(lines) + "\n"


def _groups(table: Table) -> list[str]:
    """Returns a line of headings above groups of columns, and the rules below them; none without groups."""
    cells, rules, first = [], [], 1
    for heading, columns in table.groups:
        if heading:
            cells.append(rf"\multicolumn{{{columns}}}{{c}}{{{escape(heading)}}}")
            rules.append(rf"\cmidrule(lr){{{first}-{first + columns - 1}}}")
        else:
            cells += [""] * columns
        first += columns
    return [f"    {' & '.join(cells)} \\\\", f"    {' '.join(rules)}"] if rules else []


def _heading(column: Column) -> str:
    lines = [escape(line) for line in column.heading.split("\n")]
    return lines[0] if len(lines) == 1 else _stack("c", lines)


def _cells(row: tuple[Cell, ...], table: Table) -> list[str]:
    return [_cell(cell, column, table.stacked) for cell, column in zip(row, table.columns, strict=True)]


def _cell(cell: Cell, column: Column, stacked: bool) -> str:
    if not cell.text:
        return ""
    plain = cell.tex or (_number(cell.text) if column.numeric else escape(cell.text))
    text = _MARKS[cell.shown_mark].format(plain)
    if cell.interval is None:
        return text
    low, high = map(_number, cell.interval)
    if stacked:
        # Its first line stands on the line of the row's name.
        return (
            rf"\begin{{tabular}}[t]{{@{{}}r@{{}}}}{text}\\[-2pt] {{\tiny {{[}}{low}, {high}]}}\end{{tabular}}"
        )
    return rf"{text}\,{{\scriptsize {{[}}{low}, {high}]}}"


def _number(text: str) -> str:
    """Returns a number with minus signs as wide as plus signs; text that is not a number is escaped."""
    return re.sub(r"[+-](?=[\d.])", r"$\g<0>$", text) if re.fullmatch(r"[\d.+-]+", text) else escape(text)


def _stack(alignment: str, lines: list[str]) -> str:
    content = r"\\ ".join(lines)
    return rf"\shortstack[{alignment}]{{{content}}}"
