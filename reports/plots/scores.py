"""All metrics of all trackers with their intervals, published scores beside one's own."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scoring import Record
from reports.figure_options import COLUMN_INCHES, PAGE_INCHES
from reports.plots.canvas import NOTE_COLOR, canvas
from reports.plots.figure import (
    draw_point,
    errorbar_values,
    figure_title,
    interval_note,
    name_with_count,
    shorten_name,
)
from reports.report_data import ReportData

_PUBLISHED = {"color": "0.35", "marker": "D", "markersize": 3}


def scores_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """Plots a panel per metric with a row per tracker, the best on top; published scores are hollow."""
    rows = _sorted(report)
    metrics = [report.profile.metric(name) for name in report.metrics if name != "failures"]
    own = set(report.trackers)
    width = COLUMN_INCHES if len(metrics) == 1 else PAGE_INCHES
    with canvas(ax, report.figure_options, 1.0 + 0.13 * max(len(rows), 3), width) as place:
        [panels] = place.panels(1, len(metrics), sharey=True)
        for axes, metric in zip(panels, metrics, strict=True):
            for line, row in enumerate(rows):
                x = errorbar_values(row, metric.name, report.intervals)
                if x is None:
                    continue
                tracker = str(row["tracker"])
                look = report.style(tracker).point(3.6) if tracker in own else _PUBLISHED
                draw_point(axes, x, line, look, hollow=tracker not in own)
            axes.set_xlabel(place.fit(metric.label, len(metrics), "x-small"))
            place.limit_ticks(axes, 5)
            if not metric.higher_is_better:
                axes.invert_xaxis()
        panels[0].set_ylim(len(rows) - 0.4, -0.6)
        names = [str(row["tracker"]) for row in rows]
        place.set_row_labels(
            panels[0],
            range(len(rows)),
            [
                name_with_count(name, report.records, report) if name in own else shorten_name(name)
                for name in names
            ],
            [name in own and report.style(name).highlight for name in names],
        )
        place.title(figure_title("Scores", report))
        notes = [
            interval_note("lines", report.show_intervals),
            "hollow: published" if report.published_records else "",
        ]
        place.footer("; ".join(filter(None, notes)), size=place.text_size(5.5), color=NOTE_COLOR)
    return place.figure


def _sorted(report: ReportData) -> list[Record]:
    """Returns one's own and published records together: ordered ones, then best first by the shown metric."""
    rows = report.records + report.published_records
    metric = report.profile.metric(report.metric)
    ranked = sorted(rows, key=lambda row: metric.sort_key(row.get(metric.name)))
    return sorted(ranked, key=lambda row: report.presentation.place(str(row["tracker"])))
