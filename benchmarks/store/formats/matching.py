"""Assigns files to sequences, however the tool spells their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Items

from benchmarks.datasets.sequence_names import normalize_name
from trackers.errors import UserError

ALIASES = {"human42": "human4"}
"""OTB's Human4 is the second target of its folder, which most tools put into its name."""


def match(stems: Items[str], files: Items[str], names: Items[str]) -> dict[str, int]:
    """Finds the sequences that files are named after.

    Case and punctuation are ignored, unless two sequences differ in nothing else (UAV123's car1_1 and car11):
    then the file must spell the sequence exactly. The text that all names share before or after the sequence
    (usually the tracker's name, `Basketball_Struck_HSV`) is the one with which most files match a sequence.

    Args:
        stems: the part of each file's name that should name a sequence.
        files: the files' names, for messages.
        names: the data set's sequences.

    Returns:
        Index into `stems` by sequence, in the order of `names`; files of no sequence are left out.

    Raises:
        UserError: two files belong to the same sequence, or one to either of two.
    """
    known: dict[str, list[str]] = defaultdict(list)
    for name in names:
        known[normalize_name(name)].append(name)
    known |= {
        alias: known[other] for alias, other in ALIASES.items() if other in known and alias not in known
    }
    groups = _group_by_affixes(stems, known)
    if not groups:
        return {}
    # Most files first; of equally many, those with the shortest affixes, hence the longest sequence name.
    ranked = sorted(groups, key=lambda affixes: (-len(groups[affixes]), len("".join(affixes))))
    chosen = groups[ranked[0]]
    found: dict[str, int] = {}
    for index, candidates in chosen.items():
        sequence = _require_one(candidates, files[index])
        _refuse_second(found, sequence, index, files)
        found[sequence] = index
    for affixes in ranked[1:]:
        rivals = groups[affixes]
        # A second tracker's files would otherwise be skipped like files of no sequence.
        if rivals.keys().isdisjoint(chosen) and 2 * len(rivals) >= len(chosen):
            for index, candidates in rivals.items():
                _refuse_second(found, _require_one(candidates, files[index]), index, files)
    return {name: found[name] for name in names if name in found}


def spelling(name: str, separator: str, dataset: str) -> str:
    """Returns a sequence's name in the spelling of a tool that puts `separator` before a target's number.

    `Jogging.1` becomes `Jogging-1`, and OTB's Human4, which is a second target, becomes `Human4-2`.
    """
    if dataset.startswith("otb") and separator != "." and normalize_name(name) in ALIASES.values():
        return f"{name}{separator}2"
    folder, dot, number = name.rpartition(".")
    return f"{folder}{separator}{number}" if dot and number.isdigit() else name


def _group_by_affixes(
    stems: Items[str], known: Mapping[str, list[str]]
) -> dict[tuple[str, str], dict[int, list[str]]]:
    """Groups files by the text before and after a sequence's name: file index to possible sequences."""
    groups: dict[tuple[str, str], dict[int, list[str]]] = defaultdict(dict)
    for index, stem in enumerate(stems):
        text = normalize_name(stem)
        for spelled, names in known.items():
            start = text.find(spelled)
            if start >= 0:
                possible = names if len(names) == 1 else _spelled_exactly(stem, names)
                groups[text[:start], text[start + len(spelled) :]][index] = possible
    return groups


def _spelled_exactly(stem: str, names: list[str]) -> list[str]:
    """Returns the names that a file spells exactly, else those it spells but for case, else all."""
    exact = [name for name in names if name in stem]
    return exact or [name for name in names if name.casefold() in stem.casefold()] or names


def _require_one(candidates: list[str], file: str) -> str:
    if len(candidates) > 1:
        raise UserError(
            f"{file} may be results of sequence {' or '.join(candidates)}, which differ in punctuation "
            "alone; rename it as the sequence is spelled"
        )
    return candidates[0]


def _refuse_second(found: dict[str, int], name: str, index: int, files: Items[str]) -> None:
    if name in found and found[name] != index:
        raise UserError(
            f"both {files[found[name]]} and {files[index]} look like results of sequence {name}; "
            "remove one, or name the folder of one tracker"
        )
