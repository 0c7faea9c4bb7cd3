"""Run folders of sotbench itself, in a folder or an archive: recognized by their `run.json`, and read by it.

The manifest says what other formats leave open: the data set, the protocol, repetitions and segments, the
digest of each file, and the ground truth that the run was made on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from benchmarks.datasets import Dataset
from benchmarks.protocols import PROTOCOLS, Trajectory
from benchmarks.store.digests import digest, truth_digest
from benchmarks.store.formats.import_problems import ImportProblems
from benchmarks.store.formats.members import Members, open_members
from benchmarks.store.formats.reading import ImportedResults, ImportOptions, left_out_note
from benchmarks.store.journal import JOURNAL, parse_with_journal
from benchmarks.store.lock import LOCK
from benchmarks.store.manifest import Manifest, SequenceRecord
from benchmarks.store.run_folder import LOG, MANIFEST, REPRODUCED, file_stems
from benchmarks.store.trajectories import parse_trajectory
from trackers.errors import UserError

_DEPTH = 4
"""Folders below which a run folder is looked for: results/<data set>/<tracker>/<protocol>."""
_OWN_FILES = {MANIFEST, JOURNAL, LOG, LOCK, REPRODUCED}


@dataclass(frozen=True)
class StoredRunFolder:
    """A run folder.

    Attributes:
        path: the folder or archive that was searched.
        inside: the run folder's path in it; empty if it is `path` itself.
        manifest: its manifest.
    """

    path: Path
    inside: str
    manifest: Manifest

    @property
    def where(self) -> str:
        """Its path, for messages."""
        return f"{self.path}/{self.inside}" if self.inside else str(self.path)

    @property
    def protocol(self) -> str:
        """The protocol of the run; for results that were imported, the folder's name if that is one."""
        if self.manifest.identity:
            return self.manifest.identity.protocol
        return self._name(-1) if self._name(-1) in tuple(PROTOCOLS) else "ope"

    @property
    def tracker(self) -> str:
        """The name under which the results were made; the folder's, if the manifest does not record it."""
        return self.manifest.tracker or self._name(-2)

    def _name(self, index: int) -> str:
        parts = (self.path.absolute() / self.inside).parts
        return parts[index] if len(parts) >= -index else ""


def find_run_folders(path: Path) -> list[StoredRunFolder]:
    """Returns the run folders in a folder or archive, itself included, in alphabetical order.

    A `run.json` that is not a manifest counts as another tool's, unless files of times lie beside it.

    Raises:
        UserError: the path cannot be read, or a manifest is damaged.
    """
    if not path.is_dir():
        with open_members(path) as members:
            return _find(path, members)
    found = []
    for depth in range(_DEPTH):
        for file in sorted(path.glob("*/" * depth + MANIFEST)):
            with open_members(file.parent) as members:
                inside = file.parent.relative_to(path).as_posix()
                found += [
                    StoredRunFolder(path, "" if inside == "." else inside, run.manifest)
                    for run in _find(file.parent, members, below=False)
                ]
    return found


def _find(path: Path, members: Members, below: bool = True) -> list[StoredRunFolder]:
    found = []
    for name in members.names:
        folder = _folder(name)
        if PurePosixPath(name).name != MANIFEST or (folder and not below):
            continue
        journal = _join(folder, JOURNAL)
        try:
            manifest = parse_with_journal(
                members.read(name),
                members.read(journal) if journal in members.names else b"",
                members.where(name),
            )
        except UserError:
            if not any(other.endswith(".time.txt") and _folder(other) == folder for other in members.names):
                continue
            raise
        found.append(StoredRunFolder(path, folder, manifest))
    return found


def read_run_folder(run: StoredRunFolder, dataset: Dataset, skip_bad: bool = False) -> ImportedResults:
    """Reads the results of a run folder.

    Args:
        run: the folder.
        dataset: the data set of the results; its ground truth must be there.
        skip_bad: leave out sequences whose files are missing, changed or made on other ground truth.

    Raises:
        UserError: there are such sequences (the message names all of them), or nothing can be imported.
    """
    records = {name: run.manifest.sequences.get(name) for name in dataset.names()}
    trajectories: dict[str, list[Trajectory]] = {}
    problems = ImportProblems()
    unfinished: dict[str, str] = {}
    used: set[str] = set()
    is_folder = run.path.is_dir()
    prefix = "" if is_folder else run.inside
    with open_members(run.path / run.inside if is_folder else run.path) as members:
        for name, record in records.items():
            if record is None:
                continue
            if record.status != "ok":
                unfinished[name] = f"{record.status}: {record.message}"
                continue
            where = f"{run.where}/{name}"
            with problems.collect_errors(name, where):
                if record.truth and record.truth != truth_digest(dataset[name].truth):
                    raise UserError(f"{where}: was made on other ground truth than the one here")
                trajectories[name] = _read(members, prefix, name, record, where, used)
        rest = [name for name in members.names if _is_below(name, prefix) and name not in used]
        skipped = [name for name in rest if PurePosixPath(name).name not in _OWN_FILES]
    attempted = len(trajectories) + len(problems.by_sequence)
    if attempted:
        problems.raise_if_all(of=attempted)
        if not skip_bad:
            problems.raise_if_any(of=attempted)
    if not trajectories:
        raise UserError(
            f"{run.where}: holds no finished sequence of {dataset.title} whose ground truth is there"
        )
    counts = sorted({len(runs) for runs in trajectories.values()})
    several = f" with {' or '.join(map(str, counts))} runs per sequence" if counts != [1] else ""
    notes = [f"{run.where} is a run of sotbench{several}, read by its {MANIFEST}"]
    if absent := len(run.manifest.sequences.keys() - records.keys()):
        notes.append(left_out_note(absent))
    return ImportedResults(trajectories, "zero", notes, skipped, unfinished | problems.messages)


def require_match(
    run: StoredRunFolder, dataset: Dataset, protocol: str | None, options: ImportOptions
) -> None:
    """Checks that a run is what the user says it is.

    Args:
        run: its folder.
        dataset: the data set that it should be on.
        protocol: the protocol that it should be of; None for any.
        options: what the user says about the files.

    Raises:
        UserError: it is on another data set or of another protocol, or the options contradict it.
    """
    made_on = run.manifest.dataset
    if made_on not in (dataset.name, *dataset.related):
        raise UserError(
            f"{run.where} is a run of sotbench on data set '{made_on}', not '{dataset.name}'; see --dataset"
        )
    if protocol and protocol != run.protocol:
        raise UserError(
            f"{run.where} is a run of sotbench under protocol '{run.protocol}', not '{protocol}'; "
            "see --protocol"
        )
    if options.origin == "one" or options.columns:
        raise UserError(
            f"{run.where} is a run of sotbench, whose boxes are 0-based x, y, w, h; leave out --one-based, "
            f"--columns and the like, or remove {MANIFEST} if the files are another tool's"
        )


def _read(
    members: Members, folder: str, name: str, record: SequenceRecord, where: str, used: set[str]
) -> list[Trajectory]:
    trajectories = []
    for stem, files in zip(file_stems(name, len(record.runs)), record.runs, strict=True):
        boxes, times = _join(folder, f"{stem}.txt"), _join(folder, f"{stem}.time.txt")
        if missing := [file for file in (boxes, times) if file not in members.names]:
            raise UserError(f"{members.where(missing[0])}: is missing")
        used.update((boxes, times))
        content = members.read(boxes), members.read(times)
        if (digest(content[0]), digest(content[1])) != (files.boxes, files.times):
            raise UserError(
                f"{where}: its files were changed since the run; to import them as they are, remove "
                f"{MANIFEST}"
            )
        regions, seconds = (text.decode(errors="replace") for text in content)
        trajectories.append(parse_trajectory(regions, seconds, members.where(boxes), files.start))
    return trajectories


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _is_below(name: str, folder: str) -> bool:
    return not folder or name.startswith(f"{folder}/")
