"""Standard error that a long run can rely on: writing to it never fails."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from trackers.errors import printable


class SafeStderr:
    """Standard error as a file to which writing never fails.

    It may be closed, on a full disk, or a pipe without a reader. None of that may abort a long run.
    """

    def write(self, text: str) -> int:
        """Writes as much as possible."""
        if sys.stderr is None:
            return len(text)
        with contextlib.suppress(OSError):
            try:
                self._stream().write(text)
            except ValueError:  # a tracker has closed the object, but not the file descriptor
                os.write(2, text.encode(errors="backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Flushes as far as possible."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._stream().flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return bool(self._stream().isatty())
        except (OSError, ValueError, AttributeError):
            return False

    def __getattr__(self, name: str) -> Any:
        if name == "rich_proxied_file":  # else rich would write to the file behind this one
            raise AttributeError(name)
        return getattr(self._stream(), name)

    @staticmethod
    def _stream() -> Any:
        """Returns the underlying file, also while rich replaces `sys.stderr` to show a progress bar."""
        return getattr(sys.stderr, "rich_proxied_file", sys.stderr)


def print_stderr(line: str) -> None:
    """Prints a line on standard error, with untrusted text escaped; never fails (see `SafeStderr`)."""
    file = SafeStderr()
    file.write(printable(line) + "\n")
    file.flush()
