"""Scores against speed, with intervals in both directions."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from benchmarks.speed import SpeedRecord
from reports.plots.canvas import canvas
from reports.plots.figure import draw_point, errorbar_values, figure_title, shown_name
from reports.report_data import ReportData
from reports.speed_records import read_speed_records, speed_row


class NumberFormatter(LogFormatter):
    """Labels the same ticks as matplotlib's, always as decimal numbers: 100,000 instead of 1e+05."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:,.10g}" if super().__call__(x, pos) else ""


def speed_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots a point per speed record; the upper right is best.

    Raises:
        InapplicableError: there are no speed records of these trackers.
    """
    by_tracker = {str(row["tracker"]): row for row in report.records}
    records = read_speed_records(report)
    metric = report.profile.metric(report.metric)
    several = len({_configuration(record) for record in records}) > 1
    with canvas(ax, report.figure_options, 2.5) as place:
        axes = place.axes()
        handles, names, bold = [], [], []
        for record in records:
            y = errorbar_values(by_tracker[record.tracker], metric.name, report.intervals)
            if y is None:
                continue
            x = errorbar_values(speed_row(record), "fps", report.intervals) or 0.0
            style = report.style(record.tracker)
            handles.append(draw_point(axes, x, y, style.point()))
            bold.append(style.highlight)
            name = shown_name(record.tracker, report)
            names.append(f"{name} ({_configuration(record)})" if several else name)
        axes.set_xscale("log")
        # Matplotlib's default for log axes writes formulas, which are not parsed in the house style.
        axes.xaxis.set_major_formatter(NumberFormatter())
        axes.xaxis.set_minor_formatter(NumberFormatter(minor_thresholds=(1.0, 0.4)))
        if not metric.higher_is_better:
            axes.invert_yaxis()
        axes.set(xlabel="Updates per second", ylabel=metric.label)
        axes.grid(visible=True, which="minor", axis="x", linewidth=0.25)
        place.title(figure_title(f"{metric.label} and speed", report), axes)
        place.note(
            axes,
            "" if several else _configuration(records[0]),
            "lines: 95 % intervals" if report.intervals else "",
        )
        place.legend(handles, names, columns=2, bold=bold)
    return place.figure


def _configuration(record: SpeedRecord) -> str:
    """Returns how a tracker was run, which distinguishes several records of it."""
    batch = f", batch {record.batch}" if record.batch != 1 else ""
    precision = f", {record.precision}" if record.precision else ""
    threads = "1 thread" if record.threads == 1 else f"{record.threads} threads"
    return f"{record.device}{precision}, {threads}{batch}"
