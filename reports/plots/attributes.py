"""Scores by attribute, with intervals."""

from __future__ import annotations

from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.scoring import METRICS, Record
from reports.plots.figure import (
    LEAST_HEIGHT,
    MAX_WITH_INTERVALS,
    add_note,
    canvas,
    draw_point,
    errorbar_values,
    figure_title,
    shorten_name,
)
from reports.report_data import ReportData
from reports.style import PAGE_INCHES, point_style

_PANELS_PER_ROW = 4


def attributes_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Small multiples: a panel per attribute, in each a dot with its interval per tracker, best on top.

    Raises:
        InapplicableError: the sequences have no attributes.
    """
    rows = _by_attribute(report)
    metric, trackers = report.metric, report.trackers
    lines = ceil(len(rows) / _PANELS_PER_ROW)
    height = 0.65 + lines * (0.32 + 0.115 * max(len(trackers), 2))
    with canvas(ax, height, PAGE_INCHES) as place:
        panels = place.panels(lines, min(_PANELS_PER_ROW, len(rows)), sharex=True, sharey=True)
        for axes in panels.flat[len(rows) :]:
            axes.set_visible(False)
        for axes, (name, by_tracker) in zip(panels.flat, rows.items(), strict=False):
            for rank, tracker in enumerate(trackers):
                ends = errorbar_values(by_tracker.get(tracker, {}), metric)
                if ends is not None:
                    x = ends if report.band else (ends[0], 0.0, 0.0)
                    draw_point(axes, x, (rank, 0.0, 0.0), point_style(rank) | {"markersize": 3.2})
            axes.set_title(_named(name, by_tracker), size=7)
            axes.grid(visible=False, axis="y")
        # Panels in a row that is not full keep their numbers below.
        for axes in panels.flat[max(len(rows) - panels.shape[1], 0) : len(rows)]:
            axes.tick_params(labelbottom=True)
        first = panels[0, 0]
        first.set_ylim(len(trackers) - 0.4, -0.6)
        first.set_yticks(range(len(trackers)), map(shorten_name, trackers))
        first.xaxis.set_major_locator(MaxNLocator(4))
        place.title(figure_title(f"{METRICS[metric].label} by attribute", report))
        place.footer(_x_label(report), size=7)
    return place.figure


def attribute_dots_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """One panel: a row per attribute, hardest at the bottom, a dot per tracker; intervals for few of them.

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
    spread = report.band and len(trackers) <= MAX_WITH_INTERVALS
    step = 0.11 if spread else 0.0
    lines = len(rows) * max(0.18, step * len(trackers) + 0.07)
    with canvas(ax, 0.7 + max(lines, LEAST_HEIGHT)) as place:
        axes = place.axes()
        handles = []
        for rank, tracker in enumerate(trackers):
            offset = (rank - (len(trackers) - 1) / 2) * (0.7 / len(trackers)) if spread else 0.0
            look = point_style(rank) | {"markersize": 3.4, "zorder": 3 + len(trackers) - rank}
            drawn = None
            for line, name in enumerate(order):
                ends = errorbar_values(rows[name].get(tracker, {}), metric)
                if ends is not None:
                    x = ends if spread else (ends[0], 0.0, 0.0)
                    drawn = draw_point(axes, x, (line + offset, 0.0, 0.0), look)
            handles.append(drawn)
        axes.set_yticks(range(len(order)), [_named(name, rows[name]) for name in order])
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.set_yticks(np.arange(len(order) - 1) + 0.5, minor=True)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="y", which="minor")
        axes.tick_params(which="minor", length=0)
        axes.set_xlabel(METRICS[metric].label)
        place.title(figure_title(f"{METRICS[metric].label} by attribute", report), axes)
        add_note(axes, "lines: 95 % interval over sequences" if spread else "")
        there = [(handle, name) for handle, name in zip(handles, trackers, strict=True) if handle is not None]
        place.legend([handle for handle, _ in there], [name for _, name in there])
    return place.figure


def _by_attribute(report: ReportData) -> dict[str, dict[str, Record]]:
    """Records by attribute and tracker, attributes in the data set's order."""
    rows: dict[str, dict[str, Record]] = {}
    for record in report.attribute_records:
        rows.setdefault(str(record["attribute"]), {})[str(record["tracker"])] = record
    return rows


def _named(attribute: str, by_tracker: dict[str, Record]) -> str:
    """An attribute's name, and how many sequences of the tracker that has the most have it."""
    most = max(int(record["sequences"] or 0) for record in by_tracker.values())
    return f"{attribute.replace('_', ' ')} ({most})"


def _x_label(report: ReportData) -> str:
    label = METRICS[report.metric].label
    return f"{label}; lines: 95 % interval over sequences" if report.band and report.most > 1 else label
