"""The folder of a run: `results/<dataset>/<tracker>/<protocol>/`, with its manifest and the files per run.

These are regions and times, and in some protocols the tracker's confidences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.box_text import format_rows
from benchmarks.protocols import PROTOCOLS
from benchmarks.protocols.protocol import Trajectory
from benchmarks.store.digests import digest
from benchmarks.store.journal import journal_path, read_with_journal
from benchmarks.store.manifest import Manifest, RunFiles, SequenceRecord
from benchmarks.store.trajectories import format_trajectory, parse_trajectory
from trackers.atomic import write_atomic
from trackers.errors import UserError
from trackers.regular_files import is_regular, path_exists

MANIFEST = "run.json"
LOG = "tracker.log"
REPRODUCED = "reproduced.json"
"""The record of a reproduction; see `benchmarks.reproduction.record`."""
VALID_NAME = re.compile(r"[\w+-][\w.+-]*")
"""Valid names of folders of results."""
MAX_RESULT_BYTES = 1 << 30
"""Size limit of a result file, whose lines have about a hundred bytes."""


def require_folder_name(name: str) -> str:
    """Returns `name` if it can name a folder of results.

    Raises:
        UserError: it cannot.
    """
    if not VALID_NAME.fullmatch(name):
        raise UserError(f"'{name}' cannot name a results folder: use letters, digits, '.', '_', '+' and '-'")
    return name


class _StoredRun(NamedTuple):
    """The path of a run's regions, and the content of its files; without confidences, none of these."""

    path: Path
    regions: bytes
    times: bytes
    confidences: bytes


class RunFolder:
    """The folder with the results of one run.

    Args:
        results: the folder of all results.
        dataset, tracker, protocol: each names a folder.

    Raises:
        UserError: a name cannot name a folder.
    """

    def __init__(self, results: Path, dataset: str, tracker: str, protocol: str) -> None:
        self.dataset, self.tracker, self.protocol = map(require_folder_name, (dataset, tracker, protocol))
        self.results = results
        self.path = results / dataset / tracker / protocol

    @classmethod
    def at(cls, path: Path) -> RunFolder:
        """Returns the run folder at `path`, which need not lie in a folder of results.

        Its data set and protocol are those of its manifest. Its tracker is the name of its folder where that
        lies as in a folder of results, else the name in the manifest.

        Args:
            path: the folder, or its `run.json`.

        Raises:
            UserError: there is no run, or its manifest cannot be read or is damaged.
        """
        path = path.absolute()
        path = path.parent if path.name == MANIFEST else path
        manifest = read_manifest_file(path / MANIFEST)
        if manifest is None:
            raise UserError(_no_run(path))
        protocol = path.name if path.name in tuple(PROTOCOLS) else "ope"
        if manifest.identity is not None:
            protocol = manifest.identity.protocol
        upwards = (path, *path.parents)
        in_results = [one.name for one in upwards[:3:2]] == [protocol, manifest.dataset]
        tracker = path.parent.name if in_results or not manifest.tracker else manifest.tracker
        folder = cls(upwards[:4][-1], manifest.dataset, tracker, protocol)
        folder.path = path
        return folder

    @property
    def manifest_path(self) -> Path:
        """The path of `run.json`."""
        return self.path / MANIFEST

    @property
    def log_path(self) -> Path:
        """The path of the standard error output of trackers in separate processes."""
        return self.path / LOG

    def read_manifest(self) -> Manifest | None:
        """Returns the manifest with its journal, or None if nothing was run yet.

        Raises:
            UserError: it cannot be read, is damaged, is not a file, or belongs to another folder.
        """
        manifest = read_manifest_file(self.manifest_path)
        if manifest is None:
            return None
        protocol = manifest.identity.protocol if manifest.identity else self.protocol
        for key, recorded, expected in (
            ("data set", manifest.dataset, self.dataset),
            ("protocol", protocol, self.protocol),
        ):
            if recorded != expected:
                raise UserError(
                    f"{self.manifest_path} is of {key} '{recorded}' and lies where '{expected}' belongs; "
                    "move its folder back"
                )
        return manifest

    def write(self, sequence: str, trajectories: Sequence[Trajectory]) -> tuple[RunFiles, ...]:
        """Writes the files of a sequence: two for each of its runs."""
        return tuple(
            self._write(stem, trajectory)
            for stem, trajectory in zip(file_stems(sequence, len(trajectories)), trajectories, strict=True)
        )

    def _write(self, stem: str, trajectory: Trajectory) -> RunFiles:
        regions, times = (text.encode() for text in format_trajectory(trajectory))
        write_atomic(self.path / f"{stem}.txt", regions)
        write_atomic(self.path / f"{stem}.time.txt", times)
        files = RunFiles(digest(regions), digest(times), trajectory.start, trajectory.backward)
        if trajectory.confidences is None:
            return files
        confidences = format_rows(trajectory.confidences[:, None]).encode()
        write_atomic(self.path / f"{stem}.confidence.txt", confidences)
        return replace(files, confidences=digest(confidences))

    def read(self, sequence: str, record: SequenceRecord, with_times: bool = True) -> list[Trajectory] | None:
        """Reads the sequence's trajectories; None if a file is missing or its digest differs from `record`.

        Args:
            sequence: the sequence's name.
            record: the sequence's record in the manifest.
            with_times: whether to read times; without them, which are NaN then, reading takes a third less.

        Raises:
            UserError: a file has the recorded digest, and is not a trajectory.
        """
        contents = self._contents(sequence, record)
        if contents is None:
            return None
        return [
            parse_trajectory(
                stored.regions.decode(errors="replace"),
                stored.times.decode(errors="replace") if with_times else None,
                str(stored.path),
                files.start,
                files.backward,
                stored.confidences.decode(errors="replace") if files.confidences else None,
            )
            for stored, files in zip(contents, record.runs, strict=True)
        ]

    def _contents(self, sequence: str, record: SequenceRecord) -> list[_StoredRun] | None:
        """Returns the content of the files of each run, or None if one is missing or another."""
        contents: list[_StoredRun] = []
        if Path(sequence).name != sequence:
            return None  # a name in a manifest of a stranger may lead out of the folder
        for stem, files in zip(file_stems(sequence, len(record.runs)), record.runs, strict=True):
            path = self.path / f"{stem}.txt"
            try:
                regions, times = _content(path), _content(self.path / f"{stem}.time.txt")
                confidences = _content(self.path / f"{stem}.confidence.txt") if files.confidences else b""
            except OSError:
                return None
            if (digest(regions), digest(times)) != (files.boxes, files.times):
                return None
            if files.confidences and digest(confidences) != files.confidences:
                return None
            contents.append(_StoredRun(path, regions, times, confidences))
        return contents

    def is_complete(self, sequence: str, record: SequenceRecord) -> bool:
        """Whether a sequence is done: its files exist and have the digests of `record`."""
        return record.status == "ok" and self._contents(sequence, record) is not None

    def discard(self) -> None:
        """Removes the run's files, the manifest first, so that a partly removed run never counts as done."""
        self.manifest_path.unlink(missing_ok=True)
        journal_path(self.manifest_path).unlink(missing_ok=True)
        self.log_path.unlink(missing_ok=True)
        for path in self.path.glob("*.txt"):
            path.unlink()


def read_manifest_file(path: Path) -> Manifest | None:
    """Returns the manifest at `path` with its journal, or None if there is none.

    Raises:
        UserError: it cannot be read, is damaged, or is not a file.
    """
    try:
        if not path_exists(path):
            return None
        if not is_regular(path):
            raise UserError(f"{path} is not a file; remove its folder")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    return read_with_journal(path)


def _no_run(path: Path) -> str:
    """Returns the message for a folder that is no run folder; it names run folders inside."""
    if not path.is_dir():
        return f"there is no folder {path}"
    inside = sorted(str(found.parent) for depth in (1, 2, 3) for found in path.glob("*/" * depth + MANIFEST))
    return f"{path} is not the folder of a run: it has no {MANIFEST}" + (
        f"; give one of those inside, such as {inside[0]}" if inside else ""
    )


def _content(path: Path) -> bytes:
    """Reads a result file; raises OSError for anything else: reading a pipe or a device would never end."""
    if not path.is_file() or path.stat().st_size > MAX_RESULT_BYTES:
        raise FileNotFoundError(path)
    return path.read_bytes()


def file_stems(sequence: str, runs: int) -> list[str]:
    """Returns file names without suffix: the sequence's, numbered from 1 if there are several runs."""
    return [sequence] if runs == 1 else [f"{sequence}.{k}" for k in range(1, runs + 1)]


def file_names(sequence: str, record: SequenceRecord) -> list[str]:
    """Returns the names of a sequence's files: regions, times and, where the record has them, confidences."""
    return [
        stem + suffix
        for stem, files in zip(file_stems(sequence, len(record.runs)), record.runs, strict=True)
        for suffix in (".txt", ".time.txt", *([".confidence.txt"] if files.confidences else []))
    ]
