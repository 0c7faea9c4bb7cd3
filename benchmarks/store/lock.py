"""One writer per folder: whoever comes second is told so."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import platform
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from trackers.commands import print_stderr
from trackers.errors import UserError

LOCK = "run.lock"

_TRIES = 100

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class FolderLock:
    """Keeps a folder, which is made if it is not there, for one process while the lock is entered.

    It is an `flock` on a file, which the system takes back from a process however that ends: the file that a
    killed process leaves locks nobody out. Linux passes it on to the server of a network file system, so
    that it counts on other machines too. Where a file system keeps no locks, that is said on standard error.

    Args:
        folder: what to keep. In the end it is removed if it was made here and is empty, as are folders above.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / LOCK
        self._handle = -1
        self._made: list[Path] = []

    def acquire(self) -> None:
        """Takes the lock.

        Raises:
            UserError: another process has it.
            OSError: the folder cannot be written to.
        """
        for tried in count():
            self._made += [path for path in (self._folder, *self._folder.parents) if not path.exists()]
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except (FileNotFoundError, FileExistsError):
                if tried == _TRIES:  # a working directory that was removed, or a file in the folder's place
                    raise
                continue  # whoever had it has just removed the empty folder, before mkdir or inside it
            self._lock()
            if self.is_held():
                break
            os.close(self._handle)  # whoever had it removed the file after we had opened it
        with contextlib.suppress(OSError):  # a full disk: there is a lock without it
            os.ftruncate(self._handle, 0)
            os.write(self._handle, f"process {os.getpid()} on {platform.node()}".encode())

    def _lock(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(self._handle, 200).decode(errors="replace") or "another process"
            os.close(self._handle)
            raise UserError(
                f"{who} is writing into {self._folder}; wait until it has ended, or keep these results under "
                "another name"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                os.close(self._handle)
                raise OSError(error.errno, error.strerror, str(self._path)) from None
            print_stderr(
                f"{self._folder}: its file system keeps no locks; see to it that nothing else writes there"
            )

    def is_held(self) -> bool:
        """Whether the file that is locked is still in its place; the folder may have been removed."""
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Gives the lock back."""
        if self.is_held():
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._handle)
        for folder in self._made:
            with contextlib.suppress(OSError):
                folder.rmdir()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
