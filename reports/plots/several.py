"""Plots of several data sets: any kind of plot side by side, or a radar."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.scoring import Record
from reports.figure_options import COLUMN_INCHES, PAGE_INCHES
from reports.plots.canvas import Canvas, canvas
from reports.plots.figure import shown_name
from reports.report_data import InapplicableError, ReportData
from reports.several import check_several, same_trackers, with_the_same_trackers

_PANEL_INCHES = 2.25
_MIN_SPOKES = 3
_RING = 0.2
"""Distance between the rings of a radar."""


def grid_figure(
    reports: Sequence[ReportData], draw: Callable[..., Figure], line_legend: bool = True
) -> Figure:
    """Draws the same kind of plot for each data set, side by side, up to three in a row.

    The legend of each panel is in it; with the legend outside, there is one of all trackers.

    Args:
        reports: the scores on each data set.
        draw: draws one kind of plot: `draw(report, ax=axes)`.
        line_legend: whether a legend outside shows lines; else points.

    Raises:
        UserError: the kind of plot does not apply to one of the data sets, or one is given twice.
    """
    check_several(reports)
    reports = with_the_same_trackers(reports)
    options = reports[0].figure_options
    columns = min(3, len(reports))
    rows = math.ceil(len(reports) / columns)
    width = min(columns * _PANEL_INCHES + 0.3, PAGE_INCHES)
    outside = options.legend == "outside"
    inner = replace(options, title="dataset", legend="none" if outside else options.legend)
    height = rows * (options.width or width) / columns * 0.95
    with canvas(None, options, height, width) as place:
        panels = place.panels(rows, columns)
        for axes in panels.flat[len(reports) :]:
            axes.set_visible(False)
        for report, axes in zip(reports, panels.flat, strict=False):
            draw(replace(report, figure_options=inner), ax=axes)
        if outside:
            _legend_of_all(place, reports, line_legend)
    return place.figure


def radar_figure(reports: Sequence[ReportData], ax: Axes | None = None) -> Figure:
    """Draws a polygon per tracker with a corner per data set: its main metric, or the chosen one.

    The center is zero, and all spokes have the same scale. Of one data set, corners are its attributes. A
    tracker without a value gets no corner there.

    Raises:
        InapplicableError: there are fewer than three data sets, or attributes.
    """
    check_several(reports)
    reports = with_the_same_trackers(reports)
    spokes = _spokes(reports)
    trackers = same_trackers(reports)
    values = np.array(
        [[_value(records.get(tracker), metric) for _, metric, records in spokes] for tracker in trackers]
    )
    first = reports[0]
    with canvas(ax, first.figure_options, 3.0, COLUMN_INCHES) as place:
        axes = place.axes()
        top = (
            min(1.0, math.ceil(np.nanmax(values) / _RING + 1e-9) * _RING)
            if np.isfinite(values).any()
            else 1.0
        )
        angles = np.pi / 2 - 2 * np.pi * np.arange(len(spokes)) / len(spokes)
        _draw_web(place, axes, angles, top, [label for label, _, _ in spokes])
        handles, names, bold = [], [], []
        for tracker, row in zip(trackers, values, strict=True):
            style = first.style_of(tracker)
            look = style.line() | {"marker": style.marker, "markersize": 2.5}
            handles += axes.plot(*_closed(angles, row), **look)
            names.append(shown_name(tracker, first))
            bold.append(style.highlight)
        labels = dict.fromkeys(
            report.profile.metric(metric).label for report, metric in ((r, r.metric) for r in reports)
        )
        title = "/".join(labels) + (" by data set" if len(reports) > 1 else f" by attribute on {first.title}")
        place.title(title if first.figure_options.title == "full" else "", axes)
        place.legend(handles, names, bold=bold)
    return place.figure


def radar_records(reports: Sequence[ReportData]) -> list[Record]:
    """Returns the values of a radar: a record per tracker and data set, or per tracker and attribute."""
    rows = []
    for label, metric, records in _spokes(reports):
        for tracker in same_trackers(reports):
            if tracker in records:
                ends = (records[tracker].get(f"{metric}_{end}") for end in ("low", "high"))
                low, high = ends
                value = records[tracker][metric]
                row: Record = {"spoke": label, "tracker": tracker, "metric": metric}
                rows.append(row | {"value": value, "low": low, "high": high})
    return rows


def _spokes(reports: Sequence[ReportData]) -> list[tuple[str, str, dict[str, Record]]]:
    """Returns each spoke's label, metric, and records by tracker."""
    if len(reports) == 1:
        [report] = reports
        by_attribute: dict[str, dict[str, Record]] = {}
        for record in report.attribute_records:
            by_attribute.setdefault(str(record["attribute"]), {})[str(record["tracker"])] = record
        spokes = [(name.replace("_", " "), report.metric, rows) for name, rows in by_attribute.items()]
    else:
        spokes = [
            (report.title, report.metric, {str(row["tracker"]): row for row in report.records})
            for report in reports
        ]
    if len(spokes) < _MIN_SPOKES:
        what = "attributes" if len(reports) == 1 else "data sets"
        raise InapplicableError(f"a radar needs three {what} or more, not {len(spokes)}; take another --kind")
    if any(not report.profile.metric(report.metric).higher_is_better for report in reports):
        raise InapplicableError("a radar shows metrics of which more is better; choose another --metric")
    return spokes


def _value(record: Record | None, metric: str) -> float:
    value = None if record is None else record.get(metric)
    return math.nan if value is None else float(value)


def _closed(angles: Any, values: Any) -> tuple[Any, Any]:
    """Returns the corners of a closed polygon."""
    turn, radius = (np.append(row, row[0]) for row in (angles, values))
    return radius * np.cos(turn), radius * np.sin(turn)


def _draw_web(place: Canvas, axes: Axes, angles: Any, top: float, labels: Sequence[str]) -> None:
    """Draws spokes with their labels, and rings with their values, on plain axes."""
    for ring in np.arange(_RING, top + 1e-9, _RING):
        axes.plot(*_closed(angles, np.full(len(angles), ring)), color="0.88", linewidth=0.5, zorder=0)
        axes.text(0.01, ring, f"{ring:.1f}", size=place.text_size(5), color="0.5", ha="left", va="bottom")
    for angle, label in zip(angles, labels, strict=True):
        x, y = math.cos(angle), math.sin(angle)
        axes.plot((0, top * x), (0, top * y), color="0.88", linewidth=0.5, zorder=0)
        side = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        height = "center" if abs(y) < 0.5 else "bottom" if y > 0 else "top"
        axes.text(1.06 * top * x, 1.06 * top * y, label, size=place.text_size(6), ha=side, va=height)
    axes.set_aspect("equal")
    axes.set(xlim=(-1.1 * top, 1.1 * top), ylim=(1.15 * top * min(np.sin(angles)), 1.15 * top))
    axes.set_axis_off()


def _legend_of_all(place: Canvas, reports: Sequence[ReportData], lines: bool) -> None:
    """Adds a legend of the trackers of all panels below them."""
    first = reports[0]
    trackers = same_trackers(reports)
    styles = [first.style_of(tracker) for tracker in trackers]
    handles = [
        Line2D([], [], **(style.line() if lines else style.point() | {"linestyle": "none"}))
        for style in styles
    ]
    names = [shown_name(tracker, first) for tracker in trackers]
    place.legend(handles, names, columns=6, bold=[style.highlight for style in styles])
