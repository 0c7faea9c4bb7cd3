"""Transfers files to the machines of a cluster: a tracker's weights, and the file that defines it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.store import file_digest
from trackers.atomic import write_atomic
from trackers.catalog import TrackerSpec
from trackers.errors import UserError


@dataclass(frozen=True)
class TransferredFile:
    """A file of the sender.

    Attributes:
        path: its absolute path on the sender's machine.
        digest: sha256 of its content.
    """

    path: Path
    digest: str

    def local_path(self, content: Callable[[], bytes]) -> Path:
        """Returns the file's path on this machine: the sender's path, or a copy in the temporary folder.

        Args:
            content: returns the file's content; called if it is at neither place yet.

        Raises:
            UserError: the folder of copies belongs to another user.
        """
        if self._is_at(self.path):
            return self.path
        copy = _copies() / self.digest / self.path.name
        if not self._is_at(copy):
            copy.parent.mkdir(exist_ok=True)
            write_atomic(copy, content())
        return copy

    def _is_at(self, path: Path) -> bool:
        return path.is_file() and file_digest(path) == self.digest


def files_to_transfer(spec: TrackerSpec) -> dict[str, TransferredFile]:
    """Returns the files of a tracker to transfer, by the attribute of the spec that names them.

    Installed trackers and programs have to be on every machine.

    Raises:
        UserError: a file cannot be read.
    """
    files = {"weights": spec.weights, "tracker": _own_file(spec.tracker)}
    return {
        attribute: TransferredFile(path.absolute(), file_digest(path))
        for attribute, path in files.items()
        if path is not None
    }


def with_local_files(spec: TrackerSpec, paths: Mapping[str, Path]) -> TrackerSpec:
    """Returns the spec with the transferred files' paths on this machine; see `files_to_transfer`."""
    if "weights" in paths:
        spec = replace(spec, weights=paths["weights"])
    if "tracker" in paths:
        spec = replace(spec, tracker=f"{paths['tracker']}:{spec.tracker.rpartition(':')[2]}")
    return spec


def _own_file(tracker: str) -> Path | None:
    """Returns the file that `path/file.py:Class` names; None for other trackers."""
    path = tracker.rpartition(":")[0]
    return Path(path) if path.endswith(".py") and not tracker.startswith(("process:", "trax:")) else None


def _copies() -> Path:
    """Returns this user's folder of copies, which only this user can write to."""
    folder = Path(tempfile.gettempdir()) / f"sotbench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022 or folder.is_symlink():
        raise UserError(f"{folder} belongs to another user or can be written by others; remove it")
    return folder
