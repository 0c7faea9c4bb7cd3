"""Hostile names, and pickles that execute code."""

from __future__ import annotations

from pathlib import Path

ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egpj"
"""Sets colors and the window's title, clears the screen, and writes from right to left."""


class Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.file,)
