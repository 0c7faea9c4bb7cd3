"""Where a plot is drawn: a new figure in the house style, or the caller's axes."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias, cast

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox, TransformedBbox
from numpy.typing import NDArray

from reports.figure_options import COLUMN_INCHES, FigureOptions
from reports.plots.text import has_tex, typeset, typeset_text
from reports.style import house_style
from trackers.errors import UserError

NOTE_COLOR = "0.45"

Corner: TypeAlias = Literal["lower left", "lower right", "best"]

_LINE_HEIGHT = 1.25
"""Height of a line of text in font sizes."""

_NOTEBOOK_DPI = 110
"""Pixels per inch in a notebook; pictures have twice as many, for screens of high resolution."""

_LETTER_WIDTH = 0.58
"""Width of a letter in font sizes: about the mean of Latin text in matplotlib's default font."""


class NotebookFigure(Figure):
    """A figure that notebooks show when it is the value of a cell, with or without pyplot.

    Attributes:
        options: how it looks, which is also needed when it is written.
    """

    options = FigureOptions()

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Returns the figure as a PNG, and the size to show it at."""
        content = io.BytesIO()
        with house_style(self.options.settings()):
            self.savefig(content, format="png", dpi=2 * _NOTEBOOK_DPI)
        width, height = self.get_size_inches()
        return content.getvalue(), {
            "width": round(width * _NOTEBOOK_DPI),
            "height": round(height * _NOTEBOOK_DPI),
        }


class Canvas:
    """A new figure, or axes that the caller gave.

    A new figure follows the house style and grows with its legend. The caller's axes keep their style and
    size: text is smaller than the axes' own labels and wrapped to their width, the legend is inside, and
    several panels share the axes' area.

    Attributes:
        figure: the figure.
        given: the caller's axes; None for a new figure.
        options: how the figure looks.
        formulas: texts with TeX that are already set.
    """

    def __init__(self, figure: Figure, given: Axes | None, options: FigureOptions) -> None:
        self.figure = figure
        self.given = given
        self.options = options
        self.formulas: list[Text] = []
        self._panels: list[Axes] = []
        self._grid = (1, 1)
        self._shared_y = False

    def axes(self) -> Axes:
        """Returns the axes of a plot with one panel."""
        return self.figure.add_subplot() if self.given is None else self.given

    def panels(self, rows: int, columns: int, *, sharex: bool = False, sharey: bool = False) -> NDArray[Any]:
        """Returns the axes of a plot with several panels, shape (rows, columns).

        Raises:
            UserError: something is drawn on the caller's axes, which the panels would hide.
        """
        if self.given is None:
            return self.figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
        if rows == columns == 1:
            return np.array([[self.given]])
        if self.given.has_data():
            raise UserError(
                "a plot with several panels needs axes of its own, and on these something is drawn; give it "
                "others"
            )
        self.given.set_axis_off()
        self._grid, self._shared_y = (rows, columns), sharey
        made = np.empty((rows, columns), dtype=object)
        for row, column in np.ndindex(rows, columns):
            first = made[0, 0]
            panel = self.given.inset_axes(
                (0, 0, 1, 1), sharex=first if sharex else None, sharey=first if sharey else None
            )
            panel.set_axes_locator(self._panel_locator(row, column))
            panel.tick_params(labelsize="x-small")
            panel.tick_params(labelbottom=not sharex or row == rows - 1, labelleft=not sharey or column == 0)
            for axis in (panel.xaxis, panel.yaxis):
                axis.label.set_fontsize("x-small")
            made[row, column] = panel
        self._panels = list(made.flat)
        return made

    def panel_columns(self, most: int, least_points: float) -> int:
        """Returns how many panels fit beside each other: `most` in a new figure."""
        if self.given is None:
            return most
        return max(1, min(most, int(self._given_size()[0] / least_points)))

    def text_size(self, points: float) -> float | str:
        """Returns the size of small text: `points` in a new figure, relative to the caller's font else."""
        if self.given is None:
            return points * self.options.scale
        return "xx-small" if points < 6 else "x-small"

    def fit(self, text: str, columns: int = 1, size: str = "medium") -> str:
        """Wraps text to the width of the caller's axes, or of one of its columns."""
        if self.given is None:
            return text
        letters = self._given_size()[0] / columns / (_points(size) * _LETTER_WIDTH)
        width = max(int(letters), 8)
        return "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n"))

    def set_row_labels(
        self,
        axes: Axes,
        places: Sequence[float] | NDArray[Any],
        labels: Sequence[str],
        bold: Sequence[bool] = (),
        **style: Any,
    ) -> None:
        """Labels rows on the y axis; on the caller's axes as small as they need to be not to overlap.

        Args:
            axes: the axes.
            places: the rows' coordinates.
            labels: a text per row.
            bold: which rows' texts are bold; empty for none.
            **style: arguments of matplotlib's `set_yticks`.
        """
        bold = [*bold] or [False] * len(labels)
        texts = [
            typeset(label, self.options.usetex, weight) for label, weight in zip(labels, bold, strict=True)
        ]
        axes.set_yticks(places, texts, **style)
        for text, label, weight in zip(axes.get_yticklabels(), labels, bold, strict=True):
            if has_tex(label):
                text.set_parse_math(True)
                self.formulas.append(text)
            if weight:
                text.set_fontweight("bold")
        if self.given is None:
            return
        rows = self._grid[0]
        height = (self._given_size()[1] - (rows - 1) * self._gaps()[1]) / rows
        first, last = axes.get_ylim()
        step = height / abs(last - first) * float(min(np.diff(places), default=1))
        axes.tick_params(axis="y", labelsize=min(_points("x-small"), max(step / _LINE_HEIGHT, 1)))

    def limit_ticks(self, axes: Axes, most: int) -> None:
        """Limits the intervals between ticks in x; on the caller's axes matplotlib adapts them by itself."""
        if self.given is None:
            axes.xaxis.set_major_locator(MaxNLocator(most))

    def title(self, text: str, axes: Axes | None = None) -> None:
        """Writes the title: above `axes`, or above all panels if None."""
        if not text:
            return
        if self.given is not None:
            pad = matplotlib.rcParams["axes.titlepad"]
            if lines := self._title_lines():
                pad += lines * _points("x-small") * _LINE_HEIGHT + matplotlib.rcParams["axes.titlepad"]
            self.given.set_title(self.fit(text, size="small"), fontsize="small", pad=pad)
        elif axes is not None:
            axes.set_title(text)
        else:
            self.figure.suptitle(text)

    def note(self, axes: Axes, *notes: str) -> None:
        """Writes how to read the drawing along the right edge of `axes`; empty notes are left out."""
        axes.annotate(
            "; ".join(filter(None, notes)),
            xy=(1.01, 0),
            xycoords="axes fraction",
            rotation=90,
            size=self.text_size(4.5),
            color=NOTE_COLOR,
            va="bottom",
        )

    def footer(self, text: str, **style: Any) -> None:
        """Writes a line below all panels."""
        if self.given is None:
            self.figure.supxlabel(text, **style)
            return
        labels = [panel.get_xlabel() for panel in self._panels or [self.given]]
        lines = max(label.count("\n") + 1 if label else 0 for label in labels)
        below = 14 + (1 + lines) * _points("x-small") * _LINE_HEIGHT
        self.given.annotate(
            self.fit(text, size="x-small"),
            (0.5, 0),
            (0, -below),
            "axes fraction",
            "offset points",
            ha="center",
            va="top",
            fontsize="x-small",
        )

    def legend(
        self, handles: Sequence[Any], names: Sequence[str], columns: int = 3, bold: Sequence[bool] = ()
    ) -> None:
        """Adds a legend: below everything in a new figure, inside the caller's axes, or as the options say.

        Args:
            handles: what the names belong to.
            names: the names.
            columns: how many to put side by side at most.
            bold: which names are bold; empty for none.
        """
        outside = self.options.legend == "outside" or (self.options.legend == "auto" and self.given is None)
        if not names:
            return
        if outside:
            longest = max(map(len, names))
            columns = max(1, min(columns, len(names), int(18 * self.figure.get_figwidth() / (longest + 6))))
            self.legend_below(handles, names, columns, margin=0.04, bold=bold)
        else:
            first = self._panels[0] if self._panels else self.given
            self.legend_inside(first or self.figure.axes[0], handles, names, bold=bold)

    def legend_inside(
        self,
        axes: Axes,
        handles: Sequence[Any],
        names: Sequence[str],
        corner: Corner = "best",
        bold: Sequence[bool] = (),
    ) -> None:
        """Adds a legend inside `axes`: in `corner` of a figure of ours, else where it hides least."""
        if self.options.legend == "none":
            return
        if self.given is None:
            legend = axes.legend(handles, _placeholders(names), loc=corner)
        else:
            row = self._given_size()[1] / (len(names) + 1)
            size = min(_points("x-small" if self._panels else "small"), row / 1.5)
            place = corner if self.options.title == "dataset" else "best"
            legend = axes.legend(handles, _placeholders(names), loc=place, fontsize=size)
        _set_names(legend, names, bold)

    def legend_below(
        self,
        handles: Sequence[Any],
        names: Sequence[str],
        columns: int,
        margin: float = 0.0,
        bold: Sequence[bool] = (),
    ) -> None:
        """Adds a legend below the axes; a new figure grows by its rows and `margin` (inches)."""
        if self.options.legend == "none":
            return
        if self.given is not None:
            legend = self.given.legend(
                handles,
                _placeholders(names),
                loc="upper center",
                bbox_to_anchor=(0.5, -0.2),
                ncols=columns,
                fontsize="small",
            )
            _set_names(legend, names, bold)
            return
        legend = self.figure.legend(handles, _placeholders(names), loc="outside lower center", ncols=columns)
        _set_names(legend, names, bold)
        rows = math.ceil(len(names) / columns)
        grown = (0.12 * rows + margin) * self.options.scale
        self.figure.set_figheight(self.figure.get_figheight() + grown)

    def _given_size(self) -> tuple[float, float]:
        """Returns the present width and height of the caller's axes in points."""
        box = cast(Axes, self.given).bbox
        return box.width * 72 / self.figure.dpi, box.height * 72 / self.figure.dpi

    def _title_lines(self) -> int:
        """Returns the number of lines of the longest panel title."""
        titles = [panel.get_title() for panel in self._panels]
        return max((title.count("\n") + 1 for title in titles if title), default=0)

    def _panel_locator(self, row: int, column: int) -> Callable[[Any, Any], Bbox]:
        """Returns a function that places a panel in the caller's axes at drawing: gaps fit their text."""
        given = cast(Axes, self.given)

        def locate(axes: Any, renderer: Any) -> Bbox:  # noqa: ARG001 - matplotlib's signature
            rows, columns = self._grid
            across, down = self._gaps()
            width, height = self._given_size()
            panel_width = max((width - (columns - 1) * across) / columns, 1)
            panel_height = max((height - (rows - 1) * down) / rows, 1)
            bottom = height - row * (panel_height + down) - panel_height
            bounds = Bbox.from_bounds(
                column * (panel_width + across) / width,
                bottom / height,
                panel_width / width,
                panel_height / height,
            )
            return cast(Bbox, TransformedBbox(bounds, given.transAxes - given.figure.transSubfigure))

        return locate

    def _gaps(self) -> tuple[float, float]:
        """Returns the gaps between panels in points, for y labels and for titles."""
        font = _points("x-small")
        across = 2 * font if self._shared_y else 6 * font
        return across, (self._title_lines() + 1) * font * _LINE_HEIGHT + 4


@contextmanager
def canvas(
    given: Axes | None, options: FigureOptions, height: float, width: float = COLUMN_INCHES
) -> Iterator[Canvas]:
    """Provides the place to draw on: `given`, or a new figure in the house style.

    Args:
        given: the caller's axes; None for a new figure.
        options: how the figure looks.
        height: of a new figure in inches, unless `options` have one.
        width: likewise.
    """
    if given is None:
        with house_style(options.settings()):
            size = options.width or width, height * max(options.scale, 1.0)  # larger text needs room
            figure = NotebookFigure(figsize=size, layout="constrained")
            figure.options = options
            yield Canvas(figure, None, options)
            if options.height is not None:
                figure.set_figheight(options.height)
            for text in figure.findobj(Text):
                typeset_text(text, options.usetex)
        return
    place = Canvas(given.figure.figure, given, options)  # `given.figure` may be a subfigure
    yield place
    if options.title == "dataset":
        return  # a panel of a figure that sets all text at the end
    for text in given.findobj(Text):
        if has_tex(text.get_text()):
            typeset_text(text, usetex=False)
        elif "$" in text.get_text() and text not in place.formulas:
            text.set_parse_math(False)  # dollar signs in names are not formulas


def _points(size: str) -> float:
    """Returns the points of a relative font size."""
    return FontProperties(size=size).get_size_in_points()


def _placeholders(names: Sequence[str]) -> list[str]:
    """Returns labels to make a legend with: matplotlib leaves out those that begin with an underscore."""
    return [str(place) for place in range(len(names))]


def _set_names(legend: Legend, names: Sequence[str], bold: Sequence[bool]) -> None:
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
    for text, weight in zip(legend.get_texts(), bold, strict=False):
        if weight:
            text.set_fontweight("bold")
