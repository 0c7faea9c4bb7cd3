"""What the page says of how a run was made and what became of each sequence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

from reports.page.loader import TrackerReport
from reports.page.pack import Json
from trackers.errors import printable

_MOST_TRACEBACK = 4_000
"""Characters; the end of a traceback says what happened."""


def run_data(report: TrackerReport, of: int) -> Json:
    """A run's manifest without its digests, and every sequence that is not scored.

    Args:
        report: the tracker.
        of: how many sequences the data set has.
    """
    manifest = report.manifest
    lacking = []
    for name, why in report.lacking.items():
        record = manifest.sequences[name]
        # A sequence that the manifest calls ok is lacking where its files are not those it was told of.
        status = record.status if record.status != "ok" else "changed"
        message = record.message if record.status != "ok" else why
        lacking.append(
            {
                "sequence": name,
                "status": status,
                "message": message,
                "traceback": record.traceback[-_MOST_TRACEBACK:],
            }
        )
    content = {
        "identity": asdict(manifest.identity) if manifest.identity else None,
        "environments": manifest.environments,
        "statuses": dict(Counter(record.status for record in manifest.sequences.values())),
        "done": len(manifest.sequences),
        "of": of,
        "lacking": lacking,
        "remarks": list(report.notes),
    }
    return shown(content)


def shown(value: Json) -> Json:
    """Texts of strangers as a page shows them: what could turn the direction of writing is escaped."""
    if isinstance(value, str):
        return printable(value, keep="\n\t")
    if isinstance(value, Mapping):
        return {printable(str(name)): shown(inner) for name, inner in value.items()}
    return [shown(inner) for inner in value] if isinstance(value, list | tuple) else value
