"""Success and precision plots as the field draws them (Wu, Lim, Yang: PAMI 2015)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scoring import Metric, Profile, Score
from benchmarks.scoring.statistics import bootstrap_interval
from reports.style import COLUMN_INCHES, house_style, line_style
from trackers.errors import UserError

Format: TypeAlias = Literal["png", "pdf", "svg"]

# Dates are the one thing that would differ between two writings of a figure.
_UNDATED: dict[Format, dict[str, None]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}

_MOST_SHADED = 5
"""More trackers than this have no bands: they would hide each other."""

_LEGEND_WIDTH = 0.55
_LEGEND_ROW = 0.055
"""What a legend takes of the axes, in width and per tracker in height."""


@dataclass(frozen=True)
class _Look:
    """What is written around the curves of a metric, and the corner that good curves leave free."""

    title: str
    x_label: str
    y_label: str
    corner: Literal["lower left", "lower right"]


_LOOKS = {
    "success": _Look("Success plot", "Overlap threshold", "Success rate", "lower left"),
    "precision": _Look("Precision plot", "Location error threshold (pixels)", "Precision", "lower right"),
    "normalized_precision": _Look(
        "Normalized precision plot", "Normalized location error threshold", "Precision", "lower right"
    ),
}
KINDS = tuple(name.replace("_", "-") for name in _LOOKS)
"""What can be plotted, as the command line spells it."""


def curve_figure(scores: Sequence[Score], kind: str, title: str, band: bool = True) -> Figure:
    """Draws one curve per tracker; the legend is sorted by score and says it.

    A tracker keeps its colour and dashes in every kind of plot: they follow its rank in the profile's first
    metric.

    Args:
        scores: one per tracker, all on the same data set, of the same protocol and profile; at least one.
        kind: one of `KINDS`.
        title: the data set's name on the figure.
        band: whether to shade the 95 % interval of each curve, where there are few.

    Raises:
        UserError: the profile has no such curve.
    """
    profile = scores[0].profile
    metric = _metric(profile, kind)
    look = _LOOKS[metric.name]
    most = max(len(score.sequences) for score in scores)
    ranks = {score.tracker: rank for rank, score in enumerate(_ranked(scores, profile.metrics[0]))}
    shaded = band and most > 1 and len(scores) <= _MOST_SHADED
    with house_style():
        figure = Figure(figsize=(COLUMN_INCHES, 2.8), layout="constrained")
        axes = figure.add_subplot()
        for score in _ranked(scores, metric):
            style = line_style(ranks[score.tracker]) | {"linewidth": 1.2 if len(scores) <= 10 else 0.9}
            _draw(axes, score, metric, _label(score, metric, most), style, shaded)
        axes.set_title(
            f"{look.title} of {scores[0].protocol.upper()} on {title}\n{_count(most, scores[0].of)} sequences"
        )
        axes.set(xlabel=look.x_label, ylabel=look.y_label)
        axes.set(xlim=(metric.thresholds[0], metric.thresholds[-1]), ylim=(0, 1))
        _add_legend(figure, axes, look.corner)
        axes.annotate(
            f"profile {profile.name}{'; shaded: 95 % interval over sequences' if shaded else ''}",
            xy=(1.01, 0),
            xycoords="axes fraction",
            rotation=90,
            size=4.5,
            color="0.45",
            va="bottom",
        )
    return figure


def figure_bytes(figure: Figure, form: Format) -> bytes:
    """The figure as a file's content; the same figure always gives the same bytes."""
    content = io.BytesIO()
    with house_style():
        figure.savefig(content, format=form, metadata=_UNDATED[form])
    return content.getvalue()


def _metric(profile: Profile, kind: str) -> Metric:
    curves = {metric.name.replace("_", "-"): metric for metric in profile.metrics}
    if kind not in curves:
        raise UserError(f"profile '{profile.name}' has no {kind} curve; it has: {', '.join(curves)}")
    return curves[kind]


def _ranked(scores: Sequence[Score], metric: Metric) -> list[Score]:
    """Best first; equals by name."""
    return sorted(scores, key=lambda score: (-score.value(metric), score.tracker.casefold()))


def _draw(axes: Axes, score: Score, metric: Metric, label: str, style: dict[str, Any], band: bool) -> None:
    mean = score.curves[metric.name].mean(axis=0)
    axes.plot(metric.thresholds, mean, label=label, clip_on=False, **style)
    if band and (interval := bootstrap_interval(score.curves[metric.name])) is not None:
        axes.fill_between(metric.thresholds, *interval, color=style["color"], alpha=0.12, linewidth=0)


def _add_legend(figure: Figure, axes: Axes, corner: Literal["lower left", "lower right"]) -> None:
    """Puts the legend into the corner if no curve passes there, else below; the figure grows with it."""
    lines = axes.get_lines()
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


def _label(score: Score, metric: Metric, most: int) -> str:
    """`[0.582] SiamFC`; with its own count where that is not what the title says."""
    scored = len(score.sequences)
    note = "" if scored == most else f" ({_count(scored, score.of)})"
    return f"[{score.value(metric):.3f}] {score.tracker}{note}"


def _count(scored: int, of: int) -> str:
    return str(of) if scored == of else f"{scored} of {of}"
