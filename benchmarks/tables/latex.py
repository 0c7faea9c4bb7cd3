"""Tables in LaTeX, by the package booktabs."""

from __future__ import annotations

import re

from benchmarks.tables.table import Cell, Column, Mark, Table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    # After a line break a bracket would be its argument, and a star its variant.
    "[": "{[}",
    "*": "{*}",
} | {special: f"\\{special}" for special in "&%$#_{}"}

_MARKS = {Mark.NONE: "{}", Mark.BEST: r"\textbf{{{}}}", Mark.SECOND: r"\underline{{{}}}"}


def escape(text: str) -> str:
    """Text as LaTeX prints it, whatever it holds; control characters become spaces.

    Letters beyond Latin ones stay as they are: LuaLaTeX and XeLaTeX print what their font has.
    """
    plain = "".join(_ESCAPES.get(char, char if char.isprintable() else " ") for char in text)
    # Two hyphens in a row would become a dash, two commas or primes a quotation mark.
    return re.sub(r"([-,'`])(?=\1)", r"\1{}", plain)


def latex_table(table: Table) -> str:
    """The table as a float: best in bold, second underlined, intervals small.

    It needs the package booktabs. One that is wider than a column goes into `table*` instead of `table`.
    """
    alignment = "".join("r" if column.numeric else "l" for column in table.columns)
    lines = [
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{escape(table.caption)}}}",
        rf"  \begin{{tabular}}{{@{{}}{alignment}@{{}}}}",
        r"    \toprule",
        f"    {' & '.join(map(_heading, table.columns))} \\\\",
        r"    \midrule",
        *(f"    {' & '.join(_cells(row, table))} \\\\" for row in table.rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        *(rf"  \par\smallskip{{\footnotesize {escape(note)}}}" for note in table.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _heading(column: Column) -> str:
    lines = [escape(line) for line in column.heading.split("\n")]
    return lines[0] if len(lines) == 1 else _stack("c", lines)


def _cells(row: tuple[Cell, ...], table: Table) -> list[str]:
    return [_cell(cell, column, table.stacked) for cell, column in zip(row, table.columns, strict=True)]


def _cell(cell: Cell, column: Column, stacked: bool) -> str:
    if not cell.text:
        return ""
    text = _MARKS[cell.mark].format(_figure(cell.text) if column.numeric else escape(cell.text))
    if cell.interval is None:
        return text
    low, high = map(_figure, cell.interval)
    if stacked:
        return _stack("r", [text, rf"{{\tiny {{[}}{low}, {high}]}}"])
    return rf"{text}\,{{\scriptsize {{[}}{low}, {high}]}}"


def _figure(text: str) -> str:
    """A figure with minus signs that are as wide as plus signs; anything else in its place is escaped."""
    return re.sub(r"[+-](?=[\d.])", r"$\g<0>$", text) if re.fullmatch(r"[\d.+-]+", text) else escape(text)


def _stack(side: str, lines: list[str]) -> str:
    content = r"\\ ".join(lines)
    return rf"\shortstack[{side}]{{{content}}}"
