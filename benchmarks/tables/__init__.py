"""Tables as data, and written for a terminal, LaTeX, Markdown and HTML."""

from collections.abc import Callable

from benchmarks.tables.html import html_table
from benchmarks.tables.latex import latex_table
from benchmarks.tables.markdown import markdown_table
from benchmarks.tables.table import Cell, Column, Mark, Table, mark_best, without_intervals

WRITERS: dict[str, Callable[[Table], str]] = {
    "markdown": markdown_table,
    "latex": latex_table,
    "html": html_table,
}
"""Functions that write a table as text, by the name of the format."""

__all__ = ["WRITERS", "Cell", "Column", "Mark", "Table", "mark_best", "without_intervals"]
