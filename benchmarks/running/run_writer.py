"""What a run keeps on disk while it goes on: its files and its manifest, which it alone writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from benchmarks.running.schedulers.base import Outcome
from benchmarks.store import (
    FolderLock,
    Identity,
    Manifest,
    ManifestWriter,
    RunFolder,
    SequenceRecord,
    remove_temporary_files,
)
from trackers.errors import UserError
from trackers.regular_files import path_exists

Written = TypeVar("Written")

_TRIES = 10


class RunWriter:
    """A run's folder, which is this run's alone while it is entered.

    Args:
        folder: where the results lie.
        identity: what they are made with.
        overwrite: whether results that were made with something else are given up.

    Attributes:
        path: the folder's.

    Raises:
        UserError: on entering: another process writes there, or the results there were made with something
            else.
    """

    def __init__(self, folder: RunFolder, identity: Identity, overwrite: bool) -> None:
        self.path = folder.path
        self._folder = folder
        self._identity = identity
        self._overwrite = overwrite
        self._lock = FolderLock(folder.path)

    def __enter__(self) -> Self:
        self._lock.acquire()
        try:
            remove_temporary_files(self.path)
            self._manifest = _open_manifest(self._folder, self._identity, self._overwrite)
            self._writer = ManifestWriter(self._folder.manifest_path, self._manifest)
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock.is_held():
            self._writer.compact()
        self._lock.release()

    def environment(self, environment: dict[str, Any]) -> int:
        """The number under which the manifest keeps an environment."""
        return self._manifest.add_environment(environment)

    def done(self, name: str) -> SequenceRecord | None:
        """The record of a sequence that is done, whose files are there; else None."""
        record = self._manifest.sequences.get(name)
        return record if record and self._folder.is_complete(name, record) else None

    def note(self, name: str, record: SequenceRecord) -> None:
        """Has the next writing of the manifest say what became of a sequence."""
        self._manifest.sequences[name] = record

    def keep(self, outcome: Outcome, record: SequenceRecord) -> SequenceRecord:
        """Writes an outcome's files, then the record that speaks of them, which is returned with them.

        Raises:
            UserError: they cannot be written, or somebody else may have written here.
        """

        def write() -> SequenceRecord:
            runs = self._folder.write(outcome.sequence, outcome.trajectories) if record.status == "ok" else ()
            written = replace(record, runs=runs)
            self.note(outcome.sequence, written)
            self._writer.append(outcome.sequence)
            return written

        return self._write(write)

    def close(self, records: dict[str, SequenceRecord]) -> dict[str, SequenceRecord]:
        """Writes the manifest a last time; returns the records of what is not there any more.

        Somebody may have removed files, or all of them, that were written hours ago.
        """
        gone = {
            name: replace(
                record,
                status="failed",
                message="its results were removed or changed before the run had ended; run it again",
                runs=(),
            )
            for name, record in records.items()
            if record.status == "ok" and not self._folder.is_complete(name, record)
        }
        self._manifest.sequences |= gone
        self._write(self._writer.write)
        return gone

    def _write(self, write: Callable[[], Written]) -> Written:
        """Writes, and writes again in a folder that somebody has removed meanwhile."""
        for _ in range(_TRIES):
            self._take_again()
            try:
                return write()
            except OSError as error:
                failure = error
                if self._lock.is_held():
                    break
        raise UserError(
            f"{failure.filename}: {failure.strerror}; what was written before is kept, and the same command "
            "goes on from there"
        ) from failure

    def _take_again(self) -> None:
        """Goes on in a folder that was removed, unless somebody else has used it since."""
        if self._lock.is_held():
            return
        self._lock.release()
        self._lock.acquire()
        if path_exists(self._folder.manifest_path):
            raise UserError(
                f"{self.path} was changed by somebody else while this run wrote there; see what is "
                "there now, and give --name to keep both"
            )


def _open_manifest(folder: RunFolder, identity: Identity, overwrite: bool) -> Manifest:
    """The manifest to go on with: a new one, or that of an earlier run with the same identity."""
    if overwrite and not _readable_with(folder, identity):
        folder.discard()
    manifest = folder.read_manifest()
    if manifest is None:
        return Manifest(folder.dataset, identity, tracker=folder.tracker)
    if manifest.identity is None:
        raise UserError(f"{folder.path} holds results of another tool; choose another --name")
    differences = identity.differences(manifest.identity)
    if differences:
        raise UserError(
            f"{folder.path} holds results made with other {' and '.join(differences)}; "
            "give --name to keep both, or --overwrite to replace them"
        )
    manifest.tracker = folder.tracker
    return manifest


def _readable_with(folder: RunFolder, identity: Identity) -> bool:
    try:
        manifest = folder.read_manifest()
    except UserError:
        return False
    return manifest is not None and manifest.identity == identity
