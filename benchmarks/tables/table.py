"""What a table says, apart from how it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import isfinite

INTERVALS = ", [95 % interval over sequences]"
"""How captions end that say what stands in brackets."""


class Mark(Enum):
    """How a figure stands among those it is compared with."""

    NONE = 0
    BEST = 1
    SECOND = 2


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: what it says, unescaped.
        interval: the ends of its 95 % interval as they are shown; None where it has none.
        mark: whether it is the best or the second of those it is compared with.
    """

    text: str
    interval: tuple[str, str] | None = None
    mark: Mark = Mark.NONE


@dataclass(frozen=True)
class Column:
    """One column: its heading, which may have several lines, and whether it holds figures or names."""

    heading: str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: C of them.
        rows: of C cells each.
        caption: what it shows, in a line.
        notes: sentences to be read below it.
        stacked: intervals stand under their figures, for tables of many columns.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    notes: tuple[str, ...] = ()
    stacked: bool = False


def number_cell(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    mark: Mark = Mark.NONE,
    digits: int = 3,
) -> Cell:
    """A figure with its interval; the ends have no zero before the point. None and NaN leave it empty."""
    if value is None or not isfinite(value):
        return Cell("")
    if low is None or high is None:
        return Cell(f"{value:.{digits}f}", None, mark)
    low_end, high_end = (f"{end:.{digits}f}".removeprefix("0") for end in (low, high))
    return Cell(f"{value:.{digits}f}", (low_end, high_end), mark)


def without_intervals(table: Table) -> Table:
    """The table with its figures alone."""
    rows = tuple(tuple(replace(cell, interval=None) for cell in row) for row in table.rows)
    caption = table.caption.removesuffix(INTERVALS)
    return replace(table, rows=rows, caption=caption)


def mark_best(values: Sequence[float | None], higher_is_better: bool = True, digits: int = 3) -> list[Mark]:
    """Marks the best and the second of figures that are compared with one another.

    Figures that look alike when rounded are equals, and equals share their mark. Where several are the best,
    the next one is third at least and has no mark; one figure alone has none either.

    Args:
        values: None or NaN where there is none.
        higher_is_better: False for failures.
        digits: how many decimals are shown.
    """
    shown = [None if value is None or not isfinite(value) else round(value, digits) for value in values]
    ranked = sorted((value for value in shown if value is not None), reverse=higher_is_better)
    if len(ranked) < 2 or ranked[0] == ranked[-1]:
        return [Mark.NONE] * len(shown)
    best, second = ranked[:2]
    marks = {second: Mark.SECOND} | {best: Mark.BEST}
    return [Mark.NONE if value is None else marks.get(value, Mark.NONE) for value in shown]
