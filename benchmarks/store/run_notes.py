"""What a reader of a run's scores should know of how the run came about, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from benchmarks.store.manifest import Manifest
from benchmarks.store.run_folder import RunFolder
from trackers.catalogue import TRACKERS, TrackerSpec
from trackers.errors import UserError

_MOST_NAMED = 5
"""Differences between environments that are named."""
_LONGEST = 60
"""Characters of a value that are quoted."""


def notes(folder: RunFolder, manifest: Manifest) -> Iterator[str]:
    """Sentences on a run whose folder it was not made for, or that several environments made.

    Args:
        folder: where the manifest lies.
        manifest: what it says.
    """
    if manifest.tracker not in ("", folder.tracker):
        yield (
            f"its results were made under the name '{_quoted(manifest.tracker)}'; was its folder renamed, or "
            "exchanged with another?"
        )
    elif not manifest.tracker and (other := _other_tracker(folder, manifest)):
        yield (
            f"its run.json says that tracker {_quoted(other)} was run; was its folder renamed, or exchanged "
            "with another?"
        )
    used = {record.environment for record in manifest.sequences.values() if record.status == "ok"}
    environments = [manifest.environments[i] for i in sorted(used) if 0 <= i < len(manifest.environments)]
    if len(environments) > 1:
        told = environment_differences(environments)
        yield f"it was made in {len(environments)} environments, which differ in {told}"


def environment_differences(environments: list[dict[str, Any]]) -> str:
    """In what environments differ, each with its values: `python (3.11.7; 3.12.1), packages numpy (...)`."""
    flat = [_flat(environment) for environment in environments]
    names = list(dict.fromkeys(name for one in flat for name in one))
    told = []
    for name in names:
        values = list(dict.fromkeys(one.get(name, "none") for one in flat))
        if len(values) > 1:
            told.append(f"{name} ({'; '.join(values)})")
    more = len(told) - _MOST_NAMED
    return ", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "") or "nothing that is told"


def _flat(environment: dict[str, Any], before: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in environment.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name} ")
        else:
            flat[before + str(name)] = _quoted(str(value))
    return flat


def _other_tracker(folder: RunFolder, manifest: Manifest) -> str | None:
    """The tracker of a run that bears another one's name; None where the name may be the user's choice.

    For manifests of before they held the name under which they were made.
    """
    tracker = _label(manifest)
    if tracker is None or tracker == folder.tracker:
        return None
    if folder.tracker in TRACKERS:
        return tracker
    # A name given with --name is free; one from whose folder another run has driven it is not.
    with suppress(UserError):
        there = RunFolder(folder.results, folder.dataset, tracker, folder.protocol).read_manifest()
        if there is not None and _label(there) not in (tracker, None):
            return tracker
    return None


def _label(manifest: Manifest) -> str | None:
    """The name that a run has unless another is given; None for programs, which are known by commands."""
    if manifest.identity is None:
        return None
    before, _, name = manifest.identity.tracker.rpartition(":")
    program = before.startswith(("process", "trax")) or before.endswith(".ini")
    return None if program else TrackerSpec(name).label


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
