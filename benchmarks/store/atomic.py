"""Files that are either whole or not there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SUFFIX = ".tmp"


def write_atomic(path: Path, content: bytes) -> None:
    """Writes `content` so that `path` holds all of it or what it held before, whatever happens when.

    It goes to a temporary file beside `path`, is synced to the disk, and takes its name by a rename, which
    file systems do in one step. The folder is synced too, so that the new name survives a power cut. The
    price is two syncs per file: nothing beside the minutes that the results took.

    Raises:
        OSError: the file, which it names, cannot be written; the temporary file is gone and `path` untouched.
    """
    with _naming(path):
        _write(path, content)


def append_synced(path: Path, content: bytes) -> None:
    """Appends `content` to the file `path`, which is made if need be, and syncs it to the disk.

    Raises:
        OSError: the file, which it names, cannot be written to; a part of `content` may be in it.
    """
    with _naming(path), path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def remove_temporary_files(folder: Path) -> None:
    """Removes what writers that were killed have left in `folder`, where nobody may be writing."""
    for path in folder.glob(f".*{_SUFFIX}"):
        path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that only their owner can read; results are meant to be shared.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Has the names of new files in a folder survive a power cut.

    Raises:
        OSError: the folder, which it names, cannot be synced.
    """
    with _naming(path):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Names a file in what goes wrong: the system names none when writing fails, or the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _umask() -> int:
    # The mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
