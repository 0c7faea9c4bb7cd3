"""Access to regular files only: reading from a pipe or a device could block or never end."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

_MISSING = (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP)

LARGEST_WEIGHTS = 1 << 36
"""Limit for weights and code, in bytes."""


def open_regular(path: Path | str, max_bytes: int) -> io.BufferedReader:
    """Opens a regular file, or a link to one, for reading.

    Args:
        path: the file.
        max_bytes: size limit in bytes.

    Raises:
        OSError: the file cannot be opened, is not regular, or is too large; `strerror` says which.
    """
    _check_regular(os.stat(path), path, max_bytes)  # noqa: PTH116 - before opening, which is not harmless for a device
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _check_regular(os.fstat(file), path, max_bytes)
    except OSError:
        os.close(file)
        raise
    return open(file, "rb")  # noqa: PTH123 - a descriptor, which the caller closes


def read_regular(path: Path | str, max_bytes: int) -> bytes:
    """Reads a regular file that `open_regular` opens.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path, max_bytes) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:  # it has grown, or does not report its size, as in /proc
        raise _too_large(path, max_bytes)
    return content


def may_exist(path: Path) -> bool:
    """Returns whether a path exists; also True if its folder cannot be read, so that reading it fails."""
    try:
        return _status(path) is not None
    except OSError:
        return True


def path_exists(path: Path) -> bool:
    """Returns whether a path exists, as `Path.exists` before Python 3.14.

    Raises:
        OSError: as `is_folder`.
    """
    return _status(path) is not None


def is_folder(path: Path) -> bool:
    """Returns whether a path is a folder, as `Path.is_dir` before Python 3.14.

    Raises:
        OSError: a parent folder cannot be read; Python 3.14 returns False instead.
    """
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def is_regular(path: Path) -> bool:
    """Returns whether a path is a regular file, as `Path.is_file` before Python 3.14.

    Raises:
        OSError: as `is_folder`.
    """
    status = _status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    """Returns the status of a path; None if nothing exists there."""
    try:
        return os.stat(path)  # noqa: PTH116 - as above
    except ValueError:  # the path contains a zero byte
        return None
    except OSError as error:
        if error.errno in _MISSING:
            return None
        raise


def _check_regular(about: os.stat_result, path: Path | str, max_bytes: int) -> None:
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file", str(path))
    if about.st_size > max_bytes:
        raise _too_large(path, max_bytes)


def _too_large(path: Path | str, max_bytes: int) -> OSError:
    return OSError(
        errno.EFBIG, f"it has more than {max_bytes} bytes, too many for what it should be", str(path)
    )
