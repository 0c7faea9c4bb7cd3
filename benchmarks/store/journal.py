"""`run.journal`: the outcomes of sequences since `run.json` was written, one line each.

A manifest holds all sequences; rewriting it after each of 10,000 would write 25 GB. So a run appends each
record to a journal beside the manifest, synced. At its end it writes the whole manifest and removes the
journal.

The first line names the manifest that the journal continues, by its digest. A journal that continues another
manifest, left behind by a crash between two steps, is ignored. So is a last line that is cut short: its
sequence is run again.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.store.digests import digest
from benchmarks.store.manifest import Manifest, SequenceRecord, parse_manifest
from benchmarks.store.validation import report_invalid
from trackers.atomic import append_synced, sync_folder
from trackers.errors import UserError
from trackers.regular_files import is_regular

JOURNAL = "run.journal"

_ATTEMPTS = 5


class _Line(msgspec.Struct):
    """A line of a journal but the first."""

    sequence: str
    record: SequenceRecord
    environments: list[dict[str, Any]] = []


def journal_path(manifest: Path) -> Path:
    """Returns the path of the journal that belongs to the manifest at `manifest`."""
    return manifest.with_name(JOURNAL)


class ManifestWriter:
    """Keeps a growing manifest on disk: written whole first and last, continued by its journal in between.

    Args:
        path: the manifest's path.
        manifest: the manifest to keep, which includes what an earlier journal said.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path = path
        self._manifest = manifest
        self._journal_of: tuple[int, int] | None = None  # inodes of manifest and journal
        self._environments = 0

    def append(self, name: str) -> None:
        """Records sequence `name`, and environments that are new.

        Raises:
            OSError: the record cannot be written.
        """
        if self._journal_of is None or self._journal_of != self._inodes():
            self.write()
            self._begin()
            return
        line: dict[str, Any] = {"sequence": name, "record": self._manifest.sequences[name].content()}
        if new := self._manifest.environments[self._environments :]:
            line["environments"] = new
        self._append(line)

    def write(self) -> None:
        """Writes the whole manifest and removes the journal.

        Raises:
            OSError: the manifest cannot be written. What was on disk before stays valid.
        """
        self._journal_of = None
        self._manifest.write(self._path)
        journal_path(self._path).unlink(missing_ok=True)

    def compact(self) -> None:
        """Merges our journal into the manifest if possible; without that, the two say the same."""
        if self._journal_of and self._journal_of == self._inodes():
            with suppress(OSError):
                self.write()

    def _inodes(self) -> tuple[int, int] | None:
        """Returns the inodes of manifest and journal; None if a user has removed one."""
        try:
            return self._path.stat().st_ino, journal_path(self._path).stat().st_ino
        except OSError:
            return None

    def _begin(self) -> None:
        """Starts a journal of the manifest that was just written."""
        journal_path(self._path).touch()
        self._append({"after": digest(self._path.read_bytes())})
        sync_folder(self._path.parent)

    def _append(self, line: dict[str, Any]) -> None:
        # If this fails, the file may end with a part of the line, and nothing may be appended to that.
        self._journal_of = None
        append_synced(journal_path(self._path), (json.dumps(line) + "\n").encode())
        self._journal_of = self._inodes()
        self._environments = len(self._manifest.environments)


def read_with_journal(path: Path) -> Manifest:
    """Reads a manifest and its journal, also while they are being written.

    Raises:
        UserError: the manifest is missing, is not one, or has another schema; or the journal is not one.
    """
    for _ in range(_ATTEMPTS):
        try:
            text = path.read_bytes()
            journal = _read_journal(journal_path(path))
            if path.read_bytes() == text:
                break  # otherwise the journal was merged into the manifest in between
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}") from None
    else:
        raise UserError(f"{path} keeps changing; try again when the run is over")
    return parse_with_journal(text, journal, str(path))


def parse_with_journal(text: bytes, journal: bytes, where: str) -> Manifest:
    """Parses a manifest and the journal that continues it; messages call the manifest `where`.

    Args:
        text: the manifest.
        journal: the journal, empty if there is none; ignored if it continues another manifest.
        where: the manifest's path.

    Raises:
        UserError: the manifest is not one, or has another schema; or the journal is not one.
    """
    manifest = parse_manifest(text, where)
    with report_invalid(f"{journal_path(Path(where))} is not a run's journal", "remove it"):
        for line in msgspec.convert(_parse_lines_after(journal, text), list[_Line]):
            line.record.check_stored()
            manifest.sequences[line.sequence] = line.record
            manifest.environments += line.environments
    return manifest


def _read_journal(path: Path) -> bytes:
    """Returns the journal's content, empty if there is none."""
    try:
        # Reading a pipe or a device would never end.
        return path.read_bytes() if is_regular(path) else b""
    except FileNotFoundError:
        return b""


def _parse_lines_after(journal: bytes, manifest: bytes) -> list[Any]:
    """Returns the parsed lines of the journal but the first; none if it continues another manifest."""
    first, *lines = _parse_lines(journal) or [None]
    continues = isinstance(first, dict) and first.get("after") == digest(manifest)
    return lines if continues else []


def _parse_lines(content: bytes) -> list[Any]:
    """Parses lines of JSON up to the first that is cut short or damaged."""
    parsed: list[Any] = []
    for line in content.splitlines(keepends=True):
        try:
            if not line.endswith(b"\n"):
                break
            parsed.append(json.loads(line))
        except (ValueError, RecursionError):
            break
    return parsed
