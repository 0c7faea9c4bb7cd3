"""Scores by attribute, with intervals."""

from __future__ import annotations

from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scoring import Record
from reports.figure_options import PAGE_INCHES
from reports.plots.canvas import canvas
from reports.plots.figure import (
    MIN_HEIGHT,
    draw_point,
    errorbar_values,
    figure_title,
    interval_note,
    intervals_fit,
    shown_name,
)
from reports.report_data import ReportData

_PANELS_PER_ROW = 4
_MIN_PANEL_POINTS = 72
"""Minimum width of a panel on the caller's axes, in points."""


def attributes_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots a panel per attribute: a point with its interval per tracker, the best on top.

    Raises:
        InapplicableError: the sequences have no attributes.
    """
    rows = _by_attribute(report)
    metric, trackers = report.metric, report.trackers
    lines = ceil(len(rows) / _PANELS_PER_ROW)
    height = 0.65 + lines * (0.32 + 0.115 * max(len(trackers), 2))
    with canvas(ax, report.figure_options, height, PAGE_INCHES) as place:
        columns = place.panel_columns(min(_PANELS_PER_ROW, len(rows)), _MIN_PANEL_POINTS)
        panels = place.panels(ceil(len(rows) / columns), columns, sharex=True, sharey=True)
        for axes in panels.flat[len(rows) :]:
            axes.set_visible(False)
        for axes, (name, by_tracker) in zip(panels.flat, rows.items(), strict=False):
            for rank, tracker in enumerate(trackers):
                x = errorbar_values(by_tracker.get(tracker, {}), metric, report.intervals)
                if x is not None:
                    draw_point(axes, x, rank, report.style(tracker).point(3.2))
            axes.set_title(place.fit(_label(name, by_tracker), columns, "x-small"), size=place.text_size(7))
            axes.grid(visible=False, axis="y")
        # Below a panel in an incomplete last row there is none: the one above it keeps its tick labels.
        for axes in panels.flat[max(len(rows) - columns, 0) : len(rows)]:
            axes.tick_params(labelbottom=True)
        first = panels[0, 0]
        first.set_ylim(len(trackers) - 0.4, -0.6)
        place.set_row_labels(
            first,
            range(len(trackers)),
            [shown_name(tracker, report) for tracker in trackers],
            [report.style(tracker).highlight for tracker in trackers],
        )
        place.limit_ticks(first, 4)
        label = report.profile.metric(metric).label
        place.title(figure_title(f"{label} by attribute", report))
        note = interval_note("lines", report.show_intervals)
        place.footer(f"{label}; {note}" if note else label, size=place.text_size(7))
    return place.figure


def attribute_dots_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots a row per attribute, the hardest at the bottom: a point per tracker, with its interval if few.

    Raises:
        InapplicableError: the sequences have no attributes.
    """
    rows = _by_attribute(report)
    metric, trackers = report.metric, report.trackers
    means = {
        name: np.mean([float(row[metric] or 0) for row in by_tracker.values()])
        for name, by_tracker in rows.items()
    }
    order = sorted(rows, key=lambda name: -means[name])
    intervals = intervals_fit(report)
    step = 0.11 if intervals else 0.0
    lines = len(rows) * max(0.18, step * len(trackers) + 0.07)
    with canvas(ax, report.figure_options, 0.7 + max(lines, MIN_HEIGHT)) as place:
        axes = place.axes()
        handles, names, bold = [], [], []
        for rank, tracker in enumerate(trackers):
            # Points with intervals lie below each other, so that intervals do not overlap.
            offset = (rank - (len(trackers) - 1) / 2) * (0.7 / len(trackers)) if intervals else 0.0
            style = report.style(tracker)
            front = len(trackers) if style.highlight else 0
            look = style.point(3.4) | {"zorder": 3 + front + len(trackers) - rank}
            drawn = None
            for line, name in enumerate(order):
                x = errorbar_values(rows[name].get(tracker, {}), metric, intervals)
                if x is not None:
                    drawn = draw_point(axes, x, line + offset, look)
            if drawn is not None:
                handles.append(drawn)
                names.append(shown_name(tracker, report))
                bold.append(style.highlight)
        axes.set_ylim(len(order) - 0.5, -0.5)
        place.set_row_labels(axes, range(len(order)), [_label(name, rows[name]) for name in order])
        axes.set_yticks(np.arange(len(order) - 1) + 0.5, minor=True)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="y", which="minor")
        axes.tick_params(which="minor", length=0)
        label = report.profile.metric(metric).label
        axes.set_xlabel(label)
        place.title(figure_title(f"{label} by attribute", report), axes)
        place.note(axes, interval_note("lines", intervals))
        place.legend(handles, names, bold=bold)
    return place.figure


def _by_attribute(report: ReportData) -> dict[str, dict[str, Record]]:
    """Returns records by attribute and tracker, attributes in the data set's order."""
    rows: dict[str, dict[str, Record]] = {}
    for record in report.attribute_records:
        rows.setdefault(str(record["attribute"]), {})[str(record["tracker"])] = record
    return rows


def _label(attribute: str, by_tracker: dict[str, Record]) -> str:
    """Returns an attribute's name with its number of scored sequences (the most of any tracker)."""
    most = max(int(record["sequences"] or 0) for record in by_tracker.values())
    return f"{attribute.replace('_', ' ')} ({most})"
