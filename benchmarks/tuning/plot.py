"""Plots a study: its history, what mattered, and the score against each setting."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.scoring.metrics import Metric
from benchmarks.tuning.study import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 4
_MAX_SETTINGS = 12
"""Settings that get a panel of their own."""


def plot_tuning(
    trials: Sequence[Trial], importances: Mapping[str, float], metric: Metric, path: Path
) -> None:
    """Draws the trials of a study.

    Args:
        trials: all trials, at least one of them ok.
        importances: each setting's share of what decided the score; may be empty.
        metric: what was optimized.
        path: the PNG file to write.
    """
    # Not pyplot, which keeps figures and may want a screen.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    done = [trial for trial in trials if trial.score is not None]
    names = sorted(done[0].settings, key=lambda name: -importances.get(name, 0.0))[:_MAX_SETTINGS]
    columns = min(_COLUMNS, max(2, len(names)))
    rows = 1 + math.ceil(len(names) / columns)
    figure = Figure(figsize=(3 * columns, 2.4 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(rows, columns)
    _history(figure.add_subplot(grid[0, : columns - columns // 2]), trials, metric)
    _importances(figure.add_subplot(grid[0, columns - columns // 2 :]), importances)
    for index, name in enumerate(names):
        axes = figure.add_subplot(grid[1 + index // columns, index % columns])
        _setting(axes, done, name)
        if index % columns == 0:
            axes.set_ylabel(metric.label, fontsize=8)
    for axes in figure.axes:
        axes.tick_params(labelsize=7)
        axes.grid(color="0.9")
        axes.set_axisbelow(True)
    partial = path.with_name(path.name + ".partial")
    figure.savefig(partial, format="png", dpi=110)
    partial.replace(path)


def _history(axes: Axes, trials: Sequence[Trial], metric: Metric) -> None:
    from matplotlib.ticker import MaxNLocator

    done = [(trial.number + 1, trial.score) for trial in trials if trial.score is not None]
    numbers, scores = zip(*done, strict=True)
    best = list(accumulate(scores, max if metric.higher_is_better else min))
    axes.scatter(numbers, scores, s=14, label="trial")
    axes.step(numbers, best, where="post", color="C1", label="best so far")
    if failed := [trial.number + 1 for trial in trials if trial.state == "failed"]:
        axes.scatter(failed, [min(scores)] * len(failed), marker="x", color="C3", s=20, label="failed")
    axes.set_title("History", fontsize=9)
    axes.set_xlabel("trial", fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(metric.label, fontsize=8)
    axes.legend(fontsize=7)


def _importances(axes: Axes, importances: Mapping[str, float]) -> None:
    axes.set_title("What mattered (PED-ANOVA)", fontsize=9)
    if not importances:
        axes.text(0.5, 0.5, "too few different scores", ha="center", va="center", fontsize=8)
        return
    axes.barh(list(importances), list(importances.values()), height=0.6)
    axes.invert_yaxis()
    axes.set_xlabel("share", fontsize=8)


def _setting(axes: Axes, done: Sequence[Trial], name: str) -> None:
    values: list[Any] = [trial.settings[name] for trial in done]
    numbers = [trial.number for trial in done]
    axes.scatter(values, [trial.score or 0.0 for trial in done], c=numbers, cmap="viridis", s=14)
    axes.set_title(name, fontsize=9)
