"""Where trackers stand: every figure of the profile with its interval, published ones beside one's own."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.scoring import Record
from benchmarks.scoring.records import LOWER_IS_BETTER
from reports.figures import (
    METRIC_LABELS,
    counted_name,
    draw_point,
    heading,
    interval_ends,
    new_figure,
    shortened,
)
from reports.scores import Subject
from reports.style import COLUMN_INCHES, PAGE_INCHES, point_style

_PUBLISHED = {"color": "0.35", "marker": "D", "markersize": 3}


def standing_figure(subject: Subject) -> Figure:
    """A panel per metric and a row per tracker, best on top; published figures are hollow."""
    rows = _sorted(subject)
    metrics = [metric for metric in subject.metrics if metric != "failures"]
    ranks = {tracker: rank for rank, tracker in enumerate(subject.trackers)}
    width = COLUMN_INCHES if len(metrics) == 1 else PAGE_INCHES
    with new_figure(1.0 + 0.13 * max(len(rows), 3), width) as figure:
        [panels] = figure.subplots(1, len(metrics), sharey=True, squeeze=False)
        for axes, metric in zip(panels, metrics, strict=True):
            for place, row in enumerate(rows):
                ends = interval_ends(row, metric)
                if ends is None:
                    continue
                rank = ranks.get(str(row["tracker"]))
                look = _PUBLISHED if rank is None else point_style(rank) | {"markersize": 3.6}
                x = ends if subject.band else (ends[0], 0.0, 0.0)
                draw_point(axes, x, (place, 0.0, 0.0), look, hollow=rank is None)
            axes.set_xlabel(METRIC_LABELS[metric])
            axes.xaxis.set_major_locator(MaxNLocator(5))
            if metric in LOWER_IS_BETTER:
                axes.invert_xaxis()
        panels[0].set_ylim(len(rows) - 0.4, -0.6)
        panels[0].set_yticks(
            range(len(rows)),
            [
                counted_name(name, subject.records, subject) if name in ranks else shortened(name)
                for name in (str(row["tracker"]) for row in rows)
            ],
        )
        figure.suptitle(heading("Scores", subject))
        notes = ["lines: 95 % interval over sequences"] if subject.band and subject.most > 1 else []
        notes += ["hollow: published"] if subject.published_records else []
        figure.supxlabel("; ".join(notes), size=5.5, color="0.45")
    return figure


def _sorted(subject: Subject) -> list[Record]:
    """One's own and published records together, best first by the metric to show."""
    rows = subject.records + subject.published_records
    metric = subject.metric
    sign = 1 if metric in LOWER_IS_BETTER else -1
    return sorted(rows, key=lambda row: (row.get(metric) is None, sign * float(row.get(metric) or 0)))
