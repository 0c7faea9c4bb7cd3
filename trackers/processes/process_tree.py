"""What a process started, found by /proc, and how a process ended.

As a program of its own it is the far end of `reaper`, which is why it imports nothing but Python's library.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path


def resident_memory(pid: int) -> int:
    """Bytes of memory that a process and its descendants have."""
    return sum(map(_resident, _family(pid)))


def kill_marked(mark: str) -> None:
    """Kills every process that has `mark`, a `NAME=value`, in its environment, which children inherit."""
    for _ in range(10):  # a process may fork while the list is read
        strays = list(_carrying(mark.encode()))
        for stray in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(stray, signal.SIGKILL)
        if not strays:
            break


def describe_exit(status: int) -> str:
    """How a process with this exit status ended, to follow its name in a sentence."""
    if status < 0:
        return f"was killed by signal {-status} ({signal.strsignal(-status)})"
    return f"ended with exit status {status}"


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants, as far as /proc tells."""
    yield pid
    for thread in _listed(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def _carrying(mark: bytes) -> Iterator[int]:
    """Processes that have `mark` among their environment."""
    for name in _listed("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                    yield int(name)


def _listed(folder: str) -> list[str]:
    """The names in a folder that may go away at any time; none where there is no such folder."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - an iterator that an interruption leaves open would warn
    except OSError:
        return []


def main() -> None:
    """Waits until nobody can write to standard input, then ends families and removes folders.

    A line is `+` or `-`, as it is to be remembered or forgotten, and `mark` or `folder` with its name.
    """
    remembered: dict[bytes, None] = {}
    for line in sys.stdin.buffer:
        sign, what = line[:1], line[1:].rstrip(b"\n")
        if sign == b"+":
            remembered[what] = None
        else:
            remembered.pop(what, None)
    words = [what.partition(b" ") for what in remembered]
    for kind, _, name in words:
        if kind == b"mark":
            kill_marked(os.fsdecode(name))
    for kind, _, name in words:
        if kind == b"folder":
            shutil.rmtree(os.fsdecode(name), ignore_errors=True)


if __name__ == "__main__":
    main()
