"""A run's folder: `results/<dataset>/<tracker>/<protocol>/`, with its manifest and two files per run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.protocols.protocol import Trajectory
from benchmarks.store.atomic import write_atomic
from benchmarks.store.digests import digest
from benchmarks.store.journal import journal_path, read_with_journal
from benchmarks.store.manifest import Manifest, RunFiles, SequenceRecord
from benchmarks.store.trajectories import format_trajectory, parse_trajectory
from trackers.errors import UserError
from trackers.regular_files import is_regular, path_exists

MANIFEST = "run.json"
LOG = "tracker.log"
NAME = re.compile(r"[\w+-][\w.+-]*")
"""What a folder of results may be called."""
MAX_RESULT_BYTES = 1 << 30
"""Bytes: no file of results is larger; a line has a hundred."""


def require_folder_name(name: str) -> str:
    """`name`, if a folder of results can have it.

    Raises:
        UserError: it cannot.
    """
    if not NAME.fullmatch(name):
        raise UserError(f"'{name}' cannot name a results folder: use letters, digits, '.', '_', '+' and '-'")
    return name


class RunFolder:
    """Where one run's results lie.

    Args:
        results: the folder of all results.
        dataset, tracker, protocol: what was run; each names a folder.

    Raises:
        UserError: a name that cannot be a folder's.
    """

    def __init__(self, results: Path, dataset: str, tracker: str, protocol: str) -> None:
        self.dataset, self.tracker, self.protocol = map(require_folder_name, (dataset, tracker, protocol))
        self.results = results
        self.path = results / dataset / tracker / protocol

    @property
    def manifest_path(self) -> Path:
        """Path of `run.json`."""
        return self.path / MANIFEST

    @property
    def log_path(self) -> Path:
        """Path of what a tracker in a process of its own wrote on standard error."""
        return self.path / LOG

    def read_manifest(self) -> Manifest | None:
        """The manifest with its journal, or None where nothing was run yet.

        Raises:
            UserError: it cannot be read, is damaged, something else of its name, or of another folder.
        """
        try:
            if not path_exists(self.manifest_path):
                return None
            if not is_regular(self.manifest_path):
                raise UserError(f"{self.manifest_path} is no file; remove its folder")
        except OSError as error:
            raise UserError(f"{self.manifest_path}: {error.strerror}") from None
        manifest = read_with_journal(self.manifest_path)
        made = {"data set": manifest.dataset}
        if manifest.identity:
            made["protocol"] = manifest.identity.protocol
        for what, here in (("data set", self.dataset), ("protocol", self.protocol)):
            if made.get(what, here) != here:
                raise UserError(
                    f"{self.manifest_path} is of {what} '{made[what]}' and lies where '{here}' belongs; move "
                    "its folder back"
                )
        return manifest

    def write(self, sequence: str, trajectories: Sequence[Trajectory]) -> tuple[RunFiles, ...]:
        """Writes the files of a sequence: two for each of its runs."""
        return tuple(
            self._write(stem, trajectory)
            for stem, trajectory in zip(_stems(sequence, len(trajectories)), trajectories, strict=True)
        )

    def _write(self, stem: str, trajectory: Trajectory) -> RunFiles:
        regions, times = (text.encode() for text in format_trajectory(trajectory))
        write_atomic(self.path / f"{stem}.txt", regions)
        write_atomic(self.path / f"{stem}.time.txt", times)
        return RunFiles(digest(regions), digest(times), trajectory.start)

    def read(self, sequence: str, record: SequenceRecord, with_times: bool = True) -> list[Trajectory] | None:
        """Reads back what `write` wrote, or None where a file is not the one that `record` speaks of.

        Args:
            sequence: its name.
            record: what the manifest says of it.
            with_times: whether times are wanted; otherwise they are NaN, and a third of the work is saved.

        Raises:
            UserError: a file is the one that was written, and holds no trajectory.
        """
        contents = self._contents(sequence, record)
        if contents is None:
            return None
        return [
            parse_trajectory(
                regions.decode(errors="replace"),
                times.decode(errors="replace") if with_times else None,
                str(path),
                files.start,
            )
            for (path, regions, times), files in zip(contents, record.runs, strict=True)
        ]

    def _contents(self, sequence: str, record: SequenceRecord) -> list[tuple[Path, bytes, bytes]] | None:
        """Each run's file of regions with its content and that of its times; None as for `read`."""
        contents: list[tuple[Path, bytes, bytes]] = []
        if Path(sequence).name != sequence:
            return None  # somebody's manifest may lead out of the folder
        for stem, files in zip(_stems(sequence, len(record.runs)), record.runs, strict=True):
            path = self.path / f"{stem}.txt"
            try:
                regions, times = _content(path), _content(self.path / f"{stem}.time.txt")
            except OSError:
                return None
            if (digest(regions), digest(times)) != (files.boxes, files.times):
                return None
            contents.append((path, regions, times))
        return contents

    def is_complete(self, sequence: str, record: SequenceRecord) -> bool:
        """Whether a sequence is done: its files are there and are the ones that `record` speaks of."""
        return record.status == "ok" and self._contents(sequence, record) is not None

    def discard(self) -> None:
        """Removes the run's files; the manifest goes first, so that nothing half-removed counts as done."""
        self.manifest_path.unlink(missing_ok=True)
        journal_path(self.manifest_path).unlink(missing_ok=True)
        self.log_path.unlink(missing_ok=True)
        for path in self.path.glob("*.txt"):
            path.unlink()


def _content(path: Path) -> bytes:
    """Reads a file of results; raises OSError where there is none: a pipe or a device would never end."""
    if not path.is_file() or path.stat().st_size > MAX_RESULT_BYTES:
        raise FileNotFoundError(path)
    return path.read_bytes()


def _stems(sequence: str, runs: int) -> list[str]:
    """File names without their endings: the sequence's, numbered from 1 where it has several runs."""
    return [sequence] if runs == 1 else [f"{sequence}.{k}" for k in range(1, runs + 1)]
