"""Reading runs back, for scoring."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.protocols.protocol import Trajectory
from benchmarks.store.folder import MANIFEST, NAME, RunFolder
from trackers.errors import UserError
from trackers.plainfiles import is_present
from trackers.registry import did_you_mean


@dataclass(frozen=True)
class Run:
    """What a run left on disk.

    Attributes:
        tracker, dataset, protocol: what was run.
        trajectories: by sequence, one for each repetition or segment; only sequences that are complete.
        truth: by sequence, the digest of the ground truth it was run on.
        failed: by sequence, why it is not among `trajectories`.
        imported: whether another tool made the results.
        remarks: what else a person should know of it, in sentences.
    """

    tracker: str
    dataset: str
    protocol: str
    trajectories: dict[str, list[Trajectory]]
    truth: dict[str, str]
    failed: dict[str, str]
    imported: bool = False
    remarks: tuple[str, ...] = ()


def find_runs(results: Path, dataset: str, protocol: str = "ope") -> list[str]:
    """Names of the trackers that have a run on `dataset`, sorted without regard to case.

    Folders that no run can have made are passed over; those that cannot be read are not.

    Raises:
        OSError: the folder of the data set cannot be read.
    """
    try:
        names = os.listdir(results / dataset)  # noqa: PTH208 - names alone are wanted
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = (
        name
        for name in names
        if NAME.fullmatch(name) and is_present(results / dataset / name / protocol / MANIFEST)
    )
    return sorted(found, key=lambda name: (name.casefold(), name))


def select_runs(results: Path, dataset: str, protocol: str, trackers: list[str] | None) -> list[str]:
    """The runs that a user asks for: those of `trackers`, in that order, or all there are.

    Raises:
        UserError: there is none, or none of a tracker that was named.
    """
    found = find_runs(results, dataset, protocol)
    if not found:
        raise UserError(
            f"there are no results of protocol '{protocol}' on {dataset} in {results}; "
            f"make some with `python -m benchmarks run --tracker NAME --dataset {dataset}`"
        )
    for name in trackers or []:
        if name not in found:
            raise UserError(
                f"there are no results of tracker '{name}' on {dataset} in {results}"
                f"{did_you_mean(name, found)}; there are: {', '.join(found)}"
            )
    return list(dict.fromkeys(trackers)) if trackers else found


def read_run(results: Path, dataset: str, tracker: str, protocol: str = "ope") -> Run:
    """Reads one run. A sequence whose files are not the ones its manifest speaks of counts as failed.

    Raises:
        UserError: there is no such run, or its manifest is damaged.
    """
    folder = RunFolder(results, dataset, tracker, protocol)
    manifest = folder.read_manifest()
    if manifest is None:
        raise UserError(f"there is no run of '{tracker}' in {folder.path}")
    remarks: tuple[str, ...] = ()
    if manifest.tracker not in ("", tracker):
        remarks = (
            f"its results were made under the name '{manifest.tracker}'; was its folder renamed, or "
            "exchanged with another?",
        )
    run = Run(tracker, dataset, protocol, {}, {}, {}, manifest.identity is None, remarks)
    for name, record in manifest.sequences.items():
        if record.status != "ok":
            run.failed[name] = f"{record.status}: {record.message}"
        elif (trajectories := folder.read(name, record)) is None:
            run.failed[name] = "its files are missing or were changed since the run; run it again"
        else:
            run.trajectories[name] = trajectories
            run.truth[name] = record.truth
    return run
