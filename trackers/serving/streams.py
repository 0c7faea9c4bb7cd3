"""Standard input and output, kept for a protocol."""

from __future__ import annotations

import os
from typing import IO


def redirect_stdio() -> tuple[IO[bytes], IO[bytes]]:
    """Takes the process's standard input and output for a protocol's requests and answers.

    From here on what a tracker or its libraries print goes to standard error, and what they would read is
    empty.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers
