"""Some sequences of a data set, as scores and reports of a part of it see it."""

from __future__ import annotations

from collections.abc import Sequence as Items
from pathlib import Path

from benchmarks.box_text import read_text
from benchmarks.datasets.names import select_sequences
from benchmarks.datasets.sequence import Dataset, Sequence
from trackers.errors import UserError
from trackers.registry import did_you_mean

_MOST_NAMED = 3
"""Sequences that a title names."""


class DatasetSubset(Dataset):
    """Another data set, of which some sequences alone are looked at.

    It keeps the other's name, and `total` that of the whole: scores of 49 of 100 sequences say so.

    Args:
        dataset: the whole.
        names: the sequences, in the data set's order; at least one.
        what: how a title names them.
    """

    def __init__(self, dataset: Dataset, names: Items[str], what: str) -> None:
        self.name, self.title = dataset.name, f"{dataset.title} ({what})"
        self.attributes, self.all_names = dataset.attributes, tuple(names)
        self.related, self.one_based, self.is_user_folder = (
            dataset.related,
            dataset.one_based,
            dataset.is_user_folder,
        )
        self._dataset = dataset
        self._chosen = frozenset(names)

    @property
    def total(self) -> int:
        return self._dataset.total

    def in_other_part(self, name: str) -> bool:
        return name not in self._chosen and (
            name in self._dataset.all_names or self._dataset.in_other_part(name)
        )

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self._dataset.names() if name in self._chosen)

    def __getitem__(self, name: str) -> Sequence:
        return self._dataset[name]


def select_part(
    dataset: Dataset, sequences: Items[str] | None = None, attributes: Items[str] | None = None
) -> Dataset:
    """The part of a data set that a user asks for; the whole without any wish.

    Args:
        dataset: the whole.
        sequences: names, or `@FILE` for those in a file, one per line.
        attributes: the sequences that have all of these.

    Raises:
        UserError: a name is unknown, a list cannot be read, or no sequence is left.
        SequenceError: an attribute is asked for, and a sequence's ground truth is damaged.
    """
    if not sequences and not attributes:
        return dataset
    names, told = list(dataset.all_names), []
    if sequences:
        names = select_sequences(expand_name_files(sequences), dataset.all_names, dataset.name)
        told.append(", ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} chosen sequences")
    if attributes:
        wanted = [_attribute(name, dataset) for name in dict.fromkeys(attributes)]
        there = set(dataset.names())
        names = [name for name in names if name in there and set(wanted) <= set(dataset[name].attributes)]
        told.append(" and ".join(wanted))
    if not names:
        raise UserError(f"no sequence of {dataset.title} that is there is {' with '.join(told)}")
    return DatasetSubset(dataset, names, ", ".join(told))


def expand_name_files(words: Items[str]) -> list[str]:
    """Names of sequences, of which `@FILE` stands for those in a file: one per line; `#` begins a comment.

    Raises:
        UserError: a file cannot be read or names nothing.
    """
    names: list[str] = []
    for word in words:
        if not word.startswith("@"):
            names.append(word)
            continue
        path = Path(word[1:])
        if not path.is_file():
            raise UserError(f"{path} is no file; @FILE names a text file with one sequence per line")
        lines = [line.strip() for line in read_text(path).splitlines()]
        found = [line for line in lines if line and not line.startswith("#")]
        if not found:
            raise UserError(f"{path} names no sequence; write one per line")
        names += found
    return names


def _attribute(name: str, dataset: Dataset) -> str:
    """An attribute as the data set spells it."""
    known = {one.casefold(): one for one in dataset.attributes}
    if not known:
        raise UserError(f"sequences of {dataset.title} have no attributes; choose by --sequences")
    if name.casefold() not in known:
        raise UserError(
            f"{dataset.title} has no attribute '{name}'{did_you_mean(name, list(dataset.attributes))}; "
            f"there are: {', '.join(dataset.attributes)}"
        )
    return known[name.casefold()]
