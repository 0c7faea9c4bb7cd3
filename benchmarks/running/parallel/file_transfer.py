"""Files that travel to the machines of a cluster: a tracker's weights, and the file that defines it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.store import file_digest
from benchmarks.store.atomic import write_atomic
from trackers.catalogue import TrackerSpec
from trackers.errors import UserError


@dataclass(frozen=True)
class TransferredFile:
    """A file as its sender has it.

    Attributes:
        path: where, absolute.
        digest: sha256 of its content.
    """

    path: Path
    digest: str

    def local_path(self, content: Callable[[], bytes]) -> Path:
        """Where the file is on this machine: in the sender's place, or as a copy in the temporary folder.

        Args:
            content: called if neither is there yet.

        Raises:
            UserError: the folder of copies belongs to somebody else.
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
    """What of a tracker has to travel, by the name of the attribute that speaks of it.

    Trackers that are installed, and programs, have to be on every machine.

    Raises:
        UserError: a file cannot be read.
    """
    files = {"weights": spec.weights, "tracker": _own_file(spec.tracker)}
    return {
        what: TransferredFile(path.absolute(), file_digest(path))
        for what, path in files.items()
        if path is not None
    }


def with_local_files(spec: TrackerSpec, paths: Mapping[str, Path]) -> TrackerSpec:
    """The tracker, with `files_to_transfer` at their places on this machine."""
    if "weights" in paths:
        spec = replace(spec, weights=paths["weights"])
    if "tracker" in paths:
        spec = replace(spec, tracker=f"{paths['tracker']}:{spec.tracker.rpartition(':')[2]}")
    return spec


def _own_file(tracker: str) -> Path | None:
    """The file that `path/file.py:Class` names."""
    place = tracker.rpartition(":")[0]
    return Path(place) if place.endswith(".py") and not tracker.startswith(("process:", "trax:")) else None


def _copies() -> Path:
    """This user's folder of copies, which nobody else can write to."""
    folder = Path(tempfile.gettempdir()) / f"sotbench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if about.st_uid != os.getuid() or about.st_mode & 0o022 or folder.is_symlink():
        raise UserError(f"{folder} belongs to somebody else or is open to others; remove it")
    return folder
