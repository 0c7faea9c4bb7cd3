"""Notes on a run's origin that a reader of its scores needs: renamed folder, mixed environments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from benchmarks.store.manifest import Manifest
from benchmarks.store.run_folder import RunFolder
from benchmarks.wording import first_names
from trackers.catalog import TRACKERS, TrackerSpec
from trackers.errors import UserError

_MAX_QUOTED = 60
"""Characters of a value that a note quotes."""


def notes(folder: RunFolder, manifest: Manifest) -> Iterator[str]:
    """Yields a sentence if the run was made for another folder, and one if in several environments.

    Args:
        folder: the run's folder.
        manifest: its manifest.
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
        differences = environment_differences(environments)
        yield f"it was made in {len(environments)} environments, which differ in {differences}"


def environment_differences(environments: list[dict[str, Any]]) -> str:
    """Lists differences between environments with their values: `python (3.11.7; 3.12.1), gpu (...)`."""
    values = environment_values(environments)
    differences = [f"{name} ({'; '.join(found)})" for name, found in values.items() if len(found) > 1]
    return first_names(differences) or "nothing that they record"


def environment_values(environments: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Returns the different values of each entry in environments, `none` where one has no such entry."""
    flat = [_flatten(environment) for environment in environments]
    names = list(dict.fromkeys(name for one in flat for name in one))
    return {name: list(dict.fromkeys(one.get(name, "none") for one in flat)) for name in names}


def _flatten(environment: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in environment.items():
        if isinstance(value, dict):
            flat |= _flatten(value, f"{prefix}{name} ")
        else:
            flat[prefix + str(name)] = _quoted(str(value))
    return flat


def _other_tracker(folder: RunFolder, manifest: Manifest) -> str | None:
    """Returns the tracker of a run whose folder has another tracker's name, if the user did not choose it.

    For manifests that do not record the name under which the results were made.
    """
    tracker = _label(manifest)
    if tracker is None or tracker == folder.tracker:
        return None
    if folder.tracker in TRACKERS:
        return tracker
    # The user may have chosen the name with --name, unless the tracker's own folder holds another's run.
    with suppress(UserError):
        own = RunFolder(folder.results, folder.dataset, tracker, folder.protocol).read_manifest()
        if own is not None and _label(own) not in (tracker, None):
            return tracker
    return None


def _label(manifest: Manifest) -> str | None:
    """Returns the default name of a run; None for programs, whose commands are no names."""
    if manifest.identity is None:
        return None
    before, _, name = manifest.identity.tracker.rpartition(":")
    program = before.startswith(("process", "trax")) or before.endswith(".ini")
    return None if program else TrackerSpec(name).label


def _quoted(text: str) -> str:
    return text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}..."
