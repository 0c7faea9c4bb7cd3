"""VOT's plots: the curve of expected average overlap, and accuracy against robustness with the ranking."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from benchmarks.scoring.metrics import ACCURACY, EAO
from benchmarks.scoring.vot_metrics import SENSITIVITY, SupervisedScore, reliability
from benchmarks.scoring.vot_ranking import rank_runs
from benchmarks.scoring.vot_run_score import VOTRunScore
from reports.plots.figure import (
    MAX_WITH_INTERVALS,
    add_note,
    canvas,
    draw_point,
    errorbar_values,
    figure_title,
    name_with_count,
    shorten_name,
)
from reports.report_data import InapplicableError, ReportData
from reports.style import COLUMN_INCHES, PAGE_INCHES, line_style, point_style

_CURVE_POINTS = 120


def eao_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Expected overlap over the length of a sequence, with the lengths that EAO averages between lines.

    Raises:
        InapplicableError: the results are not of supervised or realtime runs.
    """
    scores = _supervised(report)
    rule = scores[0][1].profile.fragments
    shaded = report.band and report.most > 1 and len(scores) <= MAX_WITH_INTERVALS
    eao = {row["tracker"]: row["eao"] for row in report.records}
    with canvas(ax, 2.6) as place:
        axes = place.axes()
        handles, names = [], []
        for rank, (score, whole) in enumerate(scores):
            lengths, phi = whole.curve()
            shown = lengths <= 2 * rule.high
            lengths, phi = lengths[shown], phi[shown]
            style = line_style(rank)
            handles += axes.plot(lengths, phi, **style)
            figure_text = "not defined" if eao[score.tracker] is None else f"{eao[score.tracker]:.3f}"
            names.append(f"[{figure_text}] {name_with_count(score.tracker, report.records, report)}")
            points = np.unique(np.linspace(0, len(lengths) - 1, _CURVE_POINTS).astype(int))
            if shaded and (ends := whole.curve_interval(lengths[points])) is not None:
                axes.fill_between(lengths[points], *ends, color=style["color"], alpha=0.12, linewidth=0)
        for length in (rule.low, rule.high):
            axes.axvline(length, color="0.3", linewidth=0.7, linestyle=(0, (2, 2)))
        axes.text(
            (rule.low + rule.high) / 2,
            0.98,
            f"averaged: {rule.low} to {rule.high}",
            transform=axes.get_xaxis_transform(),
            size=5.5,
            color="0.3",
            ha="center",
            va="top",
        )
        axes.set(xlim=(0, 2 * rule.high), ylim=(0, 1))
        axes.set(xlabel=EAO.x_label, ylabel=EAO.y_label)
        place.title(figure_title(EAO.curve_title, report), axes)
        add_note(axes, "shaded: 95 % interval over sequences" if shaded else "")
        place.legend(handles, names)
    return place.figure


def ar_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Accuracy against the chance to survive; with two trackers or more, VOT's ranking beside it.

    Raises:
        InapplicableError: the results are not of supervised or realtime runs.
    """
    scores = [score for score, _ in _supervised(report)]
    ranked = len(scores) > 1
    with canvas(ax, 2.5, PAGE_INCHES if ranked else COLUMN_INCHES) as place:
        [panels] = place.panels(1, 2 if ranked else 1)
        names, handles = _accuracy_panel(panels[0], report)
        if ranked:
            _ranking_panel(panels[1], scores)
        place.title(figure_title("Accuracy and robustness", report))
        add_note(
            panels[-1],
            "lines: 95 % interval" if report.band and report.most > 1 else "",
            "hollow: published" if len(names) > len(scores) else "",
        )
        place.legend(handles, names, columns=6 if ranked else 3)
    return place.figure


def _accuracy_panel(axes: Axes, report: ReportData) -> tuple[list[str], list[ErrorbarContainer]]:
    """Draws accuracy against reliability; returns the names and their points."""
    names, handles = [], []
    rows = report.records + [
        row for row in report.published_records if {"accuracy", "robustness"} <= row.keys()
    ]
    for rank, row in enumerate(rows):
        accuracy = errorbar_values(row, "accuracy")
        robustness = errorbar_values(row, "robustness")
        if accuracy is None or robustness is None:
            continue
        value, below, above = robustness
        chance = reliability(value)
        x = (chance, chance - reliability(value + above), reliability(value - below) - chance)
        hollow = rank >= len(report.records)
        if not report.band:
            x, accuracy = (x[0], 0.0, 0.0), (accuracy[0], 0.0, 0.0)
        handles.append(draw_point(axes, x, accuracy, point_style(rank), hollow=hollow))
        name = str(row["tracker"])
        names.append(shorten_name(name) if hollow else name_with_count(name, report.records, report))
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel=f"Chance to survive {SENSITIVITY} frames",
        ylabel=ACCURACY.label,
    )
    return names, handles


def _ranking_panel(axes: Axes, scores: list[VOTRunScore]) -> None:
    """Draws the ranks, the best at the upper right; trackers that share ranks lie beside each other."""
    ranks = rank_runs([score.runs for score in scores])
    seen: dict[tuple[float, float], int] = {}
    for rank, (robust, accurate) in enumerate(zip(ranks.robustness, ranks.accuracy, strict=True)):
        place = (float(robust), float(accurate))
        shift = 0.06 * seen.setdefault(place, 0)
        seen[place] += 1
        draw_point(axes, (place[0] + shift, 0.0, 0.0), (place[1], 0.0, 0.0), point_style(rank))
    last = len(scores) + 0.5
    axes.set(xlim=(last, 0.5), ylim=(last, 0.5), xlabel="Robustness rank", ylabel="Accuracy rank")
    step = max(1, len(scores) // 8)
    axes.set_xticks(range(1, len(scores) + 1, step))
    axes.set_yticks(range(1, len(scores) + 1, step))
    axes.set_title("Ranking (ties share their mean rank)", size=7)


def _supervised(report: ReportData) -> list[tuple[VOTRunScore, SupervisedScore]]:
    """The scores, best first."""
    by_name = {
        score.tracker: (score, score.whole)
        for score in report.scores
        if isinstance(score, VOTRunScore) and isinstance(score.whole, SupervisedScore)
    }
    if not by_name:
        raise InapplicableError(
            f"this plot is of supervised or realtime runs, and these are of {report.protocol}; "
            "name another --protocol"
        )
    return [by_name[name] for name in report.trackers if name in by_name]
