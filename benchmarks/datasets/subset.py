"""Selects a part of a data set by sequence names and attributes."""

from __future__ import annotations

from collections.abc import Sequence as Items
from pathlib import Path

from benchmarks.box_text import read_text
from benchmarks.datasets.sequence import Dataset
from benchmarks.datasets.sequence_names import select_sequences
from benchmarks.datasets.views import DatasetSubset
from trackers.errors import UserError
from trackers.registry import did_you_mean

_MAX_NAMES_IN_TITLE = 3


def select_part(
    dataset: Dataset, sequences: Items[str] | None = None, attributes: Items[str] | None = None
) -> Dataset:
    """Returns the selected part of a data set; all of it if nothing is selected.

    Args:
        dataset: the complete data set.
        sequences: names, or `@FILE` for those in a file, one per line.
        attributes: selects the sequences that have all of these.

    Raises:
        UserError: a name is unknown, a list cannot be read, or no sequence is left.
        SequenceError: attributes are given, and a sequence's ground truth is damaged.
    """
    if not sequences and not attributes:
        return dataset
    names, criteria = list(dataset.all_names), []
    if sequences:
        names = select_sequences(expand_name_files(sequences), dataset.all_names, dataset.name)
        few = len(names) <= _MAX_NAMES_IN_TITLE
        criteria.append(", ".join(names) if few else f"{len(names)} chosen sequences")
    if attributes:
        wanted = [_known_attribute(name, dataset) for name in dict.fromkeys(attributes)]
        present = set(dataset.names())
        names = [name for name in names if name in present and set(wanted) <= set(dataset[name].attributes)]
        criteria.append(" and ".join(wanted))
    if not names:
        raise UserError(f"no sequence present of {dataset.title} matches {' with '.join(criteria)}")
    return DatasetSubset(dataset, names, ", ".join(criteria))


def expand_name_files(words: Items[str]) -> list[str]:
    """Returns sequence names, with each `@FILE` replaced by the names in that file.

    Such a file has one name per line; lines that begin with `#` are comments.

    Raises:
        UserError: a file cannot be read or contains no name.
    """
    names: list[str] = []
    for word in words:
        if not word.startswith("@"):
            names.append(word)
            continue
        path = Path(word[1:])
        if not path.is_file():
            raise UserError(f"{path} is not a file; @FILE is a text file with one sequence name per line")
        lines = [line.strip() for line in read_text(path).splitlines()]
        found = [line for line in lines if line and not line.startswith("#")]
        if not found:
            raise UserError(f"{path} contains no sequence names; write one per line")
        names += found
    return names


def _known_attribute(name: str, dataset: Dataset) -> str:
    """Returns an attribute as the data set spells it."""
    known = {attribute.casefold(): attribute for attribute in dataset.attributes}
    if not known:
        raise UserError(f"sequences of {dataset.title} have no attributes; choose by --sequences")
    if name.casefold() not in known:
        raise UserError(
            f"{dataset.title} has no attribute '{name}'{did_you_mean(name, list(dataset.attributes))}; "
            f"there are: {', '.join(dataset.attributes)}"
        )
    return known[name.casefold()]
