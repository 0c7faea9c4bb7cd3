"""Two trackers, sequence by sequence."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.scoring import METRICS
from benchmarks.scoring.compare import Comparison, compare
from reports.plots.figure import LEAST_HEIGHT, add_note, canvas, figure_title, shorten_name
from reports.report_data import InapplicableError, ReportData
from reports.style import line_style

_MOST_NAMED = 60
"""With more sequences than this, those between the extremes have no names and lie closer together."""

_EXTREMES = 20
_UNNAMED_LINES = 24
"""What those without a name take together, in lines of those that have one."""


def sequences_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """A dot per sequence: the figure of the first tracker less that of the second, sorted.

    The trackers are the first two that were named, or the best two. The mean with its 95 % interval is drawn
    through all, and what it allows to say stands below the title.

    Raises:
        InapplicableError: there is one tracker alone.
    """
    if len(report.scores) < 2:
        raise InapplicableError(
            f"differences are between two trackers; name another beside {report.scores[0].tracker}"
        )
    by_name = {score.tracker: score for score in report.scores}
    first, second = (by_name[name] for name in report.pair)
    metric = report.sequence_metric
    [comparison] = compare([first, second], [metric])
    names, values = _differences(
        dict(zip(first.sequences, first.sequence_values()[metric], strict=True)),
        dict(zip(second.sequences, second.sequence_values()[metric], strict=True)),
    )
    heights = _heights(len(names))
    with canvas(ax, 1.1 + max(0.088 * (heights[-1] + 1), LEAST_HEIGHT)) as place:
        axes = place.axes()
        _draw_mean(axes, comparison, report.band)
        better = values > 0 if METRICS[metric].higher_is_better else values < 0
        for rank, (chosen, marker) in enumerate(((better, "o"), (~better, "s"))):
            axes.plot(
                values[chosen], heights[chosen], marker, color=line_style(rank)["color"], markersize=2.4
            )
        axes.hlines(heights, 0, values, color="0.7", linewidth=0.5, zorder=1)
        axes.axvline(0, color="0.3", linewidth=0.7)
        named = _named(len(names))
        axes.set_yticks(heights[named], [shorten_name(names[i]) for i in named], size=4.6)
        axes.set_ylim(heights[-1] + 1, -1)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        label = METRICS[metric].label
        axes.set_xlabel(f"{label}: {shorten_name(first.tracker)} less {shorten_name(second.tracker)}")
        place.title(f"{figure_title('Differences', report)}\n{_verdict(comparison)}", axes)
        add_note(axes, "band: mean with 95 % interval" if report.band else "line: mean")
    return place.figure


def _differences(first: dict[str, float], second: dict[str, float]) -> tuple[list[str], NDArray[np.float64]]:
    """Names and differences of the sequences that both have, the greatest first."""
    pairs = [(name, value - second[name]) for name, value in first.items() if name in second]
    pairs = [(name, value) for name, value in pairs if np.isfinite(value)]
    pairs.sort(key=lambda pair: -pair[1])
    return [name for name, _ in pairs], np.array([value for _, value in pairs])


def _named(sequences: int) -> list[int]:
    """Which of the sorted sequences have their names beside them."""
    if sequences <= _MOST_NAMED:
        return list(range(sequences))
    return [*range(_EXTREMES), *range(sequences - _EXTREMES, sequences)]


def _heights(sequences: int) -> NDArray[np.float64]:
    """Where each sorted sequence lies: one line each, less for those without a name."""
    steps = np.ones(sequences)
    unnamed = np.setdiff1d(np.arange(sequences), _named(sequences))
    steps[unnamed] = min(_UNNAMED_LINES / max(len(unnamed), 1), 1)
    return np.cumsum(steps) - 1


def _draw_mean(axes: Axes, comparison: Comparison, band: bool) -> None:
    axes.axvline(comparison.difference, color="0.45", linewidth=0.8, linestyle=(0, (3, 1.5)))
    if band and comparison.low is not None and comparison.high is not None:
        axes.axvspan(comparison.low, comparison.high, color="0.85", linewidth=0, zorder=0)


def _verdict(comparison: Comparison) -> str:
    mean = f"mean {comparison.difference:+.3f}"
    if comparison.low is not None and comparison.high is not None:
        mean += f" [{comparison.low:+.3f}, {comparison.high:+.3f}]"
    verdict = (
        "no difference can be shown"
        if comparison.better is None
        else f"{shorten_name(comparison.better)} is better"
    )
    return f"{mean}\n{verdict}"
