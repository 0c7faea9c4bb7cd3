"""Copies of this process that a tracker made by `os.fork` and let return."""

from __future__ import annotations

import os


def end_copies(home: int) -> None:
    """Ends this process, at once and without a word, unless it is the one whose number is `home`.

    Called where a tracker's code has returned. A copy that returns there as well would go on as a second run:
    with the same files, pipes and locks.
    """
    if os.getpid() != home:
        os._exit(0)
