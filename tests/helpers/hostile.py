"""What strangers may call things, and what they may try to have run."""

from __future__ import annotations

from pathlib import Path

ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj"
"""Colours, sets the window's title, clears the screen, writes from right to left."""


class Canary:
    """Leaves a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.file,)
