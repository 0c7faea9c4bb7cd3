"""What a tracker's process writes on standard error, kept within bounds."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import IO

MAX_LOG_BYTES = 256 * 1024
"""Bytes of one process's standard error that the log takes; of what is beyond it only the end."""

_TAIL = 4096


def quote_excerpt(text: bytes | str, width: int = 80) -> str:
    """Text of a stranger, fit for a message: on one line, without control characters, cut at `width`."""
    if isinstance(text, bytes):
        text = text[: 4 * width].decode(errors="replace")
    plain = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * width]).strip()
    return repr(plain if len(plain) <= width else plain[:width] + "...")


class StderrLog:
    """A log of processes that run one after the other.

    Args:
        path: where to append; None keeps the end of it only, for messages.
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
        """Starts to take in what a process, called `title`, writes on `stream`."""
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
        """Adds what the present process wrote."""
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
            # A log that cannot be written, on a full disk, must not keep a tracker's words from being taken
            # in: it would wait for that, and seem to be too slow.
            with contextlib.suppress(OSError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("ab") as file:
                    file.write(data)

    def tail(self) -> str:
        """The last kilobytes of the present process."""
        return self._end.decode(errors="replace")

    def last_line(self) -> str:
        """The last line that is not empty, quoted and cut; empty where there is none."""
        if self._thread:
            self._thread.join(0.2)  # the line may still be on its way
        lines = [line for line in self.tail().splitlines() if line.strip()]
        return quote_excerpt(lines[-1], 160) if lines else ""

    def end(self) -> None:
        """Waits for the rest of what an ended process wrote."""
        if self._thread:
            self._thread.join(2)
