"""One writer per folder: a lock that refuses the second and names the first."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from trackers.atomic import file_in_place_of, not_a_folder
from trackers.errors import UserError
from trackers.stderr import print_stderr

LOCK = "run.lock"

_ATTEMPTS = 100
_PATIENCE = 0.1
"""Seconds: a file that its last holder has just removed cannot be locked at the first try."""

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class FolderLock:
    """Reserves a folder, created if it is missing, for one process while the lock is entered.

    The system releases the lock (`flock`) when its process ends in any way, so the file that a killed process
    leaves behind locks nobody out. Linux passes `flock` on to the server of a network file system, so the
    lock also holds between machines. Where a file system has no locks, a message on standard error says so.

    Args:
        folder: the folder to reserve. On release it and the folders above are removed if they were created
            here and are empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / LOCK
        # The hook also keeps filelock from falling back to a lock that a killed process would leave behind.
        self._lock = FileLock(self._path, _PATIENCE, thread_local=False, on_acquired=self._sign)
        self._identity: tuple[int, int] | None = None  # device and inode of the locked file
        self._created: list[Path] = []

    def acquire(self) -> None:
        """Takes the lock.

        Raises:
            UserError: another process holds it, or a file is in the folder's place.
            OSError: the folder cannot be written to.
        """
        if (file := file_in_place_of(self._folder)) is not None:
            raise UserError(not_a_folder(file))
        for attempt in count():
            self._created += [path for path in (self._folder, *self._folder.parents) if not path.exists()]
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock_file()
            except (FileNotFoundError, FileExistsError):
                if (
                    attempt == _ATTEMPTS
                ):  # a working directory that was removed, or a file in the folder's place
                    raise
                continue  # the last holder has just removed the empty folder, before `mkdir` or after it
            if self.is_held():
                return
            self._identity = None
            self._lock.release()  # the last holder removed the file after it was opened here

    def _lock_file(self) -> None:
        try:
            self._lock.acquire(poll_interval=_PATIENCE / 10)
        except Timeout:
            raise UserError(
                f"{self._holder()} is writing into {self._folder}; wait until it has ended, or keep these "
                "results under another name"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise OSError(error.errno, error.strerror, str(self._path)) from None
            self._path.touch()
            self._identity = _identity(self._path.stat())
            print_stderr(
                f"{self._folder}: its file system has no locks; make sure that nothing else writes there"
            )

    def _sign(self, handle: int) -> None:
        """Writes into the locked file who holds it."""
        self._identity = _identity(os.fstat(handle))
        with contextlib.suppress(OSError):  # a full disk: the lock holds without it
            os.ftruncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {platform.node()}".encode())

    def _holder(self) -> str:
        try:
            with self._path.open("rb") as file:
                return file.read(200).decode(errors="replace") or "another process"
        except OSError:
            return "another process"

    def is_held(self) -> bool:
        """Whether the locked file is still in its place; a user may have removed the folder."""
        try:
            return self._identity == _identity(self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Releases the lock."""
        if self.is_held():
            with contextlib.suppress(OSError):
                self._path.unlink()
        self._identity = None  # another file may get the inode
        self._lock.release()
        for folder in self._created:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
