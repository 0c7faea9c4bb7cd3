"""Sequence names, which every toolkit spells in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trackers.errors import UserError
from trackers.registry import did_you_mean


def normalize_name(name: str) -> str:
    """What remains of a name without case and punctuation: Jogging.1, jogging-1 and Jogging_1 agree."""
    return "".join(character for character in name.casefold() if character.isalnum())


def select_sequences(asked: Sequence[str], known: Iterable[str], dataset: str) -> list[str]:
    """Finds the sequences that a user asked for, whatever their spelling, in the data set's order.

    An exact name wins over one that differs in case or punctuation; the latter has to be unique. A folder's
    name stands for all its targets: `Jogging` gives Jogging.1 and Jogging.2.

    Raises:
        UserError: one of them is unknown, or may be either of two.
    """
    known = list(known)
    chosen: set[str] = set()
    for name in asked:
        matches = (
            [name]
            if name in known
            else [other for other in known if normalize_name(other) == normalize_name(name)]
        )
        if len(matches) > 1:
            matches = [other for other in matches if other.casefold() == name.casefold()] or matches
        if len(matches) > 1:
            raise UserError(
                f"'{name}' may be sequence {' or '.join(matches)} of data set '{dataset}'; write it as it is "
                "spelled"
            )
        matches = matches or [
            other for other in known if normalize_name(other.rpartition(".")[0]) == normalize_name(name) != ""
        ]
        if not matches:
            raise UserError(
                f"data set '{dataset}' has no sequence '{name}'{did_you_mean(name, known)}; "
                f"see `python -m benchmarks list sequences --dataset {dataset}{_where(dataset)}`"
            )
        chosen.update(matches)
    return [name for name in known if name in chosen]


def _where(dataset: str) -> str:
    """What a command needs beside the name of a data set."""
    return " --data-root DIR" if dataset.startswith("folder") else ""
