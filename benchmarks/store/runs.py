"""Finds and reads runs, for scoring."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.protocols.protocol import Trajectory
from benchmarks.store.manifest import Manifest
from benchmarks.store.run_folder import MANIFEST, VALID_NAME, RunFolder
from benchmarks.store.run_notes import notes
from trackers.errors import UserError
from trackers.registry import did_you_mean
from trackers.regular_files import may_exist


@dataclass(frozen=True)
class RunResults:
    """The results of a run.

    Attributes:
        tracker, dataset, protocol: their names.
        trajectories: by sequence, one for each repetition or segment; only sequences that are complete.
        truth: by sequence, the digest of the ground truth on which it was run.
        failed: by sequence, why it is not among `trajectories`.
        imported: whether another tool made the results.
        notes: sentences that a reader of the scores needs.
        manifest: the run's manifest; None for a run that was never on disk.
    """

    tracker: str
    dataset: str
    protocol: str
    trajectories: dict[str, list[Trajectory]]
    truth: dict[str, str]
    failed: dict[str, str]
    imported: bool = False
    notes: tuple[str, ...] = ()
    manifest: Manifest | None = None


def find_runs(results: Path, dataset: str, protocol: str = "ope") -> list[str]:
    """Returns the names of trackers with a run on `dataset`, sorted case-insensitively.

    Folders with other names than those of runs are ignored; folders that cannot be read are included.

    Raises:
        OSError: the folder of the data set cannot be read.
    """
    try:
        names = os.listdir(results / dataset)  # noqa: PTH208 - only names are needed
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = (
        name
        for name in names
        if VALID_NAME.fullmatch(name) and may_exist(results / dataset / name / protocol / MANIFEST)
    )
    return sorted(found, key=_alphabetical)


def select_runs(
    results: Path, dataset: str, protocol: str, trackers: list[str] | None, related: Sequence[str] = ()
) -> list[RunFolder]:
    """Returns the runs of `trackers`, in that order, or all.

    Args:
        results: the folder of all results.
        dataset: the data set of the runs.
        protocol: their protocol.
        trackers: names, or None for all.
        related: data sets with the same sequences, for trackers without a run on `dataset`.

    Raises:
        UserError: there are no runs, or none of a named tracker.
    """
    folders: dict[str, RunFolder] = {}
    for other in (dataset, *related):
        for name in find_runs(results, other, protocol):
            folders.setdefault(name, RunFolder(results, other, name, protocol))
    found = sorted(folders, key=_alphabetical)
    if not found:
        hint = other_protocols(results, (dataset, *related), protocol)
        nor = f", nor on {' or '.join(related)}, which has its sequences" if related else ""
        raise UserError(
            f"there are no results of protocol '{protocol}' on {dataset} in {results}{nor}; "
            + (hint or f"make some with `{run_command(dataset, protocol)}`")
        )
    for name in trackers or []:
        if name not in folders:
            hint = other_protocols(results, (dataset, *related), protocol, name)
            if hint:
                raise UserError(
                    f"there are no results of tracker '{name}' of protocol '{protocol}' on {dataset} in "
                    f"{results}; {hint}"
                )
            raise UserError(
                f"there are no results of tracker '{name}' on {dataset} in {results}"
                f"{did_you_mean(name, found)}; there are: {', '.join(found)}"
            )
    return [folders[name] for name in dict.fromkeys(trackers or found)]


def other_protocols(results: Path, datasets: Sequence[str], protocol: str, tracker: str = "*") -> str:
    """Returns a clause on results of other protocols, which names the option for them; empty without any.

    Args:
        results: the folder of all results.
        datasets: the data sets to look at.
        protocol: the protocol of which there are no results.
        tracker: whose results; `*` for anyone's.
    """
    if tracker != "*" and not VALID_NAME.fullmatch(tracker):
        return ""
    found = {
        path.parent.name for name in datasets for path in (results / name).glob(f"{tracker}/*/{MANIFEST}")
    }
    others = sorted(name for name in found - {protocol} if VALID_NAME.fullmatch(name))
    if not others:
        return ""
    return f"there are some of {', '.join(others)}: give --protocol {' or '.join(others)}"


def run_command(dataset: str, protocol: str = "ope") -> str:
    """Returns the command that makes results on a data set."""
    place = "folder --data-root DIR" if dataset.startswith("folder") else dataset
    how = "" if protocol == "ope" else f" --protocol {protocol}"
    return f"sotbench run --tracker NAME --dataset {place}{how}"


def read_run(results: Path, dataset: str, tracker: str, protocol: str = "ope") -> RunResults:
    """Reads one run by its names; see `read_folder`."""
    return read_folder(RunFolder(results, dataset, tracker, protocol))


def read_folder(folder: RunFolder, with_times: bool = True) -> RunResults:
    """Reads one run. A sequence whose files differ from the manifest counts as failed.

    Args:
        folder: the run's folder.
        with_times: whether to read times; otherwise they are NaN.

    Raises:
        UserError: there is no such run, or its manifest is damaged or belongs to another folder.
    """
    manifest = folder.read_manifest()
    if manifest is None:
        hint = other_protocols(folder.results, (folder.dataset,), folder.protocol, folder.tracker)
        raise UserError(
            f"there is no run of '{folder.tracker}' in {folder.path}" + (f"; {hint}" if hint else "")
        )
    run = RunResults(
        *(folder.tracker, folder.dataset, folder.protocol, {}, {}, {}),
        imported=manifest.identity is None,
        notes=tuple(notes(folder, manifest)),
        manifest=manifest,
    )
    for name, record in manifest.sequences.items():
        if record.status != "ok":
            run.failed[name] = f"{record.status}: {record.message}"
            continue
        try:
            trajectories = folder.read(name, record, with_times)
        except UserError as error:
            run.failed[name] = str(error)
            continue
        if trajectories is None:
            run.failed[name] = "its files are missing or were changed since the run; run it again"
        else:
            run.trajectories[name] = trajectories
            run.truth[name] = record.truth
    return run


def _alphabetical(name: str) -> tuple[str, str]:
    return name.casefold(), name
