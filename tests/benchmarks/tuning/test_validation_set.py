"""What may not be tuned on."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.datasets import DATASETS
from benchmarks.tuning.validation_set import Part, check_validation_set
from trackers.errors import UserError


@pytest.mark.parametrize("name", sorted(DATASETS.entries.keys() - {"demo", "folder", "got10k"}))
def test_data_sets_with_published_scores_are_refused(name: str) -> None:
    kind = DATASETS.load(name)
    dataset = kind.__new__(kind)  # not opened, which takes files
    with pytest.raises(UserError, match=f"scores on {dataset.name} are published .*--force"):
        check_validation_set(Part(dataset, None, ("a",)), None)
    check_validation_set(Part(dataset, "train", ("a",)), None)


def test_sequences_of_the_test_set_are_refused(squares: Any) -> None:
    validation = Part(squares, None, ("right", "down"))
    check_validation_set(validation, Part(squares, None, ("both",)))
    with pytest.raises(UserError, match="down of squares would be tuned on and tested on"):
        check_validation_set(validation, Part(squares, None, ("both", "down")))


def test_the_same_sequence_under_another_name_is_found(squares: Any) -> None:
    class Renamed(type(squares)):  # type: ignore[misc]
        name = "renamed"

        def __getitem__(self, name: str) -> Any:
            return squares["right" if name == "mine" else name]

    with pytest.raises(UserError, match="right of squares would be"):
        check_validation_set(Part(squares, None, ("right",)), Part(Renamed(), None, ("mine",)))
    check_validation_set(Part(squares, None, ("down",)), Part(Renamed(), None, ("mine",)))


def test_validation_split_of_got10k_is_for_tuning() -> None:
    kind = DATASETS.load("got10k")
    dataset = kind.__new__(kind)
    check_validation_set(Part(dataset, None, ("a",)), None)
    with pytest.raises(UserError, match="scores on got10k are published"):
        check_validation_set(Part(dataset, "test", ("a",)), None)
