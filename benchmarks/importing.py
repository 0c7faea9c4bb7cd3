"""Imports results that another tool has stored into a results folder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets import Dataset
from benchmarks.store import FolderLock, Manifest, RunFolder, SequenceRecord, truth_digest
from benchmarks.store.formats import FORMATS, ImportedResults, ImportOptions, NothingFound, read_results
from benchmarks.store.formats.run_folders import (
    StoredRunFolder,
    find_run_folders,
    read_run_folder,
    require_match,
)
from benchmarks.store.formats.submissions import SERVERS
from benchmarks.wording import first_names
from trackers.errors import UserError
from trackers.wording import counted_of

_MAX_NAMED = 5
"""Sequences that a message names."""
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_ARCHIVE = r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$"


@dataclass(frozen=True)
class ImportSource:
    """One tracker's results.

    Attributes:
        tracker: the name to store them under.
        path: a folder or archive.
        inside: the folders in it that hold repetitions; None for all of it.
        run_folder: the run folder of sotbench in it, if it is one.
    """

    tracker: str
    path: Path
    inside: tuple[str, ...] | None = None
    run_folder: StoredRunFolder | None = None


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
        format_name: one of `FORMATS`, or one of `SERVERS`.
        dataset: the data set that they are of.
        results: the folder of all results.
        notify: is told what was found, in sentences.
        protocol: how the tracker was run; None for the format's own default, or what a run folder says.
        options: what the user says about the files.
        overwrite: replace existing results.

    Returns:
        The folder that they were written to.

    Raises:
        UserError: nothing can be imported, or there are results already.
    """
    if format_name in SERVERS:
        format_name = SERVERS[format_name].read_as
    form = FORMATS.load(format_name)()
    run_folder = source.run_folder
    if run_folder is None and source.inside is None:
        run_folder = _only_run_folder(source, dataset.name, protocol)
    stored_as = form.name
    if run_folder:
        require_match(run_folder, dataset, protocol, options)
        protocol, stored_as = run_folder.protocol, "sotbench"
    protocol = protocol or form.protocols[0]
    folder = RunFolder(results, dataset.name, source.tracker, protocol)
    with FolderLock(folder.path):
        if folder.manifest_path.exists() and not overwrite:
            raise UserError(
                f"there are results in {folder.path}; give another --tracker, or --overwrite to replace them"
            )
        if run_folder:
            if Path(run_folder.where).absolute() == folder.path.absolute():
                raise UserError(f"{folder.path} is where its results belong; there is nothing to import")
            imported = read_run_folder(run_folder, dataset, options.skip_bad)
        else:
            options = replace(options, folders=source.inside)
            imported = read_results(source.path, form, dataset, protocol, options)
        _store(imported, folder, dataset, {"path": str(source.path), "format": stored_as})
    for note in imported.notes:
        notify(note)
    for name, problem in imported.bad.items():
        notify(f"{name} is left out: {problem}")
    if imported.skipped:
        notify(f"skipped, not results of a sequence under this protocol: {first_names(imported.skipped)}")
    count = counted_of(len(imported.trajectories), len(dataset.all_names), "sequence")
    missing = [name for name in dataset.all_names if name not in imported.trajectories]
    named = f" (without {', '.join(missing)})" if 0 < len(missing) <= _MAX_NAMED else ""
    option = "" if protocol == "ope" else f"; score them with --protocol {protocol}"
    notify(f"{count} of {dataset.title} imported{named}; in {folder.path}{option}")
    return folder


def sources_in(path: Path, dataset: str, protocol: str | None = None) -> list[ImportSource]:
    """Returns the trackers of a folder: its folders and archives; those that differ only in a number are one.

    Run folders of sotbench are found at any depth down to a folder of all results, and in an archive.

    Args:
        path: the folder or archive.
        dataset: the data set of the results that are wanted.
        protocol: their protocol; None for any.

    Raises:
        NothingFound: there are run folders, of other data sets or protocols alone.
        UserError: it is neither such a folder nor an archive of run folders, or two of its run folders have
            the same tracker and protocol.
    """
    found = find_run_folders(path) if path.exists() else []
    wanted = _select(found, dataset, protocol)
    repeated = [
        key for key, count in Counter((run.tracker, run.protocol) for run in wanted).items() if count > 1
    ]
    if repeated:
        tracker, under = repeated[0]
        places = [run.where for run in wanted if (run.tracker, run.protocol) == repeated[0]]
        raise UserError(
            f"{path} holds {len(places)} runs of '{tracker}' under protocol '{under}': "
            f"{first_names(places)}; name the folder of one"
        )
    sources = [ImportSource(_valid_name(run.tracker), path, run_folder=run) for run in wanted]
    if not path.is_dir():
        if found and not wanted:
            raise _nothing_wanted(path, found, dataset, protocol)
        if not sources:
            raise UserError(
                f"give --tracker NAME; without it, {path} must be a folder with one folder per tracker"
            )
        return sources
    if not any(run.inside == "" for run in found):
        sources += _other_sources(path, {run.inside.partition("/")[0] for run in found})
    if found and not sources:
        raise _nothing_wanted(path, found, dataset, protocol)
    if not sources:
        raise UserError(
            f"{path} holds no folder or archive of a tracker; give --tracker NAME if its files are results"
        )
    return sources


def _other_sources(path: Path, ours: set[str]) -> list[ImportSource]:
    """Returns the folders and archives of a folder, but for those in `ours`."""
    groups: dict[str, list[tuple[str, Path]]] = {}
    for entry in sorted(path.iterdir()):
        packed = entry.is_file() and entry.name.casefold().endswith(_ARCHIVES)
        if entry.name.startswith(".") or entry.name in ours or not (entry.is_dir() or packed):
            continue
        name = re.sub(_ARCHIVE, "", entry.name, flags=re.IGNORECASE) if packed else entry.name
        numbered = None if packed else re.fullmatch(r"(.*\D)\d{3}", name)
        groups.setdefault(numbered[1].rstrip("_-. ") if numbered else name, []).append((name, entry))
    sources = []
    for common, entries in groups.items():
        name, entry = (common, path) if len(entries) > 1 else entries[0]
        inside = tuple(each.name for _, each in entries) if len(entries) > 1 else None
        sources.append(ImportSource(_valid_name(name), entry, inside))
    return sources


def _valid_name(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.")


def _only_run_folder(source: ImportSource, dataset: str, protocol: str | None) -> StoredRunFolder | None:
    """Returns the one run folder in a path that is meant; None if there is none.

    Of several, it is the only one of the data set and protocol, or else the only one of the tracker's name.

    Raises:
        UserError: several may be meant, or none.
    """
    found = find_run_folders(source.path) if source.path.exists() else []
    if len(found) < 2:
        return found[0] if found else None
    wanted = _select(found, dataset, protocol)
    if not wanted:
        raise _nothing_wanted(source.path, found, dataset, protocol)
    named = [run for run in wanted if run.tracker == source.tracker]
    for runs in (wanted, named):
        if len(runs) == 1:
            return runs[0]
    described = [f"{run.inside} ({run.tracker}, {run.protocol})" for run in named or wanted]
    raise UserError(
        f"{source.path} holds {len(described)} runs of sotbench on {dataset}: {first_names(described)}; name "
        "the folder of one, or leave out --tracker to import each"
    )


def _select(found: list[StoredRunFolder], dataset: str, protocol: str | None) -> list[StoredRunFolder]:
    return [run for run in found if run.manifest.dataset == dataset and protocol in (None, run.protocol)]


def _nothing_wanted(
    path: Path, found: list[StoredRunFolder], dataset: str, protocol: str | None
) -> NothingFound:
    there = sorted({f"{run.manifest.dataset} ({run.protocol})" for run in found})
    under = f" under protocol '{protocol}'" if protocol else ""
    return NothingFound(
        f"{path} holds runs of sotbench, none on {dataset}{under}; there are some on {first_names(there)}"
    )


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
