"""What a tracker's page says of a run: its reproduction, settings and machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.store.run_notes import environment_values
from reports.site_pages.content import CheckedRun
from trackers.errors import printable
from trackers.wording import agree, counted, counted_of

MAX_LISTED = 8
"""Findings and differences that a page lists."""


def reproduction_text(run: CheckedRun) -> dict[str, Any]:
    """Returns what a tracker's page says of a run's reproduction."""
    record = run.reproduction
    if record is None:
        imported = run.report.manifest.identity is None
        text = "It cannot be: nothing records how another tool made it." if imported else "Not yet."
        return {"reproduced": text, "changes": [], "differing": []}
    again, same = run.reproduced
    by = f" by {printable(record.by)}" if record.by else ""
    when = printable(record.date)[:10]
    number = counted_of(same, again, "sequence")
    text = f"On {when}{by}: {number} {agree(same, 'has', 'have')} the same boxes, byte for byte"
    if again < record.of:
        others = counted(record.of - again, "other")
        text += f"; {others} {agree(record.of - again, 'was', 'were')} not run again"
    changes = [
        printable(f"{name.replace('_', ' ')}: {before} → {after}")
        for name, (before, after) in record.changes.items()
    ]
    differing = []
    for name, one in record.current(run.report.manifest).items():
        if not one.same:
            figures = (
                "" if one.max_difference is None else f"up to {one.max_difference:.3g} pixels",
                "" if one.mean_iou is None else f"mean IoU {one.mean_iou:.4f}",
                one.problem,
            )
            differing.append(printable(f"{name}: {', '.join(filter(None, figures))}"))
    unchanged = [] if changes else ["nothing that is recorded of tracker and environment had changed"]
    return {"reproduced": f"{text}.", "changes": changes or unchanged, "differing": differing[:MAX_LISTED]}


def run_facts(run: CheckedRun) -> list[tuple[str, str]]:
    """Returns settings and machine of a run, by name."""
    manifest = run.report.manifest
    facts: list[tuple[str, str]] = []
    if manifest.identity is not None:
        for name in ("tracker", "settings", "weights", "code", "device", "seed", "repeat", "decoder"):
            value = getattr(manifest.identity, name)
            if isinstance(value, Mapping):
                value = ", ".join(f"{key} = {inner}" for key, inner in value.items())
            if value not in (None, ""):
                facts.append((name, printable(str(value))))
    for name, values in environment_values(manifest.environments).items():
        facts.append(
            (printable(name.removeprefix("packages ").replace("_", " ")), printable("; ".join(values)))
        )
    return facts or [("made by", "another tool")]


def file_size(path: Path) -> str:
    """Returns the size of a file to be read, such as `1.3 MB`."""
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{max(size / 1e3, 1):.0f} kB"
