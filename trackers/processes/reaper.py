"""A process that ends what this one started, in case it is killed and cannot do so itself.

A program that hangs does not notice that nobody listens any more, and the frames in shared memory take up
room until the machine is started again. The reaper waits for the end of this process, whatever it is, and
ends and removes what was not forgotten by then. It costs an interpreter without modules, once per process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

from trackers.processes import process_tree


class _Reaper:
    def __init__(self) -> None:
        self._kept: set[bytes] = set()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def keep(self, line: bytes) -> None:
        with self._lock:
            self._kept.add(line)
            if self._process is None or not self._tell(b"+" + line):
                self._start()

    def forget(self, line: bytes) -> None:
        with self._lock:
            self._kept.discard(line)
            self._tell(b"-" + line)

    def _start(self) -> None:
        """Starts it, in the place of one that somebody killed."""
        self._end()
        self._process = subprocess.Popen(
            # Without site-packages, which it does not need, it is there in a few milliseconds.
            [sys.executable, "-I", "-S", str(Path(process_tree.__file__).absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # Signals of the terminal are not for it, nor is it one of those that carry a mark.
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("SOTBENCH_")},
            bufsize=0,
        )
        for line in self._kept:
            self._tell(b"+" + line)

    def _tell(self, line: bytes) -> bool:
        if self._process is None:
            return True
        assert self._process.stdin
        try:
            self._process.stdin.write(line + b"\n")
        except OSError:
            return False
        return True

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()

    def end(self) -> None:
        # Python is ending, and somebody who is impatient may press Ctrl-C once more: that changes nothing.
        with contextlib.suppress(KeyboardInterrupt), self._lock:
            self._end()

    def forked(self) -> None:
        """In a copy of this process, which must not keep the reaper from seeing the end of the original."""
        process = self._process
        self._lock, self._kept, self._process = threading.Lock(), set(), None
        if process is not None:
            assert process.stdin
            process.stdin.close()
            process.returncode = 0  # it is not the copy's to wait for


_reaper = _Reaper()
atexit.register(_reaper.end)
os.register_at_fork(after_in_child=_reaper.forked)


def kill_on_exit(mark: str) -> None:
    """Has everything killed that carries `mark`, as `kill_marked` finds it, when this process ends."""
    _reaper.keep(b"mark " + os.fsencode(mark))


def cancel_kill_on_exit(mark: str) -> None:
    """The family has been ended."""
    _reaper.forget(b"mark " + os.fsencode(mark))


def remove_on_exit(folder: str) -> None:
    """Has a folder, whose name has no line break, removed when this process ends."""
    _reaper.keep(b"folder " + os.fsencode(folder))


def cancel_remove_on_exit(folder: str) -> None:
    """The folder has been removed."""
    _reaper.forget(b"folder " + os.fsencode(folder))
