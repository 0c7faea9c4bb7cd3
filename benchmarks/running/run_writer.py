"""Writes a run's folder, its result files and its manifest, while the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from trackers.errors import UserError, system_reason
from trackers.regular_files import path_exists
from trackers.wording import agree

Written = TypeVar("Written")

_ATTEMPTS = 10


class RunWriter:
    """The folder of a run, locked for this run inside the context.

    Args:
        folder: the folder of the results.
        identity: what they are made with.
        overwrite: whether to discard results of another identity.
        models: by name, sha256 of the files of the tracker's model, for messages.

    Attributes:
        path: the folder's path.

    Raises:
        UserError: on entering, if another process writes there, or the results there have another identity.
    """

    def __init__(
        self,
        folder: RunFolder,
        identity: Identity,
        overwrite: bool,
        models: Mapping[str, str] | None = None,
    ) -> None:
        self.path = folder.path
        self._folder = folder
        self._identity = identity
        self._overwrite = overwrite
        self._models = models or {}
        self._lock = FolderLock(folder.path)

    def __enter__(self) -> Self:
        self._lock.acquire()
        try:
            remove_temporary_files(self.path)
            self._manifest = _open_manifest(self._folder, self._identity, self._overwrite, self._models)
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

    def add_environment(self, environment: dict[str, Any]) -> int:
        """Adds an environment to the manifest; returns its number there."""
        return self._manifest.add_environment(environment)

    def finished_record(self, name: str) -> SequenceRecord | None:
        """Returns the record of a finished sequence whose files exist, or None."""
        record = self._manifest.sequences.get(name)
        return record if record and self._folder.is_complete(name, record) else None

    def set_record(self, name: str, record: SequenceRecord) -> None:
        """Sets a sequence's record, to be written with the next one."""
        self._manifest.sequences[name] = record

    def write(self, outcome: Outcome, record: SequenceRecord) -> SequenceRecord:
        """Writes an outcome's files, then the record that names them; returns that record.

        Raises:
            UserError: they cannot be written, or another process has written here.
        """

        def write() -> SequenceRecord:
            runs = self._folder.write(outcome.sequence, outcome.trajectories) if record.status == "ok" else ()
            written = replace(record, runs=runs)
            self.set_record(outcome.sequence, written)
            self._writer.append(outcome.sequence)
            return written

        return self._write(write)

    def finalize(self, records: dict[str, SequenceRecord]) -> dict[str, SequenceRecord]:
        """Writes the manifest for the last time; returns failed records for results that have been removed.

        Files that were written hours ago may have been removed since.
        """
        removed = {
            name: replace(
                record,
                status="failed",
                message="its results were removed or changed before the run had ended; run it again",
                runs=(),
            )
            for name, record in records.items()
            if record.status == "ok" and not self._folder.is_complete(name, record)
        }
        self._manifest.sequences |= removed
        self._write(self._writer.write)
        return removed

    def _write(self, write: Callable[[], Written]) -> Written:
        """Writes, and writes again if the folder is removed meanwhile."""
        for _ in range(_ATTEMPTS):
            self._lock_again()
            try:
                return write()
            except OSError as error:
                failure = error
                if self._lock.is_held():
                    break
        raise UserError(
            f"{system_reason(failure)}; finished sequences are kept; repeat the command to resume"
        ) from failure

    def _lock_again(self) -> None:
        """Locks the folder again if it was removed, unless another process has used it since."""
        if self._lock.is_held():
            return
        self._lock.release()
        self._lock.acquire()
        if path_exists(self._folder.manifest_path):
            raise UserError(
                f"{self.path} was changed by another process while this run wrote there; check what it holds "
                "now, and give --name to keep both"
            )


def _open_manifest(
    folder: RunFolder, identity: Identity, overwrite: bool, models: Mapping[str, str]
) -> Manifest:
    """Returns the manifest to continue: a new one, or that of an earlier run with the same identity."""
    if overwrite and not _readable_with(folder, identity):
        folder.discard()
    manifest = folder.read_manifest()
    if manifest is None:
        return Manifest(folder.dataset, identity, tracker=folder.tracker)
    if manifest.identity is None:
        raise UserError(f"{folder.path} holds results of another tool; choose another --name")
    differences = identity.differences(manifest.identity)
    if differences:
        if "code" in differences and (changed := _changed_models(manifest, models)):
            files = agree(len(changed), "model file", "model files")
            differences[differences.index("code")] = f"{files} {', '.join(changed)}"
        raise UserError(
            f"{folder.path} holds results made with other {' and '.join(differences)}; "
            "give --name to keep both, or --overwrite to replace them"
        )
    manifest.tracker = folder.tracker
    return manifest


def _changed_models(manifest: Manifest, models: Mapping[str, str]) -> list[str]:
    """Returns the names of model files whose content differs from that of the latest run in a manifest.

    The identity has one digest of code and model files together.
    """
    recorded = manifest.environments[-1].get("models") if manifest.environments else None
    if not isinstance(recorded, dict):
        return []
    return [name for name, digest in models.items() if recorded.get(name, digest) != digest]


def _readable_with(folder: RunFolder, identity: Identity) -> bool:
    try:
        manifest = folder.read_manifest()
    except UserError:
        return False
    return manifest is not None and manifest.identity == identity
