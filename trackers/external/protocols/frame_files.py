"""Frames as files in shared memory, which a process in any language can read.

A file is a binary PPM: `P6`, width and height, `255`, each followed by white space, then the rows of RGB
bytes. The next frame overwrites the file under another name: writing to allocated memory takes a third of the
time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path

import numpy as np

from trackers.errors import UserError
from trackers.processes.reaper import cancel_remove_on_exit, remove_on_exit
from trackers.tracker import Frame

_SHARED = "/dev/shm"


class FrameFiles:
    """A folder that holds one frame at a time, in memory if the system has /dev/shm."""

    def __init__(self) -> None:
        place = _SHARED if os.access(_SHARED, os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="sotbench-", dir=place))
        remove_on_exit(str(self._folder))
        self._remove = weakref.finalize(self, _removed, str(self._folder))
        self._count = 0
        self._path: Path | None = None

    def put(self, frame: Frame) -> Path:
        """Writes a frame and returns its path, which is valid until the next call."""
        self._count += 1
        path = self._folder / f"{self._count:08}.ppm"
        if self._path is not None:
            # A tracker may have removed or replaced it.
            with contextlib.suppress(OSError):
                os.rename(self._path, path)  # noqa: PTH104 - half the time of Path.rename
        head, pixels = _header(*frame.shape[1::-1]), np.ascontiguousarray(frame)
        size = len(head) + pixels.nbytes
        # A tracker may have replaced the file by a link or a pipe.
        flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(path, flags, 0o600)
        try:
            if os.fstat(file).st_size != size:
                os.ftruncate(file, 0)
            if os.writev(file, [head, pixels.data]) != size:
                raise OSError(f"{path}: no space left for a frame of {size} bytes")
        finally:
            os.close(file)
        self._path = path
        return path

    def holds(self, frame: Frame) -> bool:
        """Returns whether the file is still what `put` wrote for `frame`."""
        try:
            return (
                self._path is not None
                and self._path.read_bytes() == _header(*frame.shape[1::-1]) + frame.tobytes()
            )
        except OSError:
            return False

    def close(self) -> None:
        """Removes the folder."""
        self._remove()


def _removed(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    cancel_remove_on_exit(folder)


def _header(width: int, height: int) -> bytes:
    """Returns what precedes the pixels."""
    return b"P6\n%d %d\n255\n" % (width, height)


def read_ppm(path: Path | str) -> Frame:
    """Reads a file that `FrameFiles` wrote; returns a new RGB array, uint8, shape (H, W, 3).

    Raises:
        UserError: the file is of another kind.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - called for each frame
        words = file.read(64).split(maxsplit=4)
        if len(words) < 4 or words[0] != b"P6" or words[3] != b"255":
            raise UserError(f"{path} is not a binary PPM with 255 levels")
        width, height = int(words[1]), int(words[2])
        # One white space follows the last number; pixels may look like further white space.
        file.seek(len(_header(width, height)))
        pixels = np.fromfile(file, np.uint8, count=width * height * 3)
    return pixels.reshape(height, width, 3)
