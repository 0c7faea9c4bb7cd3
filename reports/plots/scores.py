"""Where trackers stand: every figure of the profile with its interval, published ones beside one's own."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.scoring import METRICS, Record
from reports.plots.figure import (
    canvas,
    draw_point,
    errorbar_values,
    figure_title,
    name_with_count,
    shorten_name,
)
from reports.report_data import ReportData
from reports.style import COLUMN_INCHES, PAGE_INCHES, point_style

_PUBLISHED = {"color": "0.35", "marker": "D", "markersize": 3}


def scores_figure(report: ReportData, ax: Axes | None = None) -> Figure:
    """A panel per metric and a row per tracker, best on top; published figures are hollow."""
    rows = _sorted(report)
    metrics = [metric for metric in report.metrics if metric != "failures"]
    ranks = {tracker: rank for rank, tracker in enumerate(report.trackers)}
    width = COLUMN_INCHES if len(metrics) == 1 else PAGE_INCHES
    with canvas(ax, 1.0 + 0.13 * max(len(rows), 3), width) as place:
        [panels] = place.panels(1, len(metrics), sharey=True)
        for axes, metric in zip(panels, metrics, strict=True):
            for line, row in enumerate(rows):
                ends = errorbar_values(row, metric)
                if ends is None:
                    continue
                rank = ranks.get(str(row["tracker"]))
                look = _PUBLISHED if rank is None else point_style(rank) | {"markersize": 3.6}
                x = ends if report.band else (ends[0], 0.0, 0.0)
                draw_point(axes, x, (line, 0.0, 0.0), look, hollow=rank is None)
            axes.set_xlabel(METRICS[metric].label)
            axes.xaxis.set_major_locator(MaxNLocator(5))
            if not METRICS[metric].higher_is_better:
                axes.invert_xaxis()
        panels[0].set_ylim(len(rows) - 0.4, -0.6)
        panels[0].set_yticks(
            range(len(rows)),
            [
                name_with_count(name, report.records, report) if name in ranks else shorten_name(name)
                for name in (str(row["tracker"]) for row in rows)
            ],
        )
        place.title(figure_title("Scores", report))
        notes = ["lines: 95 % interval over sequences"] if report.band and report.most > 1 else []
        notes += ["hollow: published"] if report.published_records else []
        place.footer("; ".join(notes), size=5.5, color="0.45")
    return place.figure


def _sorted(report: ReportData) -> list[Record]:
    """One's own and published records together, best first by the metric to show."""
    rows = report.records + report.published_records
    metric = METRICS[report.metric]
    return sorted(rows, key=lambda row: metric.sort_key(row.get(metric.name)))
