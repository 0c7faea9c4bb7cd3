"""What is wrong with files of results, all of it at once and in few words."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from trackers.errors import UserError

_NAMED = 5
"""So many sequences or files are named where the same is to be said of more."""


@dataclass
class ImportProblems:
    """Files that cannot be read or do not fit their sequence.

    Attributes:
        bad: by sequence, the file and what is wrong with it.
    """

    bad: dict[str, tuple[str, str]] = field(default_factory=dict)

    @contextmanager
    def collect_errors(self, sequence: str, where: str) -> Iterator[None]:
        """Notes a `UserError` about the file `where` in place of raising it."""
        try:
            yield
        except UserError as error:
            self.bad[sequence] = (where, str(error))

    @property
    def sentences(self) -> dict[str, str]:
        """What is wrong, by sequence."""
        return {sequence: message for sequence, (_, message) in self.bad.items()}

    def raise_if_any(self, of: int) -> None:
        """Refuses all if there is one; `of` is how many files there are.

        Raises:
            UserError: names every bad file.
        """
        if self.bad:
            raise UserError(self._sentence(of))

    def raise_if_all(self, of: int) -> None:
        """As `raise_if_any`, where no file is left."""
        if len(self.bad) == of:
            raise UserError(self._sentence(of))

    def _sentence(self, of: int) -> str:
        if len(self.bad) == 1 == of:
            [(_, message)] = self.bad.values()
            return message
        by_problem: dict[str, list[str]] = defaultdict(list)
        for sequence, (where, message) in self.bad.items():
            by_problem[_kind(message.replace(where, "").replace(sequence, ""))].append(message)
        parts = [messages[0] + _alike(messages) for messages in by_problem.values()]
        rest = f"; --skip-bad imports the other {of - len(self.bad)}" if len(self.bad) < of else ""
        return f"{len(self.bad)} of {of} files cannot be imported: {'; '.join(parts)}{rest}"


def group_notes(notes: Iterable[tuple[str, str]]) -> list[str]:
    """Remarks on sequences, each beginning with its name; one for all that differ in numbers alone."""
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for name, remark in notes:
        groups[_kind(remark.removeprefix(f"{name}: "))].setdefault(name, remark)
    sentences = []
    for group in groups.values():
        first, *others = group
        sentences.append(group[first] + (f" (so for {_listed(others)})" if others else ""))
    return sentences


def _alike(messages: list[str]) -> str:
    """The files but the first, of which the same is to be said: what they are called, and what differs."""
    first, *others = [message.partition(";")[0].rpartition("/")[2].partition(": ") for message in messages]
    if not others:
        return ""
    if len(others) >= _NAMED or all(what == first[2] for _, _, what in others):
        return f" (and so {_listed([file for file, _, _ in others])})"
    return f" (and {_listed([''.join(parts) for parts in others])})"


def _kind(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
