"""Accuracy against speed, with intervals in both directions."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from benchmarks.scoring.records import LOWER_IS_BETTER
from benchmarks.speed import SpeedRecord
from reports.figures import (
    METRIC_LABELS,
    add_note,
    draw_point,
    heading,
    interval_ends,
    new_figure,
    shortened,
    trackers_legend,
)
from reports.scores import Subject
from reports.speed_records import speed_of
from reports.style import point_style


def speed_figure(subject: Subject) -> Figure:
    """A point per record of speed; up and to the right is better.

    Raises:
        InapplicableError: no speed of these trackers is on record.
    """
    by_tracker = {str(row["tracker"]): row for row in subject.records}
    records = speed_of(subject)
    metric = subject.metric
    several = len({_way(record) for record in records}) > 1
    with new_figure(2.5) as figure:
        axes = figure.add_subplot()
        handles, names = [], []
        for record in records:
            y = interval_ends(by_tracker[record.tracker], metric)
            if y is None:
                continue
            low, high = record.fps_low or record.fps, record.fps_high or record.fps
            x = (record.fps, record.fps - low, high - record.fps)
            if not subject.band:
                x, y = (x[0], 0.0, 0.0), (y[0], 0.0, 0.0)
            handles.append(draw_point(axes, x, y, point_style(subject.trackers.index(record.tracker))))
            name = shortened(record.tracker)
            names.append(f"{name} ({_way(record)})" if several else name)
        axes.set_xscale("log")
        # The usual one of logarithmic axes writes formulas, and text in figures is what it says.
        axes.xaxis.set_major_formatter(LogFormatter())
        axes.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.0, 0.4)))
        if metric in LOWER_IS_BETTER:
            axes.invert_yaxis()
        axes.set(xlabel="Updates per second", ylabel=METRIC_LABELS[metric])
        axes.grid(visible=True, which="minor", axis="x", linewidth=0.25)
        axes.set_title(heading(f"{METRIC_LABELS[metric]} and speed", subject))
        add_note(
            axes,
            "" if several else _way(records[0]),
            "lines: 95 % intervals" if subject.band else "",
        )
        trackers_legend(figure, handles, names, columns=2)
    return figure


def _way(record: SpeedRecord) -> str:
    """How it was measured: what tells two records of one tracker apart."""
    batch = f", batch {record.batch}" if record.batch != 1 else ""
    precision = f", {record.precision}" if record.precision else ""
    threads = "1 thread" if record.threads == 1 else f"{record.threads} threads"
    return f"{record.device}{precision}, {threads}{batch}"
