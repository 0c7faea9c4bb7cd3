"""What plots draw, as records for CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import OnePassScore, Record
from benchmarks.scoring.metrics import EAO, F_SCORE
from benchmarks.scoring.multi_start_score import MultiStartScore
from benchmarks.scoring.statistics import bootstrap_interval
from reports.plots.curves import curve_metric, ranked_by
from reports.plots.several import radar_records
from reports.plots.vot import CURVE_POINTS, long_term_scores, scores_with_curves
from reports.report_data import ReportData
from reports.speed_records import read_speed_records, speed_row


@dataclass(frozen=True, eq=False)
class Curve:
    """A tracker's curve with n points.

    Attributes:
        tracker: its name.
        x, y: the points, shape (n,).
        low, high: the 95 % interval at each point, shape (n,); None if there is none.
        value: the tracker's score; None if it is not defined.
    """

    tracker: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    value: float | None


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of a plot, in the order of its legend, and its axes.

    Attributes:
        title, x_label, y_label: texts.
        limits: the first and the last x.
        corner: the corner that good curves leave free.
        curves: one per tracker.
    """

    title: str
    x_label: str
    y_label: str
    limits: tuple[float, float]
    corner: str
    curves: tuple[Curve, ...]


def plot_curves(report: ReportData, kind: str) -> Curves:
    """Returns the curves of a kind of plot that draws curves.

    Raises:
        InapplicableError: the results have no such curve.
    """
    if kind == "eao":
        return _eao_curves(report)
    if kind == "precision-recall":
        return _precision_recall_curves(report)
    metric = curve_metric(report, kind.replace("-", "_"))
    scores = [score for score in report.scores if isinstance(score, OnePassScore)]
    curves = []
    for score in ranked_by(scores, metric, report):
        values = score.curves[metric.name]
        interval = bootstrap_interval(values)
        low, high = (None, None) if interval is None else interval
        curves.append(
            Curve(score.tracker, metric.thresholds, values.mean(axis=0), low, high, score.value(metric))
        )
    return Curves(
        metric.curve_title,
        metric.x_label,
        metric.y_label,
        (float(metric.thresholds[0]), float(metric.thresholds[-1])),
        "south west" if kind == "success" else "south east",
        tuple(curves),
    )


def _eao_curves(report: ReportData) -> Curves:
    scores = scores_with_curves(report)
    longest = scores[0][1].averaged[1]
    end = longest if isinstance(scores[0][1], MultiStartScore) else 2 * longest
    values = {row["tracker"]: row["eao"] for row in report.records}
    curves = []
    for score, overall in scores:
        lengths, overlaps = overall.curve()
        shown = lengths <= 2 * longest
        lengths, overlaps = lengths[shown], overlaps[shown]
        points = np.unique(np.linspace(0, len(lengths) - 1, CURVE_POINTS).astype(int))
        interval = overall.curve_interval(lengths[points])
        low, high = (None, None) if interval is None else interval
        value = values[score.tracker]
        curves.append(
            Curve(
                score.tracker,
                lengths[points].astype(float),
                overlaps[points],
                low,
                high,
                None if value is None else float(value),
            )
        )
    return Curves(EAO.curve_title, EAO.x_label, EAO.y_label, (0.0, float(end)), "north east", tuple(curves))


def _precision_recall_curves(report: ReportData) -> Curves:
    values = {row["tracker"]: float(row["f_score"] or 0) for row in report.records}
    curves = []
    for tracker, score in long_term_scores(report).items():
        recall, precision = score.curve()
        curves.append(Curve(tracker, recall, precision, None, None, values[tracker]))
    return Curves(
        F_SCORE.curve_title, F_SCORE.x_label, F_SCORE.y_label, (0.0, 1.0), "south west", tuple(curves)
    )


def plot_records(reports: Sequence[ReportData], kind: str) -> list[Record]:
    """Returns what a kind of plot draws: a record per point of a curve, or per value with its interval.

    Args:
        reports: the scores on each data set.
        kind: the kind of plot; of kinds that others added, all scores.

    Raises:
        InapplicableError: the results have no such plot.
    """
    if kind == "radar":
        return radar_records(reports)
    make = _RECORDS.get(kind, _scores)
    return [record for report in reports for record in make(report, kind)]


def _curve_records(report: ReportData, kind: str) -> Iterator[Record]:
    made = plot_curves(report, kind)
    x_name = {"eao": "length", "precision-recall": "recall"}.get(kind, "threshold")
    for curve in made.curves:
        for place, x in enumerate(curve.x):
            yield {
                "dataset": report.dataset,
                "tracker": curve.tracker,
                x_name: float(x),
                "value": float(curve.y[place]),
                "low": None if curve.low is None else float(curve.low[place]),
                "high": None if curve.high is None else float(curve.high[place]),
            }


def _scores(report: ReportData, kind: str) -> list[Record]:  # noqa: ARG001 - as the others
    return report.records + report.published_records


def _attributes(report: ReportData, kind: str) -> list[Record]:  # noqa: ARG001
    return report.attribute_records


def _sequences(report: ReportData, kind: str) -> list[Record]:  # noqa: ARG001
    first, second = report.pair()
    metric = report.sequence_metric
    values = [
        dict(zip(score.sequences, score.sequence_values()[metric], strict=True)) for score in (first, second)
    ]
    return [
        {
            "dataset": report.dataset,
            "sequence": name,
            "metric": metric,
            first.tracker: float(value),
            second.tracker: float(values[1][name]),
            "difference": float(value - values[1][name]),
        }
        for name, value in values[0].items()
        if name in values[1]
    ]


def _speed(report: ReportData, kind: str) -> list[Record]:  # noqa: ARG001
    by_tracker = {row["tracker"]: row for row in report.records}
    return [
        {"dataset": report.dataset}
        | speed_row(record)
        | {key: by_tracker[record.tracker][key] for key in report.metrics}
        for record in read_speed_records(report)
    ]


_CURVES = ("success", "precision", "normalized-precision", "eao", "precision-recall")
_RECORDS: dict[str, Callable[[ReportData, str], Iterator[Record] | list[Record]]] = {
    **dict.fromkeys(
        ("success", "precision", "normalized-precision", "eao", "precision-recall"), _curve_records
    ),
    **dict.fromkeys(("attributes", "attribute-dots"), _attributes),
    "sequences": _sequences,
    "speed": _speed,
}
