r"""TraX's messages and regions as text (https://trax.readthedocs.io, protocol versions 1 to 4).

A message is a line: `@@TRAX:` and its name, then arguments, then named arguments. Each may be in double
quotes; a backslash escapes a quote and another backslash, and `\n` is a newline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trackers.tracker import Boxes
from trackers.wording import agree, counted

MARK = "@@TRAX:"
CONFIDENCE = "confidence"
"""The named argument by which a tracker reports its confidence, as vot-toolkit reads it."""
SECONDS = "sotbench.seconds"
"""The named argument by which a tracker reports its own seconds."""

_NAMES = ("hello", "initialize", "frame", "state", "quit")
_KEY = re.compile(r"[\w.]{1,64}=", re.ASCII)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^\s\\]|\\.)+)')


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        name: `hello`, `initialize`, `frame`, `state` or `quit`.
        arguments: in order.
        properties: named arguments.
    """

    name: str
    arguments: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    def __bytes__(self) -> bytes:
        words = [*self.arguments, *(f"{key}={value}" for key, value in self.properties.items())]
        line = " ".join([MARK + self.name, *map(_quoted, words)])
        return line.encode(errors="surrogateescape") + b"\n"


def read_message(line: bytes) -> Message | None:
    """Reads a line; returns None if it is not a message of the protocol."""
    text = line.decode(errors="surrogateescape")
    if not text.startswith(MARK):
        return None
    name, _, rest = text.removeprefix(MARK).partition(" ")
    name = name.strip().lower()
    name = "state" if name == "status" else name  # its name in version 1
    if name not in _NAMES:
        return None
    arguments: list[str] = []
    properties: dict[str, str] = {}
    for match in _WORD.finditer(rest):
        word = match[1] if match[1] is not None else match[2]
        word = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], word)
        if _KEY.match(word):
            key, _, value = word.partition("=")
            properties[key] = value
        else:
            arguments.append(word)
    return Message(name, tuple(arguments), properties)


def _quoted(word: str) -> str:
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{word}"'


def write_region(numbers: Boxes) -> str:
    """Returns a box (4 numbers) or a polygon as text."""
    return ",".join(f"{number:.10g}" for number in numbers)


def read_region(text: str) -> Boxes:
    """Reads a box, shape (4,), or a polygon of n corners, shape (2 n,); n is 3 or more.

    Raises:
        ValueError: the text is neither.
    """
    if "_" in text:  # float() accepts 1_000, TraX does not
        raise ValueError("a number must not contain an underscore")
    numbers = np.array([float(word) for word in text.split(",")])
    if len(numbers) != 4 and (len(numbers) < 6 or len(numbers) % 2):
        verb = agree(len(numbers), "is", "are")
        raise ValueError(f"{counted(len(numbers), 'number')} {verb} neither a rectangle nor a polygon")
    return numbers
