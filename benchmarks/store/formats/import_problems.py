"""Collects the problems of result files, and words them briefly in one message."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Items
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from benchmarks.store.formats.base import MULTI_START
from benchmarks.store.formats.nested import EXPERIMENTS
from benchmarks.wording import first_names
from trackers.errors import UserError
from trackers.wording import counted, counted_of

_MAX_DETAILED = 5
"""Problems of one kind whose details are given; of more, only the files are named."""
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_OTHER_FORMATS = {".mat": "otb-mat", ".json": "otb-json", ".txt": "txt", ".bin": "vot"}
_MULTI_START = re.compile(r".*/(?P<sequence>[^/]+)/(?P=sequence)_\d{8}\.(?:txt|bin)")
_OBJECTS = re.compile(r".*/(?P<sequence>[^/]+)/(?P=sequence)_\d{3}_\d+\.(?:txt|bin)")


@dataclass
class ImportProblems:
    """Files that cannot be read or do not fit their sequence.

    Attributes:
        by_sequence: the file and its problem.
    """

    by_sequence: dict[str, tuple[str, str]] = field(default_factory=dict)

    @contextmanager
    def collect_errors(self, sequence: str, where: str) -> Iterator[None]:
        """Records a `UserError` about the file `where` instead of raising it."""
        try:
            yield
        except UserError as error:
            self.by_sequence[sequence] = (where, str(error))

    @property
    def messages(self) -> dict[str, str]:
        """The problem of each sequence."""
        return {sequence: message for sequence, (_, message) in self.by_sequence.items()}

    def raise_if_any(self, of: int) -> None:
        """Refuses the import if a file has a problem.

        Args:
            of: the number of all files.

        Raises:
            UserError: the message names every file that has a problem.
        """
        if self.by_sequence:
            raise UserError(self._summary(of))

    def raise_if_all(self, of: int) -> None:
        """As `raise_if_any`, if every file has a problem."""
        if len(self.by_sequence) == of:
            raise UserError(self._summary(of))

    def _summary(self, of: int) -> str:
        bad = len(self.by_sequence)
        if bad == of == 1:
            [(_, message)] = self.by_sequence.values()
            return message
        by_kind: dict[str, list[str]] = defaultdict(list)
        for sequence, (where, message) in self.by_sequence.items():
            by_kind[_without_numbers(message.replace(where, "").replace(sequence, ""))].append(message)
        parts = [messages[0] + _other_files(messages) for messages in by_kind.values()]
        rest = f"; --skip-bad imports the other {of - bad}" if bad < of else ""
        return f"{counted_of(bad, of, 'file')} cannot be imported: {'; '.join(parts)}{rest}"


def group_notes(notes: Iterable[tuple[str, str]]) -> list[str]:
    """Merges notes that differ in the sequence and in numbers only.

    Args:
        notes: pairs of a sequence and a note on it, which begins with the sequence's name.
    """
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for name, note in notes:
        groups[_without_numbers(note.removeprefix(f"{name}: "))].setdefault(name, note)
    merged = []
    for group in groups.values():
        first, *others = group
        merged.append(group[first] + (f" (so for {first_names(others)})" if others else ""))
    return merged


def describe_contents(names: Items[str], form: str, protocol: str) -> str:
    """Returns a clause on what the files `names` hold if not results in format `form`; may be empty."""
    slashed = ["/" + name for name in names]
    if protocol != MULTI_START and any(map(_MULTI_START.fullmatch, slashed)):
        return (
            "these are runs from several start frames (the multi-start protocol of VOT2020 and later): give "
            f"--from vot --protocol {MULTI_START}"
        )
    if any(map(_OBJECTS.fullmatch, slashed)):
        return "these are results on several objects of a video (VOTS), which cannot be scored here"
    folders = {part for name in names for part in name.split("/")[:-1]}
    for other, experiments in EXPERIMENTS.items():
        if (found := folders.intersection(experiments)) and other != protocol:
            return f"there are results of experiment '{min(found)}': give --from vot --protocol {other}"
    if packed := [name for name in names if name.casefold().endswith(_ARCHIVES)]:
        return f"it holds another archive, {packed[0]}: unpack that and import it by itself"
    suffixes = Counter(PurePosixPath(name).suffix.casefold() for name in names)
    for suffix, count in suffixes.most_common(1):
        likely = _OTHER_FORMATS.get(suffix)
        if likely and likely != form:
            return f"it holds {counted(count, 'file')} *{suffix}: perhaps --from {likely}"
        if suffix:
            return f"it holds {counted(count, 'file')} *{suffix}"
    return ""


def _other_files(messages: list[str]) -> str:
    """Names the files of all messages but the first, with their details if those differ and are few."""
    first, *others = [message.partition(";")[0].rpartition("/")[2].partition(": ") for message in messages]
    if not others:
        return ""
    if len(others) >= _MAX_DETAILED or all(what == first[2] for _, _, what in others):
        return f" (and so {first_names([file for file, _, _ in others])})"
    return f" (and {first_names([''.join(parts) for parts in others])})"


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "0", text)
