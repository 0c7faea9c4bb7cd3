"""Refuses to tune on what is going to be reported: the best of many trials fits its own sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.store import truth_digest
from benchmarks.wording import first_names
from trackers.errors import UserError

_OURS = "benchmarks.datasets."
_FOLDER = f"{_OURS}folder."
_FOR_ANY_USE = (f"{_OURS}demo", _FOLDER)
"""Modules of data sets that nobody publishes test scores on."""
_DEFAULT_SPLITS = {"got10k": "val"}
"""What is opened without `--split`, where that is no test set."""
_NOT_FOR_TESTS = ("train", "training", "val", "validation")
"""Splits that nobody publishes test scores on."""


@dataclass(frozen=True)
class Part:
    """Some sequences of a data set.

    Attributes:
        dataset: the data set.
        split: which part of it is open; None for the default.
        names: the sequences.
    """

    dataset: Dataset
    split: str | None
    names: tuple[str, ...]


def check_validation_set(validation: Part, test: Part | None) -> None:
    """Checks that settings may be chosen on `validation`.

    Args:
        validation: what is tuned on.
        test: what will be tested on, if that is known.

    Raises:
        UserError: they share sequences, or `validation` belongs to a data set that test scores are published
            on.
    """
    name = validation.dataset.name
    if test is not None and (shared := _shared(validation, test)):
        raise UserError(
            f"{first_names(shared)} of {name} would be tuned on and tested on; choose other --sequences, or "
            "give --force"
        )
    module = type(validation.dataset).__module__
    published = module.startswith(_OURS) and not module.startswith(_FOR_ANY_USE)
    split = validation.split or _DEFAULT_SPLITS.get(name)
    if published and split not in _NOT_FOR_TESTS:
        raise UserError(
            f"scores on {name} are published as test scores, so settings that are chosen on it cannot be "
            "compared with them; tune on other videos (--dataset folder), or give --force"
        )


def _shared(validation: Part, test: Part) -> list[str]:
    """Returns the sequences of `validation` that `test` has too, under whatever name."""
    folder = type(test.dataset).__module__.startswith(_FOLDER)  # two of one name may differ
    if validation.dataset.name == test.dataset.name and not folder:
        return [name for name in validation.names if name in set(test.names)]
    digests = set(_digests(test.dataset, test.names).values())
    found = _digests(validation.dataset, validation.names)
    return [name for name, digest in found.items() if digest in digests]


def _digests(dataset: Dataset, names: Iterable[str]) -> dict[str, str]:
    """Returns the digest of the ground truth of each sequence that can be read."""
    digests = {}
    for name in names:
        try:
            digests[name] = truth_digest(dataset[name].truth)
        except SequenceError:
            continue
    return digests
