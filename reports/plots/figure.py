"""What all plots share: where they are drawn, titles, notes, legends, intervals, and files."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from numpy.typing import NDArray

from benchmarks.scoring import Record
from reports.report_data import ReportData
from reports.style import COLUMN_INCHES, house_style

Format: TypeAlias = Literal["png", "pdf", "svg"]

# Dates are the one thing that would differ between two writings of a figure.
_UNDATED: dict[Format, dict[str, None]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}

MAX_WITH_INTERVALS = 5
"""More trackers than this have no bands or intervals in one panel: they would hide each other."""

MAX_DRAWN_TRACKERS = 60
"""More trackers than this no figure tells apart: it shows the best of them, and says so."""

LEAST_HEIGHT = 1.4
"""Inches that axes need at least, for the note along their edge."""

_LONGEST_NAME = 40


class Canvas:
    """Where a plot is drawn: a figure of its own, or axes that the caller gave.

    A figure of its own grows with its legend and follows the house style. Given axes keep the caller's style
    and size; a plot of several panels divides the place that they take.

    Attributes:
        figure: the figure.
        given: the caller's axes; None for a figure of its own.
    """

    def __init__(self, figure: Figure, given: Axes | None) -> None:
        self.figure = figure
        self.given = given

    def axes(self) -> Axes:
        """Returns the axes of a plot with one panel."""
        return self.figure.add_subplot() if self.given is None else self.given

    def panels(self, rows: int, columns: int, *, sharex: bool = False, sharey: bool = False) -> NDArray[Any]:
        """Returns the axes of a plot with several panels, shape (rows, columns)."""
        if self.given is None:
            return self.figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
        if rows == columns == 1:
            return np.array([[self.given]])
        self.given.set_axis_off()
        place = self.given.get_subplotspec()
        if place is not None:
            grid: Any = place.subgridspec(rows, columns)
        else:
            box = self.given.get_position()
            grid = GridSpec(rows, columns, self.figure, left=box.x0, bottom=box.y0, right=box.x1, top=box.y1)
        made: NDArray[Any] = grid.subplots(sharex=sharex, sharey=sharey, squeeze=False)
        return made

    def title(self, text: str, axes: Axes | None = None) -> None:
        """Writes the title: above `axes`, or above all panels if None."""
        if self.given is not None:
            self.given.set_title(text, fontsize="small", pad=20 if axes is None else None)
        elif axes is not None:
            axes.set_title(text)
        else:
            self.figure.suptitle(text)

    def legend(self, handles: Sequence[Any], names: Sequence[str], columns: int = 3) -> None:
        """Adds a legend: below everything in a figure of its own, else within the given axes."""
        if self.given is None:
            add_legend(self.figure, handles, names, columns)
        else:
            legend = self.given.legend(handles, [str(i) for i in range(len(names))], fontsize="small")
            for text, name in zip(legend.get_texts(), names, strict=True):
                text.set_text(name)

    def footer(self, text: str, **style: Any) -> None:
        """Writes a line below all panels."""
        if self.given is None:
            self.figure.supxlabel(text, **style)
        else:
            self.given.annotate(
                text, (0.5, 0), (0, -28), "axes fraction", "offset points", ha="center", fontsize="x-small"
            )


@contextmanager
def canvas(given: Axes | None, height: float, width: float = COLUMN_INCHES) -> Iterator[Canvas]:
    """Provides the place to draw on: `given`, or a new figure of this size in inches in the house style."""
    if given is not None:
        yield Canvas(cast(Figure, given.get_figure(root=True)), given)
        return
    with house_style():
        yield Canvas(Figure(figsize=(width, height), layout="constrained"), None)


def figure_bytes(figure: Figure, form: Format) -> bytes:
    """The figure as a file's content; the same figure always gives the same bytes.

    Letters that the font does not have become boxes in PNG and PDF; SVG leaves them to the reader's fonts.
    """
    content = io.BytesIO()
    with house_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(content, format=form, metadata=_UNDATED[form])
    return content.getvalue()


def figure_title(what: str, report: ReportData) -> str:
    """The lines above a figure: what, of which runs, on which data set; how many sequences, whose rules."""
    protocol = report.protocol
    runs = protocol.upper() if protocol in ("ope", "tre", "sre") else f"{protocol} runs"
    shown = f"{what} of {runs} on {report.title}"
    best = "" if report.there is None else f", best {len(report.scores)} of {report.there} trackers"
    return f"{shown}\n{count(report.most, report.of)} sequences, profile {report.profile.name}{best}"


def count(scored: int, of: int) -> str:
    """How many sequences are scored, and of how many if not all."""
    return str(of) if scored == of else f"{scored} of {of}"


def add_note(axes: Axes, *notes: str) -> None:
    """Writes how the drawing is to be read along the right edge; empty notes are left out."""
    axes.annotate(
        "; ".join(filter(None, notes)),
        xy=(1.01, 0),
        xycoords="axes fraction",
        rotation=90,
        size=4.5,
        color="0.45",
        va="bottom",
    )


def errorbar_values(record: Mapping[str, Any], metric: str) -> tuple[float, float, float] | None:
    """A record's figure, and how far the ends of its interval lie below and above; None without a figure."""
    value, low, high = (record.get(key) for key in (metric, f"{metric}_low", f"{metric}_high"))
    if value is None:
        return None
    if low is None or high is None:
        return float(value), 0.0, 0.0
    return float(value), max(float(value) - float(low), 0.0), max(float(high) - float(value), 0.0)


def draw_point(
    axes: Axes,
    x: tuple[float, float, float],
    y: tuple[float, float, float],
    look: Mapping[str, Any],
    *,
    hollow: bool = False,
) -> ErrorbarContainer:
    """A point with its intervals: in x and y each the value, and how far the ends lie below and above."""
    errors: dict[str, Any] = {
        name: [[below], [above]] for name, (_, below, above) in (("xerr", x), ("yerr", y)) if below or above
    }
    face = {"markerfacecolor": "white", "markeredgewidth": 0.8} if hollow else {"markeredgewidth": 0}
    return axes.errorbar(x[0], y[0], **errors, linestyle="none", elinewidth=0.8, capsize=0, **look, **face)


def add_legend(figure: Figure, handles: Sequence[Any], names: Sequence[str], columns: int = 3) -> None:
    """A legend below everything, which grows the figure by its rows.

    Names are set afterwards: matplotlib leaves out labels that begin with an underscore.
    """
    longest = max(map(len, names))
    columns = max(1, min(columns, len(names), int(18 * figure.get_figwidth() / (longest + 6))))
    legend = figure.legend(
        handles, [str(i) for i in range(len(names))], loc="outside lower center", ncols=columns
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
    figure.set_figheight(figure.get_figheight() + 0.12 * -(-len(names) // columns) + 0.04)


def name_with_count(tracker: str, records: Sequence[Record], report: ReportData) -> str:
    """A tracker's name; with its own count where that is not what the title says."""
    [record] = [row for row in records if row["tracker"] == tracker]
    scored = int(record["sequences"] or 0)
    name = shorten_name(tracker)
    return name if scored == report.most else f"{name} ({count(scored, report.of)})"


def shorten_name(name: str) -> str:
    """A name that leaves room for the drawing: the middle of a very long one is left out."""
    return (
        name
        if len(name) <= _LONGEST_NAME
        else f"{name[: _LONGEST_NAME - 11]}\N{HORIZONTAL ELLIPSIS}{name[-10:]}"
    )
