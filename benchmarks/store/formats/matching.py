"""Which file belongs to which sequence, whatever the tool's spelling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Items

from benchmarks.datasets.names import normalize_name
from trackers.errors import UserError

ALIASES = {"human42": "human4"}
"""OTB's Human4 follows the second target of its folder, and most tools say so in its name."""


def match(stems: Items[str], files: Items[str], names: Items[str]) -> dict[str, int]:
    """Finds the sequences that files are named after.

    Case and punctuation do not count, unless two sequences differ in nothing else (UAV123's car1_1 and
    car11): of those, the one that the file spells exactly is meant. What all names have before or after the
    sequence (mostly the tracker's name, `Basketball_Struck_HSV`) is found by trying: it is what makes most
    files agree with a sequence.

    Args:
        stems: the part of each file's name that should name a sequence.
        files: the files' names, for messages.
        names: the data set's sequences.

    Returns:
        Index into `stems` by sequence, in the order of `names`. Other files belong to no sequence.

    Raises:
        UserError: two files belong to the same sequence, or one may be of either of two.
    """
    known: dict[str, list[str]] = defaultdict(list)
    for name in names:
        known[normalize_name(name)].append(name)
    known |= {
        alias: known[other] for alias, other in ALIASES.items() if other in known and alias not in known
    }
    groups = _by_surroundings(stems, known)
    if not groups:
        return {}
    # Most files; where equally many, those whose surroundings are shortest, which is the longest sequence.
    ranked = sorted(groups, key=lambda around: (-len(groups[around]), len("".join(around))))
    chosen = groups[ranked[0]]
    found: dict[str, int] = {}
    for index, candidates in chosen.items():
        sequence = _the_one(candidates, files[index])
        _refuse_two(found, sequence, index, files)
        found[sequence] = index
    for around in ranked[1:]:
        rivals = groups[around]
        # A second tracker's files would otherwise be left out as if they were strays.
        if rivals.keys().isdisjoint(chosen) and 2 * len(rivals) >= len(chosen):
            for index, candidates in rivals.items():
                _refuse_two(found, _the_one(candidates, files[index]), index, files)
    return {name: found[name] for name in names if name in found}


def spelling(name: str, separator: str, dataset: str) -> str:
    """A sequence's name as a tool spells it that puts `separator` before a target's number.

    `Jogging.1` becomes `Jogging-1`, and OTB's Human4, which is a second target, `Human4-2`.
    """
    if dataset.startswith("otb") and separator != "." and normalize_name(name) in ALIASES.values():
        return f"{name}{separator}2"
    folder, dot, number = name.rpartition(".")
    return f"{folder}{separator}{number}" if dot and number.isdigit() else name


def _by_surroundings(
    stems: Items[str], known: Mapping[str, list[str]]
) -> dict[tuple[str, str], dict[int, list[str]]]:
    """Groups files by what stands before and after a sequence's name: file index to the sequences meant."""
    groups: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(dict)
    for index, stem in enumerate(stems):
        text = normalize_name(stem)
        for spelled, names in known.items():
            place = text.find(spelled)
            if place >= 0:
                meant = names if len(names) == 1 else _spelled_exactly(stem, names)
                groups[text[:place], text[place + len(spelled) :]][index] = meant
    return groups


def _spelled_exactly(stem: str, names: list[str]) -> list[str]:
    """Those of `names` that a file spells as they are, or but for case; all where it spells none."""
    exact = [name for name in names if name in stem]
    return exact or [name for name in names if name.casefold() in stem.casefold()] or names


def _the_one(candidates: list[str], file: str) -> str:
    if len(candidates) > 1:
        raise UserError(
            f"{file} may be results of sequence {' or '.join(candidates)}, which differ in punctuation "
            "alone; rename it as the sequence is spelled"
        )
    return candidates[0]


def _refuse_two(found: dict[str, int], name: str, index: int, files: Items[str]) -> None:
    if name in found and found[name] != index:
        raise UserError(
            f"both {files[found[name]]} and {files[index]} look like results of sequence {name}; "
            "remove one, or name the folder of one tracker"
        )
