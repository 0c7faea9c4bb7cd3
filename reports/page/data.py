"""What the page shows, as JSON: data set, trackers, runs and sequences; `score_data` adds the scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from benchmarks.datasets import Dataset
from benchmarks.datasets import Sequence as VideoSequence
from benchmarks.environment import package_version
from benchmarks.scoring import ScoringProfile
from reports.page.loader import TrackerReport
from reports.page.pack import Json, region_steps
from reports.page.score_data import main_value, profile_data
from reports.page.series import regions_data
from reports.page.thumbnails import EmbeddedFrames
from reports.presentation import Presentation
from trackers.errors import printable

_MAX_TRACEBACK = 4_000
"""Characters kept of a traceback: its end says what happened."""


def report_data(
    dataset: Dataset,
    protocol: str,
    profiles: Sequence[ScoringProfile],
    reports: Sequence[TrackerReport],
    made: datetime,
    left_out: Mapping[str, str] | None = None,
    presentation: Presentation | None = None,
) -> Json:
    """Returns the page's data, except for that within sequences.

    Args:
        dataset: the ground truth.
        protocol: the protocol of the runs.
        profiles: the rules of scoring, at least one; the page shows the first one first.
        reports: the runs.
        made: the time of the report.
        left_out: by tracker, why its run cannot be shown.
        presentation: how trackers are shown.
    """
    names = scored_names(dataset, reports)
    presentation = presentation or Presentation()
    best_first = rank_reports(reports, profiles[0])
    best_first.sort(key=lambda report: presentation.place(report.tracker))
    styles = presentation.styles(report.tracker for report in reports)
    return {
        "dataset": dataset.name,
        "title": printable(dataset.title),
        "protocol": protocol,
        "of": dataset.total,
        "left_out": make_printable([[tracker, why] for tracker, why in (left_out or {}).items()]),
        "made": made.isoformat(timespec="seconds"),
        "version": package_version("sotbench"),
        "attributes": dataset.attributes,
        "ordered": any(presentation.entry(report.tracker).order is not None for report in reports),
        "sequences": [
            {"name": name, "frames": len(dataset[name].truth), "attributes": _attributes(dataset[name])}
            for name in names
        ],
        "trackers": [
            {
                "name": report.tracker,
                "label": printable(presentation.label(report.tracker)),
                "fps": report.fps,
                "style": styles[report.tracker].plotly(),
                "run": run_data(report, len(dataset.all_names)),
                "over_time": bool(report.series),
            }
            for report in best_first
        ],
        "profiles": [profile_data(profile, best_first, names) for profile in profiles],
    }


def rank_reports(reports: Sequence[TrackerReport], profile: ScoringProfile) -> list[TrackerReport]:
    """Returns the reports best first by the profile's main metric, ties by name."""
    return sorted(reports, key=lambda one: (-main_value(one.scores[profile.name]), one.tracker.casefold()))


def _attributes(sequence: VideoSequence) -> list[str]:
    """Returns a sequence's attributes, and the tags of its frames."""
    return [*sequence.attributes, *(tag for tag, frames in sequence.tags.items() if frames.any())]


def scored_names(dataset: Dataset, reports: Sequence[TrackerReport]) -> list[str]:
    """Returns the sequences with results or a score of at least one tracker, in the data set's order."""
    names: set[str] = set()
    for report in reports:
        names.update(report.sequences, report.series)
        for score in report.scores.values():
            names.update(() if isinstance(score, str) else score.sequences)
    return [name for name in dataset.names() if name in names]


def sequence_data(
    dataset: Dataset, reports: Sequence[TrackerReport], name: str, frames: EmbeddedFrames | str | None = None
) -> Json:
    """Returns the data within a sequence: each tracker's overlaps and errors, with frames also regions.

    Args:
        dataset: the ground truth.
        reports: the runs.
        name: the sequence.
        frames: its frames, or their address (`ADDRESS/0.jpg`), or None.
    """
    content: dict[str, Any] = {
        "series": {
            report.tracker: report.series[name].data(regions=frames is not None)
            for report in reports
            if name in report.series
        }
    }
    if frames is not None:
        content["truth"] = regions_data(region_steps(dataset[name].regions))
        content["frames"] = {"address": frames} if isinstance(frames, str) else frames.data()
    return content


def run_data(report: TrackerReport, total: int) -> Json:
    """Returns a run's manifest without its digests, and every sequence that is not scored.

    Args:
        report: the run.
        total: the number of sequences in the data set.
    """
    manifest = report.manifest
    unscored = []
    for name, why in report.unscored.items():
        record = manifest.sequences[name]
        # A sequence with status ok is unscored if its files changed after the run.
        status = record.status if record.status != "ok" else "changed"
        message = record.message if record.status != "ok" else why
        unscored.append(
            {
                "sequence": name,
                "status": status,
                "message": message,
                "traceback": record.traceback[-_MAX_TRACEBACK:],
            }
        )
    content = {
        "identity": asdict(manifest.identity) if manifest.identity else None,
        "environments": manifest.environments,
        "statuses": dict(Counter(record.status for record in manifest.sequences.values())),
        "done": len(manifest.sequences),
        "of": total,
        "lacking": unscored,
        "remarks": list(report.notes),
    }
    return make_printable(content)


def make_printable(value: Json) -> Json:
    """Escapes control and bidirectional characters in untrusted text."""
    if isinstance(value, str):
        return printable(value, keep="\n\t")
    if isinstance(value, Mapping):
        return {printable(str(name)): make_printable(inner) for name, inner in value.items()}
    return [make_printable(inner) for inner in value] if isinstance(value, list | tuple) else value
