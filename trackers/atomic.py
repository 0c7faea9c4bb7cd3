"""Atomic and synced writing: a file is complete or not there."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SUFFIX = ".tmp"


def write_atomic(path: Path, content: bytes) -> None:
    """Writes `content` so that `path` holds either all of it or its previous content, even after a crash.

    The content goes to a temporary file beside `path`, which is synced and then renamed; file systems rename
    in one step. The folder is synced too, so that the new name survives a power failure. Two syncs per file
    cost little beside the minutes that the results took.

    Raises:
        OSError: the file, which the error names, cannot be written; `path` is unchanged, and no temporary
            file is left.
    """
    with _name_file(path):
        _write(path, content)


def append_synced(path: Path, content: bytes) -> None:
    """Appends `content` to the file `path`, created if it is missing, and syncs it.

    Raises:
        OSError: the file, which the error names, cannot be written; it may hold a part of `content`.
    """
    with _name_file(path), path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Creates a folder and those above it, as far as they are missing.

    Raises:
        OSError: a folder cannot be created; where a file is in its place, the error says so.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        if (file := file_in_place_of(path)) is None:
            raise
        raise NotADirectoryError(errno.ENOTDIR, not_a_folder(file), str(path)) from None


def file_in_place_of(folder: Path) -> Path | None:
    """Returns the file that is where `folder`, or one above it, would have to be; None if there is none."""
    for path in (folder, *folder.parents):
        try:
            mode = path.stat().st_mode  # once: another process may remove the folder meanwhile
        except OSError:
            continue
        return None if stat.S_ISDIR(mode) else path
    return None


def not_a_folder(file: Path) -> str:
    """Returns the sentence on a file that is where a folder would have to be."""
    return f"{file} is a file, not a folder; give another path"


def remove_temporary_files(folder: Path) -> None:
    """Removes the temporary files of killed writers from `folder`, in which nothing may be writing now."""
    for path in folder.glob(f".*{_SUFFIX}"):
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp creates files that only their owner can read; results are meant to be shared.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Syncs a folder, so that the names of new files survive a power failure.

    Raises:
        OSError: the folder, which the error names, cannot be synced.
    """
    with _name_file(path):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _name_file(path: Path) -> Iterator[None]:
    """Names `path` in errors, where the system names no file or the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _umask() -> int:
    # The mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
