"""Files that are files: pipes and devices in their place would be waited for, or read, without end."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP)

LARGEST_WEIGHTS = 1 << 36
"""Bytes: what weights and code may have."""


def open_regular(path: Path | str, max_bytes: int) -> io.BufferedReader:
    """Opens a regular file, or a link to one, for reading.

    Args:
        path: the file.
        max_bytes: bytes that it may have.

    Raises:
        OSError: it cannot be opened, is no regular file, or is larger; `strerror` says which.
    """
    _require_plain(os.stat(path), path, max_bytes)  # noqa: PTH116 - of a device not even the opening is harmless
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _require_plain(os.fstat(file), path, max_bytes)
    except OSError:
        os.close(file)
        raise
    return open(file, "rb")  # noqa: PTH123 - it is a number, and for the caller to close


def read_regular(path: Path | str, max_bytes: int) -> bytes:
    """Reads a regular file as `open_regular` opens it.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path, max_bytes) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:  # it has grown, or is one of those that do not tell their size
        raise _too_large(path, max_bytes)
    return content


def may_exist(path: Path) -> bool:
    """Whether there is something at a path, or may be: in a folder that cannot be read a reader says so."""
    try:
        return _status(path) is not None
    except OSError:
        return True


def path_exists(path: Path) -> bool:
    """Whether there is something at a path, as `Path.exists` says before Python 3.14.

    Raises:
        OSError: as `is_folder`.
    """
    return _status(path) is not None


def is_folder(path: Path) -> bool:
    """Whether a path is a folder's, as `Path.is_dir` says before Python 3.14.

    Raises:
        OSError: it cannot be known, because a folder above may not be read; later versions answer False.
    """
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def is_regular(path: Path) -> bool:
    """Whether a path is a regular file's, as `Path.is_file` says before Python 3.14.

    Raises:
        OSError: as `is_folder`.
    """
    status = _status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    """What the system says of a path; None where there is nothing."""
    try:
        return os.stat(path)  # noqa: PTH116 - as above
    except ValueError:  # a zero byte in its name
        return None
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


def _require_plain(about: os.stat_result, path: Path | str, max_bytes: int) -> None:
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
