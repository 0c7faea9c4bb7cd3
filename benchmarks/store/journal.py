"""`run.journal`: what became of sequences since `run.json` was written, one line each.

A manifest speaks of all sequences. Written anew after each of 10,000 it would be 25 GB by the end, so that
while a run goes on each record is appended to a journal beside it, and synced. At the run's end the manifest
takes everything in, and the journal goes.

The first line names the manifest that the journal belongs to by its digest. A journal that was left behind
by whatever happened between two steps belongs to no manifest that is there, and nobody reads it. A last line
that was cut short is not read either: its sequence is run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.store.atomic import append_synced, sync_folder
from benchmarks.store.manifest import Manifest, parse_manifest, sequence_record
from benchmarks.store.validation import require_types
from trackers.errors import UserError
from trackers.regular_files import is_regular

JOURNAL = "run.journal"

_ATTEMPTS = 5


def journal_path(manifest: Path) -> Path:
    """Where the journal of the manifest at this path lies."""
    return manifest.with_name(JOURNAL)


class ManifestWriter:
    """Keeps a manifest on disk while it grows: whole at first and at the end, by its journal in between.

    Args:
        path: the manifest's.
        manifest: what is to be kept; it holds what an earlier journal said.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path = path
        self._manifest = manifest
        self._begun: tuple[int, int] | None = None  # the inodes of manifest and journal
        self._environments = 0

    def append(self, name: str) -> None:
        """Writes down the record of sequence `name`, and environments that are new.

        Raises:
            OSError: it cannot be written.
        """
        if self._begun is None or self._begun != self._there():
            self.write()
            self._begin()
            return
        line: dict[str, Any] = {"sequence": name, "record": asdict(self._manifest.sequences[name])}
        if new := self._manifest.environments[self._environments :]:
            line["environments"] = new
        self._append(line)

    def write(self) -> None:
        """Writes the whole manifest; there is no journal then.

        Raises:
            OSError: it cannot be written. What was there before still counts.
        """
        self._begun = None
        self._manifest.write(self._path)
        journal_path(self._path).unlink(missing_ok=True)

    def compact(self) -> None:
        """Writes the whole manifest if that can be done and there is a journal, which says the same."""
        if self._begun and self._begun == self._there():
            with suppress(OSError):
                self.write()

    def _there(self) -> tuple[int, int] | None:
        """As `_begun`, of what is there now: somebody may remove the folder."""
        try:
            return self._path.stat().st_ino, journal_path(self._path).stat().st_ino
        except OSError:
            return None

    def _begin(self) -> None:
        """Starts a journal of the manifest that was just written."""
        journal_path(self._path).touch()
        self._append({"after": _digest(self._path.read_bytes())})
        sync_folder(self._path.parent)

    def _append(self, line: dict[str, Any]) -> None:
        # Unless all of this goes well, a part of the line may be there, and nothing must come after it.
        self._begun = None
        append_synced(journal_path(self._path), (json.dumps(line) + "\n").encode())
        self._begun = self._there()
        self._environments = len(self._manifest.environments)


def read_manifest(path: Path) -> Manifest:
    """Reads a manifest with its journal, also while they are written.

    Raises:
        UserError: it is missing, no manifest, or of a later version of this project; or the journal is none.
    """
    for _ in range(_ATTEMPTS):
        try:
            text = path.read_bytes()
            lines = _lines(path, text)
            if path.read_bytes() == text:
                break
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
        # It has taken its journal in meanwhile.
    else:
        raise UserError(f"{path} changes all the time; try again when the run is over")
    manifest = parse_manifest(text, str(path))
    try:
        for line in lines:
            manifest.sequences[line["sequence"]] = sequence_record(line["record"])
            manifest.environments += line.get("environments", [])
        require_types(manifest)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise UserError(
            f"{journal_path(path)} is not a run's journal ({type(error).__name__}: {error}); remove it"
        ) from None
    return manifest


def _lines(path: Path, manifest: bytes) -> list[Any]:
    """The journal's lines, if it belongs to the manifest with this content, up to one that is damaged."""
    try:
        if not is_regular(journal_path(path)):
            return []  # nor is a pipe one, or a device, which would never end
        content = journal_path(path).read_bytes()
    except FileNotFoundError:
        return []
    first, *lines = _whole(content) or [None]
    belongs = isinstance(first, dict) and first.get("after") == _digest(manifest)
    return lines if belongs else []


def _whole(content: bytes) -> list[Any]:
    def parsed() -> Iterator[Any]:
        for line in content.splitlines(keepends=True):
            try:
                if not line.endswith(b"\n"):
                    return
                yield json.loads(line)
            except (ValueError, RecursionError):
                return

    return list(parsed())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
