"""Success and precision plots as the field draws them (Wu, Lim, Yang: PAMI 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.scoring import OnePassProfile, OnePassScore
from benchmarks.scoring.metrics import OnePassMetric
from benchmarks.scoring.statistics import bootstrap_interval
from reports.plots.canvas import Canvas, Corner, canvas
from reports.plots.figure import (
    figure_title,
    format_count,
    interval_note,
    intervals_fit,
    shown_name,
)
from reports.report_data import InapplicableError, ReportData

_LEGEND_WIDTH = 0.55
_LEGEND_ROW = 0.055
"""The legend's share of the axes: in width, and per tracker in height."""


def success_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots success over the overlap threshold."""
    return _curve_figure(report, "success", "lower left", ax)


def precision_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots precision over the threshold of location error."""
    return _curve_figure(report, "precision", "lower right", ax)


def normalized_precision_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots precision over the threshold of location error relative to the target's size."""
    return _curve_figure(report, "normalized_precision", "lower right", ax)


def _curve_figure(report: ReportData, name: str, corner: Corner, ax: Axes | None) -> Figure:
    """Draws one curve per tracker; the legend shows the scores, best first.

    Args:
        report: the scores.
        name: the metric.
        corner: the corner of the axes that good curves leave free.
        ax: the axes to draw on.

    Raises:
        InapplicableError: the profile has no such curve.
    """
    metric = curve_metric(report, name)
    scores = [score for score in report.scores if isinstance(score, OnePassScore)]
    shaded = intervals_fit(report)
    with canvas(ax, report.figure_options, 2.8) as place:
        axes = place.axes()
        lines = []
        ranked = ranked_by(scores, metric, report)
        for score in ranked:
            style = report.style(score.tracker).line(1.2 if len(scores) <= 10 else 0.9)
            lines += _draw(axes, score, metric, _label(score, metric, report), style, shaded)
        place.title(figure_title(metric.curve_title, report), axes)
        axes.set(xlabel=metric.x_label, ylabel=metric.y_label)
        axes.set(xlim=(metric.thresholds[0], metric.thresholds[-1]), ylim=(0, 1))
        bold = [report.style(score.tracker).highlight for score in ranked]
        _add_legend(place, axes, lines, corner, bold)
        place.note(axes, interval_note("shaded", shaded))
    return place.figure


def curve_metric(report: ReportData, name: str) -> OnePassMetric:
    """Returns the metric of a curve.

    Raises:
        InapplicableError: the profile has no such curve.
    """
    profile = report.profile
    metrics = profile.metrics if isinstance(profile, OnePassProfile) else ()
    curves = {metric.name: metric for metric in metrics if len(metric.thresholds)}
    if name not in curves:
        known = ", ".join(key.replace("_", "-") for key in curves) or "none"
        raise InapplicableError(
            f"profile '{profile.name}' has no {name.replace('_', '-')} curve; it has: {known}"
        )
    return curves[name]


def ranked_by(
    scores: Sequence[OnePassScore], metric: OnePassMetric, report: ReportData
) -> list[OnePassScore]:
    """Returns the scores: those with an order, then best first, ties by name."""
    ranked = sorted(
        scores, key=lambda score: (metric.sort_key(score.value(metric)), score.tracker.casefold())
    )
    return sorted(ranked, key=lambda score: report.presentation.place(score.tracker))


def _draw(
    axes: Axes, score: OnePassScore, metric: OnePassMetric, label: str, style: dict[str, Any], shaded: bool
) -> list[Line2D]:
    mean = score.curves[metric.name].mean(axis=0)
    lines = axes.plot(metric.thresholds, mean, label=label, clip_on=False, **style)
    if shaded and (interval := bootstrap_interval(score.curves[metric.name])) is not None:
        axes.fill_between(metric.thresholds, *interval, color=style["color"], alpha=0.12, linewidth=0)
    return lines


def _add_legend(
    place: Canvas, axes: Axes, lines: Sequence[Line2D], corner: Corner, bold: Sequence[bool]
) -> None:
    """Puts the legend into the corner if no curve passes there, else below a new figure."""
    names = [str(line.get_label()) for line in lines]
    longest = max(map(len, names))
    wanted = place.options.legend
    free = longest <= 24 and _is_free(axes, lines, corner)
    fits = free or place.given is not None
    if wanted == "inside" or (wanted == "auto" and fits):
        place.legend_inside(axes, lines, names, corner if free else "best", bold)
    else:
        place.legend_below(lines, names, columns=2 if longest <= 28 else 1, bold=bold)


def _is_free(axes: Axes, lines: Sequence[Line2D], corner: Corner) -> bool:
    """Returns whether all lines pass above the legend in a lower corner."""
    low, high = axes.get_xlim()
    edge = low + (high - low) * (_LEGEND_WIDTH if corner == "lower left" else 1 - _LEGEND_WIDTH)
    points = [np.asarray(line.get_xydata(), dtype=np.float64) for line in lines]
    lowest = min(np.interp(edge, *xy.T) for xy in points)
    return bool(lowest > _LEGEND_ROW * (len(lines) + 0.5))


def _label(score: OnePassScore, metric: OnePassMetric, report: ReportData) -> str:
    """Returns `[0.582] SiamFC`, with the number of scored sequences if the title states another."""
    scored = len(score.sequences)
    whole = scored == report.max_scored_sequences
    note = "" if whole else f" ({format_count(scored, score.total_sequences)})"
    return f"[{score.value(metric):.3f}] {shown_name(score.tracker, report)}{note}"
