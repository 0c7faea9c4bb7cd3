"""The page's data of scores: values with their intervals, each sequence's values, and curves.

Values of all sequences and of each attribute are computed here, as `sotbench score` does. For other
selections the page takes means of the sequences' values. That is exact for metrics that are means over
sequences; VOT's metrics pool frames, and the page shows no values of them for other selections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import (
    Estimate,
    Metric,
    OnePassProfile,
    OnePassScore,
    Record,
    RunScore,
    ScoringProfile,
)
from benchmarks.scoring.long_term_score import LongTermScore
from benchmarks.scoring.multi_start_score import MultiStartScore
from benchmarks.scoring.statistics import mean_estimates
from benchmarks.scoring.vot_metrics import SupervisedScore
from benchmarks.scoring.vot_run_score import VOTRunScore
from reports.page.loader import TrackerReport
from reports.page.pack import Json, packed, packed_counts, packed_deltas
from trackers.errors import printable


def profile_data(profile: ScoringProfile, reports: Sequence[TrackerReport], names: Sequence[str]) -> Json:
    """Returns the data of one profile.

    Args:
        profile: the profile.
        reports: the runs, in the page's order.
        names: the page's sequences; the data refer to them by their index.
    """
    scores = [report.scores[profile.name] for report in reports]
    indices = {name: index for index, name in enumerate(names)}
    one_pass = [score for score in scores if isinstance(score, OnePassScore)]
    estimates = iter(mean_estimates([part for score in one_pass for part in _parts(score)]))
    content = []
    for score in scores:
        if isinstance(score, OnePassScore):
            values = {part: next(estimates) for part in ("", *_attributes(score))}
            content.append(_score_data(score, values, indices))
        elif isinstance(score, VOTRunScore):
            content.append(_vot_data(score, indices))
        elif isinstance(score, str):
            content.append({"refused": printable(score)})
    found = [list(entry["all"]) for entry in content if "all" in entry]
    return {
        "name": profile.name,
        "title": profile.title,
        "reference": profile.reference,
        "differs": profile.differs,
        "means": isinstance(profile, OnePassProfile)
        and not any(score.weights.keys() >= score.curves.keys() for score in one_pass),
        "metrics": [_metric_data(profile.metric(name)) for name in (found[0] if found else [])],
        "main": next((score.main_metric.name for score in scores if not isinstance(score, str)), None),
        "scores": content,
    }


def _attributes(score: OnePassScore) -> dict[str, NDArray[np.bool_]]:
    return {name: has for name, has in score.attributes.items() if has.any()}


def _parts(score: OnePassScore) -> list[NDArray[np.float64]]:
    """Returns the sequences' values, shape (S, M): of all sequences, then of those with each attribute."""
    values = np.stack(list(score.sequence_values().values()), axis=1)
    if score.weights:  # an attribute has its own weights
        parts = score.by_attribute().values()
        return [values, *(np.stack(list(part.sequence_values().values()), axis=1) for part in parts)]
    return [values, *(values[has] for has in _attributes(score).values())]


def _score_data(
    score: OnePassScore, estimates: Mapping[str, list[Estimate]], indices: Mapping[str, int]
) -> Json:
    sequence_values = score.sequence_values()
    named = {part: dict(zip(sequence_values, row, strict=True)) for part, row in estimates.items()}
    return {
        "sequences": [indices[name] for name in score.sequences],
        "frames": packed_counts(score.frames),
        "all": named.pop(""),
        "attributes": named,
        "values": {
            metric.name: packed(np.asarray(metric.value(score.curves[metric.name]), dtype=np.float64))
            for metric in score.profile.metrics
        },
        # A curve's values are shares of frames, so integer counts of frames lose nothing.
        "curves": {
            metric.name: packed_deltas(np.rint(score.curves[metric.name] * score.frames[:, None]).astype(int))
            for metric in score.profile.metrics
            if len(metric.thresholds)
        },
    }


def _vot_data(score: VOTRunScore, indices: Mapping[str, int]) -> Json:
    overall = score.overall
    lines = {}
    if isinstance(overall, SupervisedScore | MultiStartScore):
        lengths, overlaps = overall.curve()
        lines["eao"] = {"x": lengths.tolist(), "y": np.round(overlaps, 5).tolist()}
    elif isinstance(overall, LongTermScore):
        recall, precision = overall.curve()
        lines["f_score"] = {"x": np.round(recall, 5).tolist(), "y": np.round(precision, 5).tolist()}
    [record] = score.records()
    return {
        "sequences": [indices[name] for name in score.sequences],
        "frames": packed_counts(score.lengths),
        "all": _recorded(record),
        "attributes": {str(part["attribute"]): _recorded(part) for part in score.records("attribute")},
        "values": {name: packed(values) for name, values in score.sequence_values().items()},
        "lines": lines,
    }


def _recorded(record: Record) -> dict[str, list[str | int | float | None]]:
    names = [name for name in record if f"{name}_low" in record]
    return {name: [record[name], record[f"{name}_low"], record[f"{name}_high"]] for name in names}


def _metric_data(metric: Metric) -> Json:
    return {
        "name": metric.name,
        "label": metric.label,
        "title": metric.curve_title,
        "x": metric.x_label,
        "y": metric.y_label,
        "less": not metric.higher_is_better,
        "decimals": metric.decimals,
        "thresholds": metric.thresholds.tolist(),
    }


def main_value(score: RunScore | str) -> float:
    """Returns the main metric's value, by which trackers are ranked; -1 if it is not defined."""
    value = -1.0 if isinstance(score, str) else score.main_value
    return value if np.isfinite(value) else -1.0
