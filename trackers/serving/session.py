"""Standard input and output, reserved for the messages of a protocol."""

from __future__ import annotations

import os
from typing import IO


def redirect_stdio() -> tuple[IO[bytes], IO[bytes]]:
    """Returns the process's standard input and output, as streams for requests and replies.

    From then on the process's own standard input is empty, and its standard output goes to standard error, so
    that a tracker that reads or prints does not disturb the protocol.
    """
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def send(replies: IO[bytes], message: bytes) -> None:
    """Writes a message at once."""
    replies.write(message)
    replies.flush()
