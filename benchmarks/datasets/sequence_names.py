"""Matches sequence names, which every toolkit spells in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trackers.errors import UserError
from trackers.registry import did_you_mean


def normalize_name(name: str) -> str:
    """Returns a name without case and punctuation: Jogging.1, jogging-1 and Jogging_1 agree."""
    return "".join(character for character in name.casefold() if character.isalnum())


def select_sequences(requested: Sequence[str], known: Iterable[str], dataset: str) -> list[str]:
    """Finds the sequences that a user requested, in any spelling.

    An exact name wins over one that differs in case or punctuation, and the latter must be unique. A folder's
    name selects all its targets: `Jogging` gives Jogging.1 and Jogging.2.

    Args:
        requested: the names as the user writes them.
        known: the data set's names.
        dataset: the data set's name, for messages.

    Returns:
        Names in the order of `known`.

    Raises:
        UserError: a name is unknown or ambiguous.
    """
    known = list(known)
    selected: set[str] = set()
    for name in requested:
        matches = (
            [name]
            if name in known
            else [other for other in known if normalize_name(other) == normalize_name(name)]
        )
        if len(matches) > 1:
            matches = [other for other in matches if other.casefold() == name.casefold()] or matches
        if len(matches) > 1:
            raise UserError(
                f"'{name}' may be sequence {' or '.join(matches)} of data set '{dataset}'; "
                "write the exact name"
            )
        matches = matches or [
            other for other in known if normalize_name(other.rpartition(".")[0]) == normalize_name(name) != ""
        ]
        if not matches:
            option = " --data-root DIR" if dataset.startswith("folder") else ""
            raise UserError(
                f"data set '{dataset}' has no sequence '{name}'{did_you_mean(name, known)}; "
                f"see `sotbench list sequences --dataset {dataset}{option}`"
            )
        selected.update(matches)
    return [name for name in known if name in selected]
