"""Cleans up after this process even if it is killed.

Without it, hanging children would go on running, and frames in shared memory would stay until the next
reboot. The reaper is a small process that waits for this one to end, then kills and deletes whatever is still
registered. It costs one interpreter without modules per process.
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
    """Our end: starts the reaper process when it is needed, and sends it lines."""

    def __init__(self) -> None:
        self._registered: set[bytes] = set()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def register(self, line: bytes) -> None:
        with self._lock:
            self._registered.add(line)
            if self._process is None or not self._send(b"+" + line):
                self._start()

    def unregister(self, line: bytes) -> None:
        with self._lock:
            self._registered.discard(line)
            self._send(b"-" + line)

    def _start(self) -> None:
        """Starts the process, or replaces one that was killed."""
        self._end()
        self._process = subprocess.Popen(
            # Without site-packages, which it does not need, it starts in a few milliseconds.
            [sys.executable, "-I", "-S", str(Path(process_tree.__file__).absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # It must neither get the terminal's signals nor have a mark itself.
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if not name.startswith("SOTBENCH_")},
            bufsize=0,
        )
        for line in self._registered:
            self._send(b"+" + line)

    def _send(self, line: bytes) -> bool:
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
        # An impatient user may press Ctrl-C again while Python exits.
        with contextlib.suppress(KeyboardInterrupt), self._lock:
            self._end()

    def forked(self) -> None:
        """Closes the pipe in a forked child, which would keep the reaper waiting after the original ends."""
        process = self._process
        self._lock, self._registered, self._process = threading.Lock(), set(), None
        if process is not None:
            assert process.stdin
            process.stdin.close()
            process.returncode = 0  # the child must not wait for it


_reaper = _Reaper()
atexit.register(_reaper.end)
os.register_at_fork(after_in_child=_reaper.forked)


def kill_on_exit(mark: str) -> None:
    """Registers a mark: when this process ends, all processes with it are killed (see `kill_marked`)."""
    _reaper.register(b"mark " + os.fsencode(mark))


def cancel_kill_on_exit(mark: str) -> None:
    """Unregisters processes that were killed already."""
    _reaper.unregister(b"mark " + os.fsencode(mark))


def remove_on_exit(folder: str) -> None:
    """Registers a folder to delete when this process ends; its name must not have a line break."""
    _reaper.register(b"folder " + os.fsencode(folder))


def cancel_remove_on_exit(folder: str) -> None:
    """Unregisters a folder that was deleted already."""
    _reaper.unregister(b"folder " + os.fsencode(folder))
