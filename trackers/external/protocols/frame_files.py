"""Frames in shared memory, as files that another process can read in any language.

A file is a binary PPM: `P6`, width and height, `255`, each followed by white space, then the rows of RGB
bytes. It is written over when the next frame comes, under another name: to write into memory that is there
already takes a third of the time.
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
    """A folder with one frame at a time, in memory where the system allows."""

    def __init__(self) -> None:
        place = _SHARED if os.access(_SHARED, os.W_OK) else None
        self._folder = Path(tempfile.mkdtemp(prefix="sotbench-", dir=place))
        remove_on_exit(str(self._folder))
        self._remove = weakref.finalize(self, _removed, str(self._folder))
        self._count = 0
        self._path: Path | None = None

    def put(self, frame: Frame) -> Path:
        """Writes a frame and returns where it is until the next one comes."""
        self._count += 1
        path = self._folder / f"{self._count:08}.ppm"
        if self._path is not None:
            # A tracker may have removed or replaced it.
            with contextlib.suppress(OSError):
                os.rename(self._path, path)  # noqa: PTH104 - half the time of Path.rename
        head, pixels = header(frame), np.ascontiguousarray(frame)
        size = len(head) + pixels.nbytes
        # A tracker may have put a link or a pipe there.
        flags = os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(path, flags, 0o600)
        try:
            if os.fstat(file).st_size != size:
                os.ftruncate(file, 0)
            if os.writev(file, [head, pixels.data]) != size:
                raise OSError(f"{path}: there is no room for a frame of {size} bytes")
        finally:
            os.close(file)
        self._path = path
        return path

    def holds(self, frame: Frame) -> bool:
        """Whether the file still is what `put` wrote for `frame`."""
        try:
            return self._path is not None and self._path.read_bytes() == header(frame) + frame.tobytes()
        except OSError:
            return False

    def close(self) -> None:
        """Removes the folder."""
        self._remove()


def _removed(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    cancel_remove_on_exit(folder)


def header(frame: Frame) -> bytes:
    """What stands before the pixels."""
    height, width = frame.shape[:2]
    return b"P6\n%d %d\n255\n" % (width, height)


def read_ppm(path: Path | str) -> Frame:
    """Reads a file that `FrameFiles` wrote: RGB, uint8, (H, W, 3), the reader's own copy.

    Raises:
        UserError: it is another kind of file.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - on every frame's way
        words = file.read(64).split(maxsplit=4)
        if len(words) < 4 or words[0] != b"P6" or words[3] != b"255":
            raise UserError(f"{path} is not a binary PPM with 255 levels")
        width, height = int(words[1]), int(words[2])
        # One white space follows the last number; pixels may look like more of it.
        file.seek(len(b"P6\n%d %d\n255\n" % (width, height)))
        pixels = np.fromfile(file, np.uint8, count=width * height * 3)
    return pixels.reshape(height, width, 3)
