"""Process trees: find, measure and kill what a process started, by /proc.

`reaper` runs this file as a program, so it imports only the standard library.
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
    """Returns the resident memory of a process and its descendants in bytes."""
    return sum(map(_resident, _tree(pid)))


def kill_marked(mark: str) -> None:
    """Kills every process that has `mark`, a `NAME=value`, in its environment, which children inherit."""
    for _ in range(10):  # processes may fork while the list is read
        pids = list(_marked(mark.encode()))
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not pids:
            break


def describe_exit(status: int) -> str:
    """Returns how a process with this exit status ended, as the rest of a sentence about it."""
    if status < 0:
        return f"was killed by signal {-status} ({signal.strsignal(-status)})"
    return f"ended with exit status {status}"


def exit_if_forked(main_pid: int) -> None:
    """Ends this process at once and silently unless its number is `main_pid`.

    Call it wherever a tracker's code has returned: a copy that a tracker made by `os.fork` and let return
    would otherwise go on as a second run, with the same files, pipes and locks.
    """
    if os.getpid() != main_pid:
        os._exit(0)


def _tree(pid: int) -> Iterator[int]:
    """Yields the IDs of a process and its descendants, as far as /proc lists them."""
    yield pid
    for thread in _listed(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{thread}/children").read_text().split():
                yield from _tree(int(child))


def _resident(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def _marked(mark: bytes) -> Iterator[int]:
    """Yields the IDs of processes that have `mark` in their environment."""
    for name in _listed("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if mark in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                    yield int(name)


def _listed(folder: str) -> list[str]:
    """Returns the names in a folder, which may disappear at any time; empty if it does not exist."""
    try:
        return os.listdir(folder)  # noqa: PTH208 - an iterator left open by an interruption would warn
    except OSError:
        return []


def main() -> None:
    """Reads lines until standard input is closed, then kills what is registered and removes folders.

    A line is `+` to register or `-` to unregister, and `mark` or `folder` with its name.
    """
    registered: dict[bytes, None] = {}
    for line in sys.stdin.buffer:
        sign, what = line[:1], line[1:].rstrip(b"\n")
        if sign == b"+":
            registered[what] = None
        else:
            registered.pop(what, None)
    words = [what.partition(b" ") for what in registered]
    for kind, _, name in words:
        if kind == b"mark":
            kill_marked(os.fsdecode(name))
    for kind, _, name in words:
        if kind == b"folder":
            shutil.rmtree(os.fsdecode(name), ignore_errors=True)


if __name__ == "__main__":
    main()
