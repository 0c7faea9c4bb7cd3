"""Figures and tables of scores: their arguments, and those of several data sets at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from benchmarks.evaluation import Selection
from sotbench._messages import python_errors
from sotbench._paths import to_names, to_path
from trackers.errors import UserError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.figure_options import FigureOptions, Legend
    from reports.presentation import Presentation
    from reports.report_data import ReportData
    from sotbench._scores import Scores, TableFormat, TrackerOptions

_TRACKER_OPTIONS = ("style", "labels", "colors", "linestyles", "order", "highlight", "hide", "tex_labels")


@python_errors
def plot(
    scores: Iterable[Scores],
    kind: str = "success",
    *,
    metric: str | None = None,
    band: bool = True,
    published: str | Iterable[str] | None = None,
    width: str | float | None = None,
    height: str | float | None = None,
    font: str | None = None,
    font_size: float | None = None,
    usetex: bool = False,
    legend: Legend = "auto",
    title: bool = True,
    **trackers: Unpack[TrackerOptions],
) -> Figure:
    """Plots scores on several data sets: a panel for each, or a radar.

    Args:
        scores: the scores on each data set, all of one results folder.
        kind: as `Scores.plot` has it, or `"radar"`: a polygon per tracker, with a corner per data set.
        metric: as in `Scores.plot`, and so the others.
        band: whether to draw 95 % intervals.
        published: show the published scores of these trackers as well.
        width: width of the figure.
        height: its height.
        font: its font.
        font_size: size of its text in points.
        usetex: whether LaTeX sets its text.
        legend: where the legends are; outside, there is one for all panels.
        title: whether a radar has a title; panels have the data set's.
        **trackers: how trackers are shown.

    Raises:
        UserError: a data set is given twice, or the kind does not apply to one of them.
    """
    options = figure_options(width, height, font, font_size, usetex, legend, title)
    reports = [
        replace(report, intervals=band, figure_options=options)
        for report in _reports(scores, metric, published, trackers)
    ]
    return draw_figure(reports, kind)


@python_errors
def table(
    scores: Iterable[Scores],
    format: TableFormat = "markdown",  # noqa: A002 - as `Scores.table`
    *,
    metric: str | None = None,
    interval: bool = True,
    published: str | Iterable[str] | None = None,
    caption: str | None = None,
    label: str | None = None,
    wide: bool = False,
    **trackers: Unpack[TrackerOptions],
) -> str:
    """Returns a table of scores on several data sets, with a group of columns for each.

    Args:
        scores: the scores on each data set, all of one results folder.
        format: how to write it; `"latex"` needs the package booktabs.
        metric: the only metric to show (default: all).
        interval: whether to write 95 % intervals.
        published: show the published scores of these trackers as well.
        caption: replaces the caption.
        label: the name by which LaTeX refers to the table.
        wide: whether LaTeX makes it as wide as both columns of a paper.
        **trackers: how trackers are shown.

    Raises:
        UserError: a data set is given twice, or a name is unknown.
    """
    from reports.table import table_text

    reports = _reports(scores, metric, published, trackers)
    return table_text(reports, "accuracy", format, interval, caption=caption, label=label, wide=wide)


def _reports(
    scores: Iterable[Scores],
    metric: str | None,
    published: str | Iterable[str] | None,
    trackers: TrackerOptions,
) -> list[ReportData]:
    from reports.several import check_several

    given = list(scores)
    reports = [one.report_for(metric, published, trackers) for one in given]
    check_several(reports)
    return reports


def draw_figure(reports: Sequence[ReportData], kind: str, ax: Axes | None = None) -> Figure:
    """Returns the figure of one kind of plot, on the caller's axes if there are any."""
    from reports.plot import draw

    return draw(reports, kind, ax)


def presentation_of(selection: Selection, trackers: TrackerOptions) -> Presentation:
    """Returns how the trackers of a selection are shown.

    Raises:
        UserError: an argument is unknown, the file or a value is invalid.
    """
    from reports.presentation import PresentationChanges, read_presentation
    from trackers.registry import did_you_mean

    for name in trackers:
        if name not in _TRACKER_OPTIONS:
            known = list(_TRACKER_OPTIONS)
            raise UserError(
                f"there is no argument '{name}'{did_you_mean(name, known)}; there are: {', '.join(known)}"
            )
    style = trackers.get("style")
    order = trackers.get("order")
    changes = PresentationChanges(
        labels=trackers.get("labels", {}),
        colors=trackers.get("colors", {}),
        linestyles=trackers.get("linestyles", {}),
        order=None if order is None else _names(order),
        highlight=_names(trackers.get("highlight")),
        hide=_names(trackers.get("hide")),
        named=selection.trackers or (),
        tex_labels=trackers.get("tex_labels", False),
    )
    return changes.apply(read_presentation(selection.results, None if style is None else to_path(style)))


def _names(names: str | Iterable[str] | None) -> list[str]:
    """Returns names as a list, which may be empty."""
    listed = [names] if isinstance(names, str) else list(names or ())
    return (to_names(listed) or []) if listed else []


def figure_options(
    width: str | float | None,
    height: str | float | None,
    font: str | None,
    font_size: float | None,
    usetex: bool,
    legend: Legend,
    title: bool,
) -> FigureOptions:
    """Returns how a figure looks.

    Raises:
        UserError: a length or a size is invalid, or the font or LaTeX is not installed.
    """
    from reports.figure_options import SIZES, FigureOptions, read_font_size, read_length

    if isinstance(width, str):
        width = SIZES.get(width, width)
    return FigureOptions(
        width=None if width is None else read_length(width),
        height=None if height is None else read_length(height),
        font=font,
        font_size=None if font_size is None else read_font_size(font_size),
        usetex=usetex,
        legend=legend,
        title="full" if title else "none",
    ).check()


def check_axes(ax: object, options: FigureOptions) -> None:
    """Checks the axes that a caller gave.

    Raises:
        UserError: they are none, or not plain ones, or arguments are about a new figure.
    """
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise UserError(f"ax is one pair of axes, such as `axs[0, 1]`, not a {type(ax).__name__}")
    if ax.name != "rectilinear":
        raise UserError(f"plots need plain axes, not {ax.name} ones")
    for name in ("width", "height", "font", "font_size", "usetex"):
        if getattr(options, name):
            raise UserError(f"{name} is for a new figure; of your own axes, set it yourself, or leave out ax")
