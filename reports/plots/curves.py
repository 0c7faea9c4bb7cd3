"""Success and precision plots as the field draws them (Wu, Lim, Yang: PAMI 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scoring import OnePassProfile, OnePassScore
from benchmarks.scoring.metrics import OnePassMetric
from benchmarks.scoring.statistics import bootstrap_interval
from reports.plots.figure import (
    MAX_WITH_INTERVALS,
    Canvas,
    add_note,
    canvas,
    count,
    figure_title,
    shorten_name,
)
from reports.report_data import InapplicableError, ReportData
from reports.style import line_style

_LEGEND_WIDTH = 0.55
_LEGEND_ROW = 0.055
"""What a legend takes of the axes, in width and per tracker in height."""


_CORNERS: dict[str, Literal["lower left", "lower right"]] = {"success": "lower left"}
"""The corner that good curves leave free; for the others it is the lower right."""


def success_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Success over the threshold of overlap."""
    return _curve_figure(report, "success", ax)


def precision_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Precision over the threshold of location error."""
    return _curve_figure(report, "precision", ax)


def normalized_precision_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Precision over the threshold of location error in units of the target's size."""
    return _curve_figure(report, "normalized_precision", ax)


def _curve_figure(report: ReportData, name: str, ax: Axes | None) -> Figure:
    """Draws one curve per tracker; the legend is sorted by score and says it.

    A tracker keeps its colour and dashes in every kind of plot: they follow its rank in the profile's main
    metric.

    Raises:
        InapplicableError: the profile has no such curve.
    """
    metric = _metric(report, name)
    scores = [score for score in report.scores if isinstance(score, OnePassScore)]
    shaded = report.band and report.most > 1 and len(scores) <= MAX_WITH_INTERVALS
    with canvas(ax, 2.8) as place:
        axes = place.axes()
        for score in _ranked(scores, metric):
            rank = report.trackers.index(score.tracker)
            style = line_style(rank) | {"linewidth": 1.2 if len(scores) <= 10 else 0.9}
            _draw(axes, score, metric, _label(score, metric, report.most), style, shaded)
        place.title(figure_title(metric.curve_title, report), axes)
        axes.set(xlabel=metric.x_label, ylabel=metric.y_label)
        axes.set(xlim=(metric.thresholds[0], metric.thresholds[-1]), ylim=(0, 1))
        _add_legend(place, axes, _CORNERS.get(name, "lower right"))
        add_note(axes, "shaded: 95 % interval over sequences" if shaded else "")
    return place.figure


def _metric(report: ReportData, name: str) -> OnePassMetric:
    profile = report.profile
    known = {metric.name: metric for metric in profile.metrics} if isinstance(profile, OnePassProfile) else {}
    curves = {key: metric for key, metric in known.items() if len(metric.thresholds)}
    if name not in curves:
        there = ", ".join(key.replace("_", "-") for key in curves) or "none"
        raise InapplicableError(
            f"profile '{profile.name}' has no {name.replace('_', '-')} curve; it has: {there}"
        )
    return curves[name]


def _ranked(scores: Sequence[OnePassScore], metric: OnePassMetric) -> list[OnePassScore]:
    """Best first; equals by name."""
    return sorted(scores, key=lambda score: (metric.sort_key(score.value(metric)), score.tracker.casefold()))


def _draw(
    axes: Axes, score: OnePassScore, metric: OnePassMetric, label: str, style: dict[str, Any], band: bool
) -> None:
    mean = score.curves[metric.name].mean(axis=0)
    axes.plot(metric.thresholds, mean, label=label, clip_on=False, **style)
    if band and (interval := bootstrap_interval(score.curves[metric.name])) is not None:
        axes.fill_between(metric.thresholds, *interval, color=style["color"], alpha=0.12, linewidth=0)


def _add_legend(place: Canvas, axes: Axes, corner: Literal["lower left", "lower right"]) -> None:
    """Puts the legend into the corner if no curve passes there, else below; the figure grows with it."""
    if place.given is not None:
        axes.legend(loc=corner, fontsize="small")
        return
    figure, lines = place.figure, axes.get_lines()
    low, high = axes.get_xlim()
    edge = low + (high - low) * (_LEGEND_WIDTH if corner == "lower left" else 1 - _LEGEND_WIDTH)
    points = [np.asarray(line.get_xydata(), dtype=np.float64) for line in lines]
    lowest = min(np.interp(edge, *xy.T) for xy in points)
    longest = max(len(str(line.get_label())) for line in lines)
    if lowest > _LEGEND_ROW * (len(lines) + 0.5) and longest <= 24:
        axes.legend(loc=corner)
        return
    columns = 2 if longest <= 28 else 1
    figure.legend(loc="outside lower center", ncols=columns)
    figure.set_figheight(figure.get_figheight() + 0.12 * -(-len(lines) // columns))


def _label(score: OnePassScore, metric: OnePassMetric, most: int) -> str:
    """`[0.582] SiamFC`; with its own count where that is not what the title says."""
    scored = len(score.sequences)
    note = "" if scored == most else f" ({count(scored, score.total_sequences)})"
    return f"[{score.value(metric):.3f}] {shorten_name(score.tracker)}{note}"
