"""Fuzz targets and the files of their inputs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from trackers.errors import UserError

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Target:
    """A parser under test.

    Attributes:
        name: its name on the command line and in the files of inputs.
        check: passes bytes to the parser and asserts the invariants of its value.
        seeds: returns valid inputs that the fuzzer starts from.
        words: tokens of the format, for the fuzzer's dictionary.
        errors: the exceptions that the parser may raise.
        share: its share of the executions, relative to the other targets.
        longest: bytes of the longest input to try.
    """

    name: str
    check: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    errors: tuple[type[Exception], ...] = (UserError,)
    share: float = 1.0
    longest: int = 2048

    def run(self, data: bytes) -> None:
        """Checks one input; raises if the parser crashes."""
        try:
            self.check(data)
        except self.errors as error:
            assert str(error), "an error without a message"

    @property
    def corpus(self) -> Path:
        """The file of inputs kept for their coverage."""
        return HERE / "corpus" / f"{self.name}.txt"

    @property
    def crashes(self) -> Path:
        """The file of inputs that once crashed the parser."""
        return HERE / "crashes" / f"{self.name}.txt"

    def inputs(self) -> list[bytes]:
        """Returns the seeds and all stored inputs."""
        kept = [*self.seeds(), *read_inputs(self.crashes), *read_inputs(self.corpus)]
        return list(dict.fromkeys(kept))


def read_inputs(path: Path) -> list[bytes]:
    """Reads inputs, one Python bytes literal per line; none if the file is missing."""
    if not path.exists():
        return []
    return [ast.literal_eval(line) for line in path.read_text(encoding="ascii").splitlines()]


def write_inputs(path: Path, inputs: Iterable[bytes]) -> None:
    """Writes inputs for `read_inputs`, shortest first, so that equal sets give equal files."""
    path.parent.mkdir(exist_ok=True)
    lines = (f"{data!r}\n" for data in sorted(set(inputs), key=lambda data: (len(data), data)))
    path.write_text("".join(lines), encoding="ascii")


def choice(data: bytes) -> tuple[int, bytes]:
    """Splits off the first byte, by which a target chooses how to parse the rest."""
    return (data[0], data[1:]) if data else (0, b"")


def text_of(data: bytes) -> str:
    """Decodes bytes as UTF-8 with replacement, because parsers receive valid text from their readers."""
    return data.decode("utf-8", errors="replace")
