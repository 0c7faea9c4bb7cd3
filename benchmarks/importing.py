"""Imports results that another tool has stored into a results folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.store import FolderLock, Manifest, RunFolder, SequenceRecord, truth_digest
from benchmarks.store.formats import FORMATS, ImportedResults, ImportOptions, read_results
from benchmarks.wording import first_names
from trackers.errors import UserError

_MAX_NAMED = 5
"""Sequences that a message names."""
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_ARCHIVE = r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$"


@dataclass(frozen=True)
class ImportSource:
    """One tracker's results: a folder or archive, or the folders `inside` it that hold repetitions."""

    tracker: str
    path: Path
    inside: tuple[str, ...] | None = None


def import_run(
    source: ImportSource,
    format_name: str,
    dataset: Dataset,
    results: Path,
    notify: Callable[[str], None],
    *,
    protocol: str | None = None,
    options: ImportOptions,
    overwrite: bool = False,
) -> RunFolder:
    """Imports one tracker's results, all or nothing.

    Args:
        source: where they are.
        format_name: one of `FORMATS`.
        dataset: the data set that they are of.
        results: the folder of all results.
        notify: is told what was found, in sentences.
        protocol: how the tracker was run; None for the format's own default.
        options: what the user says about the files.
        overwrite: replace existing results.

    Returns:
        The folder that they were written to.

    Raises:
        UserError: nothing can be imported, or there are results already.
    """
    form = FORMATS.load(format_name)()
    protocol = protocol or form.protocols[0]
    folder = RunFolder(results, dataset.name, source.tracker, protocol)
    with FolderLock(folder.path):
        if folder.manifest_path.exists() and not overwrite:
            raise UserError(
                f"there are results in {folder.path}; give another --tracker, or --overwrite to replace them"
            )
        imported = read_results(source.path, form, dataset, protocol, replace(options, folders=source.inside))
        _store(imported, folder, dataset, {"path": str(source.path), "format": form.name})
    for note in imported.notes:
        notify(note)
    for name, problem in imported.bad.items():
        notify(f"{name} is left out: {problem}")
    if imported.skipped:
        notify(f"skipped, not results of a sequence under this protocol: {first_names(imported.skipped)}")
    count = f"{len(imported.trajectories)} of {len(dataset.all_names)} sequences of {dataset.title}"
    missing = [name for name in dataset.all_names if name not in imported.trajectories]
    named = f" (without {', '.join(missing)})" if 0 < len(missing) <= _MAX_NAMED else ""
    notify(f"{count} imported{named}; in {folder.path}")
    return folder


def sources_in(path: Path) -> list[ImportSource]:
    """Returns the trackers of a folder: its folders and archives; those that differ only in a number are one.

    Raises:
        UserError: it is not a folder, or holds no folder or archive.
    """
    if not path.is_dir():
        raise UserError(
            f"give --tracker NAME; without it, {path} must be a folder with one folder per tracker"
        )
    groups: dict[str, list[tuple[str, Path]]] = {}
    for entry in sorted(path.iterdir()):
        packed = entry.is_file() and entry.name.casefold().endswith(_ARCHIVES)
        if entry.name.startswith(".") or not (entry.is_dir() or packed):
            continue
        name = re.sub(_ARCHIVE, "", entry.name, flags=re.IGNORECASE) if packed else entry.name
        numbered = None if packed else re.fullmatch(r"(.*\D)\d{3}", name)
        groups.setdefault(numbered[1].rstrip("_-. ") if numbered else name, []).append((name, entry))
    sources = []
    for common, entries in groups.items():
        name, entry = (common, path) if len(entries) > 1 else entries[0]
        inside = tuple(each.name for _, each in entries) if len(entries) > 1 else None
        sources.append(ImportSource(re.sub(r"[^\w.+-]+", "-", name).strip("-."), entry, inside))
    if not sources:
        raise UserError(
            f"{path} holds no folder or archive of a tracker; give --tracker NAME if its files are results"
        )
    return sources


def _store(imported: ImportedResults, folder: RunFolder, dataset: Dataset, source: dict[str, str]) -> None:
    """Stores the results like those of a run; the manifest, which makes them valid, is written last."""
    folder.discard()
    manifest = Manifest(dataset.name, identity=None, tracker=folder.tracker)
    manifest.add_environment({"imported": source | {"origin": imported.origin, "notes": imported.notes}})
    for name, trajectories in imported.trajectories.items():
        truth = dataset[name].truth
        manifest.sequences[name] = SequenceRecord(
            "ok", frames=len(truth), truth=truth_digest(truth), runs=folder.write(name, trajectories)
        )
    for name, problem in imported.bad.items():
        manifest.sequences[name] = SequenceRecord("failed", f"its file was not imported: {problem}")
    manifest.write(folder.manifest_path)
