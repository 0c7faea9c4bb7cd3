"""Accuracy against speed, with intervals in both directions."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from benchmarks.scoring import METRICS
from benchmarks.speed import SpeedRecord
from reports.plots.figure import (
    add_note,
    canvas,
    draw_point,
    errorbar_values,
    figure_title,
    shorten_name,
)
from reports.report_data import ReportData
from reports.speed_records import read_speed_records
from reports.style import point_style


def speed_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """A point per record of speed; up and to the right is better.

    Raises:
        InapplicableError: no speed of these trackers is on record.
    """
    by_tracker = {str(row["tracker"]): row for row in report.records}
    records = read_speed_records(report)
    metric = report.metric
    several = len({_way(record) for record in records}) > 1
    with canvas(ax, 2.5) as place:
        axes = place.axes()
        handles, names = [], []
        for record in records:
            y = errorbar_values(by_tracker[record.tracker], metric)
            if y is None:
                continue
            low, high = record.fps_low or record.fps, record.fps_high or record.fps
            x = (record.fps, record.fps - low, high - record.fps)
            if not report.band:
                x, y = (x[0], 0.0, 0.0), (y[0], 0.0, 0.0)
            handles.append(draw_point(axes, x, y, point_style(report.trackers.index(record.tracker))))
            name = shorten_name(record.tracker)
            names.append(f"{name} ({_way(record)})" if several else name)
        axes.set_xscale("log")
        # The usual one of logarithmic axes writes formulas, and text in figures is what it says.
        axes.xaxis.set_major_formatter(LogFormatter())
        axes.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.0, 0.4)))
        if not METRICS[metric].higher_is_better:
            axes.invert_yaxis()
        axes.set(xlabel="Updates per second", ylabel=METRICS[metric].label)
        axes.grid(visible=True, which="minor", axis="x", linewidth=0.25)
        place.title(figure_title(f"{METRICS[metric].label} and speed", report), axes)
        add_note(
            axes,
            "" if several else _way(records[0]),
            "lines: 95 % intervals" if report.band else "",
        )
        place.legend(handles, names, columns=2)
    return place.figure


def _way(record: SpeedRecord) -> str:
    """How it was measured: what tells two records of one tracker apart."""
    batch = f", batch {record.batch}" if record.batch != 1 else ""
    precision = f", {record.precision}" if record.precision else ""
    threads = "1 thread" if record.threads == 1 else f"{record.threads} threads"
    return f"{record.device}{precision}, {threads}{batch}"
