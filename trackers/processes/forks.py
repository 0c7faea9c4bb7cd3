"""Copies of this process that a tracker made by `os.fork` and let return."""

from __future__ import annotations

import os


def exit_if_forked(main_pid: int) -> None:
    """Ends this process, at once and without a word, unless it is the one whose number is `main_pid`.

    Called where a tracker's code has returned. A copy that returns there as well would go on as a second run:
    with the same files, pipes and locks.
    """
    if os.getpid() != main_pid:
        os._exit(0)
