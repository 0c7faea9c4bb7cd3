"""What a fuzz target is, and where its inputs are kept."""

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
        name: what the command line calls it, and its files of inputs.
        check: hands bytes to the parser and asserts what is promised of its value.
        seeds: valid inputs, made by our own writers, that the fuzzer starts from.
        words: what the format is made of, for the fuzzer to try.
        errors: what the parser may raise.
        share: how many executions it gets, beside the others' shares.
        longest: bytes of the longest input that is tried.
    """

    name: str
    check: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    errors: tuple[type[Exception], ...] = (UserError,)
    share: float = 1.0
    longest: int = 2048

    def run(self, data: bytes) -> None:
        """Checks one input; raises whatever breaks a promise."""
        try:
            self.check(data)
        except self.errors as error:
            assert str(error), "an error without a word of what is wrong"

    @property
    def corpus(self) -> Path:
        """The inputs that are kept for what they reach."""
        return HERE / "corpus" / f"{self.name}.txt"

    @property
    def crashes(self) -> Path:
        """The inputs that broke a promise once."""
        return HERE / "crashes" / f"{self.name}.txt"

    def inputs(self) -> list[bytes]:
        """Everything that is kept, and the seeds."""
        kept = [*self.seeds(), *read_inputs(self.crashes), *read_inputs(self.corpus)]
        return list(dict.fromkeys(kept))


def read_inputs(path: Path) -> list[bytes]:
    """Reads inputs, one Python bytes literal per line; none where there is no file."""
    if not path.exists():
        return []
    return [ast.literal_eval(line) for line in path.read_text(encoding="ascii").splitlines()]


def write_inputs(path: Path, inputs: Iterable[bytes]) -> None:
    """Writes inputs as `read_inputs` reads them: shortest first, so that the same set is the same file."""
    path.parent.mkdir(exist_ok=True)
    lines = (f"{data!r}\n" for data in sorted(set(inputs), key=lambda data: (len(data), data)))
    path.write_text("".join(lines), encoding="ascii")


def choice(data: bytes) -> tuple[int, bytes]:
    """The first byte, by which a target chooses among ways to read the rest, and the rest."""
    return (data[0], data[1:]) if data else (0, b"")


def text_of(data: bytes) -> str:
    """Bytes as text. What is no UTF-8 is replaced: that a parser is given text is its reader's promise."""
    return data.decode("utf-8", errors="replace")
