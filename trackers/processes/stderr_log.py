"""Bounded capture of what child processes write on standard error."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import IO

from trackers.errors import quote_excerpt

MAX_LOG_BYTES = 256 * 1024
"""Bytes of one process's standard error that the log takes from the beginning."""

_TAIL = 4096
"""Bytes at the end of a process's standard error that are always kept."""


class StderrLog:
    """Log of processes that run one after the other.

    Args:
        path: the file to append to; None keeps only the end of the log, for messages.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._title = ""
        self._end = b""
        self._taken = 0
        self._lost = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def follow(self, stream: IO[bytes], title: str) -> None:
        """Starts to read `stream`, the standard error of a new process, which the log calls `title`."""
        self._title, self._end, self._taken, self._lost = title, b"", 0, 0
        self._thread = threading.Thread(target=self._drain, args=(stream,), daemon=True)
        self._thread.start()

    def _drain(self, stream: IO[bytes]) -> None:
        while chunk := stream.read(1 << 16):
            self.add(chunk)
        if self._lost:
            left_out = self._lost - min(self._lost, _TAIL)
            self._append(f"\n--- {left_out} bytes left out\n".encode() + self._end[-self._lost :])
        stream.close()

    def add(self, data: bytes) -> None:
        """Adds output of the current process."""
        with self._lock:
            self._end = (self._end + data)[-_TAIL:]
            taken = data[: max(MAX_LOG_BYTES - self._taken, 0)]
            if self._taken == 0:
                taken = f"--- {self._title}\n".encode() + taken
            self._taken += len(data)
            self._lost += max(min(self._taken - MAX_LOG_BYTES, len(data)), 0)
            self._append(taken)

    def _append(self, data: bytes) -> None:
        if self.path and data:
            # Go on if the disk is full: a tracker whose output is not read blocks, and seems slow.
            with contextlib.suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("ab") as file:
                    file.write(data)

    def tail(self) -> str:
        """Returns the last kilobytes of the current process's output."""
        return self._end.decode(errors="replace")

    def last_line(self) -> str:
        """Returns the last line that is not empty, quoted and truncated; empty if there is none."""
        if self._thread:
            self._thread.join(0.2)  # the line may still be in the pipe
        lines = [line for line in self.tail().splitlines() if line.strip()]
        return quote_excerpt(lines[-1], 160) if lines else ""

    def end(self) -> None:
        """Waits until the output of a process that has ended is read."""
        if self._thread:
            self._thread.join(2)
