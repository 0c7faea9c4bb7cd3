"""Two trackers compared sequence by sequence."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.scoring.compare import Comparison, compare
from reports.plots.canvas import canvas
from reports.plots.figure import MIN_HEIGHT, figure_title, shorten_name, shown_name
from reports.report_data import ReportData

_MAX_NAMED = 60
"""Maximum number of sequences that all have names; of more, only the extremes do, the others lie closer."""

_EXTREMES = 20
_UNNAMED_LINES = 24
"""Height of all sequences without a name together, in lines of one with a name."""


def sequences_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots a point per sequence, sorted: the value of the first tracker minus that of the second.

    The trackers are `report.pair()`. The mean with its 95 % interval is drawn through all sequences; the
    title has the comparison's verdict.

    Raises:
        InapplicableError: there is only one tracker.
    """
    first, second = report.pair()
    metric = report.profile.metric(report.sequence_metric)
    [comparison] = compare([first, second], [metric.name])
    names, values = _differences(
        dict(zip(first.sequences, first.sequence_values()[metric.name], strict=True)),
        dict(zip(second.sequences, second.sequence_values()[metric.name], strict=True)),
    )
    heights = _heights(len(names))
    with canvas(ax, report.figure_options, 1.1 + max(0.088 * (heights[-1] + 1), MIN_HEIGHT)) as place:
        axes = place.axes()
        band = _draw_mean(axes, comparison, report.intervals)
        better = values > 0 if metric.higher_is_better else values < 0
        # A point has the color of the tracker that is better on the sequence, as everywhere else.
        for tracker, chosen, marker in ((first.tracker, better, "o"), (second.tracker, ~better, "s")):
            color = report.style(tracker).color
            axes.plot(values[chosen], heights[chosen], marker, color=color, markersize=2.4)
        axes.hlines(heights, 0, values, color="0.7", linewidth=0.5, zorder=1)
        axes.axvline(0, color="0.3", linewidth=0.7)
        axes.set_ylim(heights[-1] + 1, -1)
        named = _named(len(names))
        size = place.text_size(4.6)
        place.set_row_labels(axes, heights[named], [shorten_name(names[i]) for i in named], size=size)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        trackers = f"{shown_name(first.tracker, report)} less {shown_name(second.tracker, report)}"
        axes.set_xlabel(place.fit(f"{metric.label}: {trackers}"))
        title = figure_title("Differences", report)
        place.title(f"{title}\n{_verdict(comparison, report)}" if title else "", axes)
        place.note(axes, "band: mean with 95 % interval" if band else "line: mean")
    return place.figure


def _differences(first: dict[str, float], second: dict[str, float]) -> tuple[list[str], NDArray[np.float64]]:
    """Returns names and differences of the sequences that both have, the greatest difference first."""
    pairs = [(name, value - second[name]) for name, value in first.items() if name in second]
    pairs = [(name, value) for name, value in pairs if np.isfinite(value)]
    pairs.sort(key=lambda pair: -pair[1])
    return [name for name, _ in pairs], np.array([value for _, value in pairs])


def _named(sequences: int) -> list[int]:
    """Returns which of the sorted sequences get a name."""
    if sequences <= _MAX_NAMED:
        return list(range(sequences))
    return [*range(_EXTREMES), *range(sequences - _EXTREMES, sequences)]


def _heights(sequences: int) -> NDArray[np.float64]:
    """Returns the y coordinate of each sorted sequence: one line apart, less for those without a name."""
    steps = np.ones(sequences)
    unnamed = np.setdiff1d(np.arange(sequences), _named(sequences))
    steps[unnamed] = min(_UNNAMED_LINES / max(len(unnamed), 1), 1)
    return np.cumsum(steps) - 1


def _draw_mean(axes: Axes, comparison: Comparison, intervals: bool) -> bool:
    """Draws the mean difference; returns whether a band shows its interval."""
    axes.axvline(comparison.difference, color="0.45", linewidth=0.8, linestyle=(0, (3, 1.5)))
    if not intervals or comparison.low is None or comparison.high is None:
        return False
    axes.axvspan(comparison.low, comparison.high, color="0.85", linewidth=0, zorder=0)
    return True


def _verdict(comparison: Comparison, report: ReportData) -> str:
    mean = f"mean {comparison.difference:+.3f}"
    if comparison.low is not None and comparison.high is not None:
        mean += f" [{comparison.low:+.3f}, {comparison.high:+.3f}]"
    verdict = (
        "no difference can be shown"
        if comparison.better is None
        else f"{shown_name(comparison.better, report)} is better"
    )
    return f"{mean}\n{verdict}"
