"""VOT's plots: expected average overlap over length, accuracy against robustness, precision over recall."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from benchmarks.scoring.long_term_score import LongTermScore
from benchmarks.scoring.metrics import ACCURACY, EAO, F_SCORE, TRACKED_SHARE
from benchmarks.scoring.multi_start_score import MultiStartScore
from benchmarks.scoring.vot_metrics import SENSITIVITY, SupervisedScore, reliability
from benchmarks.scoring.vot_ranking import rank_runs
from benchmarks.scoring.vot_run_score import VOTRunScore
from reports.figure_options import COLUMN_INCHES, PAGE_INCHES
from reports.plots.canvas import Canvas, canvas
from reports.plots.figure import (
    ValueWithErrors,
    draw_point,
    errorbar_values,
    figure_title,
    interval_note,
    intervals_fit,
    name_with_count,
    shorten_name,
)
from reports.report_data import InapplicableError, ReportData

CURVE_POINTS = 120
"""Points of a curve at which its interval is computed."""


def eao_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots expected overlap over sequence length; vertical lines bound the lengths that EAO averages.

    Raises:
        InapplicableError: the results are not of supervised, realtime or multi-start runs.
    """
    scores = scores_with_curves(report)
    low, high = scores[0][1].averaged
    shaded = intervals_fit(report)
    eao = {row["tracker"]: row["eao"] for row in report.records}
    with canvas(ax, report.figure_options, 2.6) as place:
        axes = place.axes()
        handles, names = [], []
        for score, overall in scores:
            lengths, overlaps = overall.curve()
            shown = lengths <= 2 * high
            lengths, overlaps = lengths[shown], overlaps[shown]
            style = report.style(score.tracker).line()
            handles += axes.plot(lengths, overlaps, **style)
            value = "not defined" if eao[score.tracker] is None else f"{eao[score.tracker]:.3f}"
            names.append(f"[{value}] {name_with_count(score.tracker, report.records, report)}")
            points = np.unique(np.linspace(0, len(lengths) - 1, CURVE_POINTS).astype(int))
            if shaded and (interval := overall.curve_interval(lengths[points])) is not None:
                axes.fill_between(lengths[points], *interval, color=style["color"], alpha=0.12, linewidth=0)
        for length in (low, high):
            axes.axvline(length, color="0.3", linewidth=0.7, linestyle=(0, (2, 2)))
        axes.text(
            (low + high) / 2,
            0.98,
            f"averaged: {low} to {high}",
            transform=axes.get_xaxis_transform(),
            size=place.text_size(5.5),
            color="0.3",
            ha="center",
            va="top",
        )
        multi_start = isinstance(scores[0][1], MultiStartScore)  # its curve ends there
        axes.set(xlim=(0, high if multi_start else 2 * high), ylim=(0, 1))
        axes.set(xlabel=EAO.x_label, ylabel=EAO.y_label)
        place.title(figure_title(EAO.curve_title, report), axes)
        place.note(axes, interval_note("shaded", shaded))
        bold = [report.style(score.tracker).highlight for score, _ in scores]
        place.legend(handles, names, bold=bold)
    return place.figure


def ar_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots accuracy against the chance to survive; for several trackers, VOT's ranking beside it.

    Of multi-start runs, it plots accuracy against the share of frames tracked, without a ranking.

    Raises:
        InapplicableError: the results are not of supervised, realtime or multi-start runs.
    """
    scores = [score for score, _ in scores_with_curves(report)]
    ranked = len(scores) > 1 and all(score.runs for score in scores)
    with canvas(ax, report.figure_options, 2.5, PAGE_INCHES if ranked else COLUMN_INCHES) as place:
        [panels] = place.panels(1, 2 if ranked else 1)
        names, handles, bold = _accuracy_panel(panels[0], report)
        if ranked:
            _ranking_panel(place, panels[1], scores, report)
        place.title(figure_title("Accuracy and robustness", report))
        place.note(
            panels[-1],
            "lines: 95 % interval" if report.show_intervals else "",
            "hollow: published" if len(names) > len(scores) else "",
        )
        place.legend(handles, names, columns=6 if ranked else 3, bold=bold)
    return place.figure


def _accuracy_panel(axes: Axes, report: ReportData) -> tuple[list[str], list[ErrorbarContainer], list[bool]]:
    """Draws accuracy against reliability; returns the trackers' names, points, and which are highlighted."""
    names, handles, bold = [], [], []
    multi_start = report.protocol == "multistart"
    rows = report.records + [
        row for row in report.published_records if {"accuracy", "robustness"} <= row.keys()
    ]
    for rank, row in enumerate(rows):
        accuracy = errorbar_values(row, "accuracy", report.intervals)
        robustness = errorbar_values(row, "robustness", report.intervals)
        if accuracy is None or robustness is None:
            continue
        x = robustness if multi_start else _chances(robustness)
        hollow = rank >= len(report.records)
        name = str(row["tracker"])
        style = report.style(name)
        handles.append(draw_point(axes, x, accuracy, style.point(), hollow=hollow))
        bold.append(style.highlight and not hollow)
        names.append(shorten_name(name) if hollow else name_with_count(name, report.records, report))
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=TRACKED_SHARE.label if multi_start else f"Chance to survive {SENSITIVITY} frames",
        ylabel=ACCURACY.label,
    )
    return names, handles, bold


def _chances(robustness: ValueWithErrors) -> ValueWithErrors:
    """Returns failures per 100 frames as the chance to survive, with its errors."""
    value, below, above = robustness
    chance = reliability(value)
    return chance, chance - reliability(value + above), reliability(value - below) - chance


def precision_recall_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots tracking precision over recall for all thresholds of confidence; a point marks the best F-score.

    Raises:
        InapplicableError: the results are not of long-term runs.
    """
    by_name = long_term_scores(report)
    best = {row["tracker"]: row["f_score"] for row in report.records}
    with canvas(ax, report.figure_options, 2.6) as place:
        axes = place.axes()
        handles, names, bold = [], [], []
        # Lines of equal F: precision = F recall / (2 recall - F).
        for level in np.arange(1, 10) / 10:
            recall = np.linspace(level / 2 + 1e-3, 1, 200)
            axes.plot(recall, level * recall / (2 * recall - level), color="0.85", linewidth=0.5, zorder=0)
        for tracker in (name for name in report.trackers if name in by_name):
            style = report.style(tracker)
            bold.append(style.highlight)
            recall, precision = by_name[tracker].curve()
            chosen = by_name[tracker].best
            handles += axes.plot(recall, precision, **style.line())
            draw_point(axes, float(recall[chosen]), float(precision[chosen]), style.point())
            names.append(f"[{best[tracker]:.3f}] {name_with_count(tracker, report.records, report)}")
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=F_SCORE.x_label, ylabel=F_SCORE.y_label)
        place.title(figure_title(F_SCORE.curve_title, report), axes)
        place.note(axes, "point: greatest F-score; gray: equal F-score")
        place.legend(handles, names, bold=bold)
    return place.figure


def long_term_scores(report: ReportData) -> dict[str, LongTermScore]:
    """Returns the scores of long-term runs by tracker, in the report's order.

    Raises:
        InapplicableError: there are none.
    """
    by_name = {
        score.tracker: score.overall
        for score in report.scores
        if isinstance(score, VOTRunScore) and isinstance(score.overall, LongTermScore)
    }
    if not by_name:
        raise InapplicableError(
            f"this plot needs long-term runs, not {report.protocol}; name another --protocol"
        )
    return {name: by_name[name] for name in report.trackers if name in by_name}


def _ranking_panel(place: Canvas, axes: Axes, scores: list[VOTRunScore], report: ReportData) -> None:
    """Draws the ranks, the best at the upper right; trackers with the same ranks side by side."""
    ranks = rank_runs([score.runs for score in scores])
    ties: dict[tuple[float, float], int] = {}
    for score, robust, accurate in zip(scores, ranks.robustness, ranks.accuracy, strict=True):
        pair = (float(robust), float(accurate))
        shift = 0.06 * ties.setdefault(pair, 0)
        ties[pair] += 1
        draw_point(axes, pair[0] + shift, pair[1], report.style(score.tracker).point())
    last = len(scores) + 0.5
    axes.set(xlim=(last, 0.5), ylim=(last, 0.5), xlabel="Robustness rank", ylabel="Accuracy rank")
    step = max(1, len(scores) // 8)
    axes.set_xticks(range(1, len(scores) + 1, step))
    axes.set_yticks(range(1, len(scores) + 1, step))
    title = place.fit("Ranking (ties share their mean rank)", 2, "x-small")
    axes.set_title(title, size=place.text_size(7))


def scores_with_curves(
    report: ReportData,
) -> list[tuple[VOTRunScore, SupervisedScore | MultiStartScore]]:
    """Returns the scores of supervised or multi-start runs, best first.

    Raises:
        InapplicableError: there are none.
    """
    by_name = {
        score.tracker: (score, score.overall)
        for score in report.scores
        if isinstance(score, VOTRunScore) and isinstance(score.overall, SupervisedScore | MultiStartScore)
    }
    if not by_name:
        raise InapplicableError(
            f"this plot needs supervised, realtime or multistart runs, not {report.protocol}; name another "
            "--protocol"
        )
    return [by_name[name] for name in report.trackers if name in by_name]
