"""Tables as data, independent of the format they are written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import isfinite

INTERVALS = ", [95 % interval over sequences]"
"""The end of captions of tables with intervals."""


class Mark(Enum):
    """The rank of a value among those it is compared with."""

    NONE = 0
    BEST = 1
    SECOND = 2


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: its text, not escaped.
        interval: the ends of its 95 % interval as text; None if it has none.
        mark: whether it is the best or second of those it is compared with.
        bold: whether it is bold, whatever its mark: the name of a highlighted row.
        tex: its text in LaTeX, where that is more than the escaped text.
    """

    text: str
    interval: tuple[str, str] | None = None
    mark: Mark = Mark.NONE
    bold: bool = False
    tex: str = ""

    @property
    def shown_mark(self) -> Mark:
        """The mark that it is written with."""
        return Mark.BEST if self.bold else self.mark


@dataclass(frozen=True)
class Column:
    """One column: its heading, which may have several lines, and whether it has numbers or names."""

    heading: str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: the C columns.
        rows: C cells each.
        caption: a description of one line.
        notes: sentences below the table.
        stacked: intervals are below their values, for tables with many columns.
        groups: headings above the columns, each with its number of columns; together they have all columns.
            A group without heading has an empty one.
        label: the name by which LaTeX refers to it; empty for none.
        wide: whether it is as wide as both columns of a two-column paper in LaTeX.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    notes: tuple[str, ...] = ()
    stacked: bool = False
    groups: tuple[tuple[str, int], ...] = ()
    label: str = ""
    wide: bool = False

    @property
    def flat_headings(self) -> tuple[str, ...]:
        """The columns' headings with those of their groups above, for formats without groups."""
        groups = [heading for heading, columns in self.groups for _ in range(columns)]
        groups = groups or [""] * len(self.columns)
        return tuple(
            "\n".join(filter(None, (group, column.heading)))
            for group, column in zip(groups, self.columns, strict=True)
        )


def replace_controls(text: str) -> str:
    """Replaces control characters in text by spaces."""
    return "".join(char if char.isprintable() else " " for char in text)


def number_cell(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    mark: Mark = Mark.NONE,
    digits: int = 3,
) -> Cell:
    """Returns a cell of a value with its interval, whose ends omit the zero before the point.

    It is empty for None and NaN.
    """
    if value is None or not isfinite(value):
        return Cell("")
    if low is None or high is None:
        return Cell(f"{value:.{digits}f}", None, mark)
    low_end, high_end = (f"{end:.{digits}f}".removeprefix("0") for end in (low, high))
    return Cell(f"{value:.{digits}f}", (low_end, high_end), mark)


def without_intervals(table: Table) -> Table:
    """Returns the table without its intervals."""
    rows = tuple(tuple(replace(cell, interval=None) for cell in row) for row in table.rows)
    caption = table.caption.removesuffix(INTERVALS)
    return replace(table, rows=rows, caption=caption)


def mark_best(values: Sequence[float | None], higher_is_better: bool = True, digits: int = 3) -> list[Mark]:
    """Returns marks for the best and the second of values that are compared with one another.

    Values that are equal after rounding share a mark. If several tie for best, no second is marked; a single
    value gets no mark, nor do values that are all equal.

    Args:
        values: None or NaN for missing values.
        higher_is_better: False for failures.
        digits: the number of decimals shown.
    """
    shown = [None if value is None or not isfinite(value) else round(value, digits) for value in values]
    ranked = sorted((value for value in shown if value is not None), reverse=higher_is_better)
    if len(ranked) < 2 or ranked[0] == ranked[-1]:
        return [Mark.NONE] * len(shown)
    best, second = ranked[:2]
    marks = {second: Mark.SECOND} | {best: Mark.BEST}
    return [Mark.NONE if value is None else marks.get(value, Mark.NONE) for value in shown]
