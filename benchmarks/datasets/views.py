"""Data sets that wrap another one: cached, or restricted to some of its sequences."""

from __future__ import annotations

from collections.abc import Sequence as Items
from functools import cached_property
from typing import Any

from benchmarks.datasets.sequence import Dataset, Sequence


class DatasetView(Dataset):
    """Another data set, unchanged; subclasses override what they change.

    Args:
        dataset: the data set to wrap.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.name = dataset.name
        self.title = dataset.title
        self.attributes = dataset.attributes
        self.one_based = dataset.one_based
        self.scored_by_file_numbers = dataset.scored_by_file_numbers
        self.takes_short_results = dataset.takes_short_results
        self.is_user_folder = dataset.is_user_folder
        self.all_names = dataset.all_names
        self.related = dataset.related
        self.splits = dataset.splits
        self.server = dataset.server
        self.server_format = dataset.server_format
        self._dataset = dataset

    @property
    def total(self) -> int:
        return self._dataset.total

    def belongs_to_other_split(self, name: str) -> bool:
        return self._dataset.belongs_to_other_split(name)

    def names(self) -> tuple[str, ...]:
        return self._dataset.names()

    def __getitem__(self, name: str) -> Sequence:
        return self._dataset[name]


class CachedDataset(DatasetView):
    """A view that reads each sequence once, however many runs and profiles it scores.

    The list of downloaded sequences is cached too, so later changes on disk go unnoticed.
    """

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self._sequences: dict[str, Sequence] = {}

    def __getstate__(self) -> dict[str, Any]:
        # Sequences hold functions that open frames.
        state = {name: value for name, value in self.__dict__.items() if name != "_names"}
        return state | {"_sequences": {}}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self._dataset.names()

    def names(self) -> tuple[str, ...]:
        return self._names

    def __getitem__(self, name: str) -> Sequence:
        if name not in self._sequences:
            self._sequences[name] = self._dataset[name]
        return self._sequences[name]


class DatasetSubset(DatasetView):
    """Some sequences of a data set.

    It keeps the data set's name and `total`, so that scores can say "49 of 100 sequences".

    Args:
        dataset: the complete data set.
        names: the sequences, at least one, in the data set's order.
        description: of the selection, for titles.
    """

    def __init__(self, dataset: Dataset, names: Items[str], description: str) -> None:
        super().__init__(dataset)
        self.title = f"{dataset.title} ({description})"
        self.all_names = tuple(names)
        self._selected = frozenset(names)

    def belongs_to_other_split(self, name: str) -> bool:
        return name not in self._selected and (
            name in self._dataset.all_names or self._dataset.belongs_to_other_split(name)
        )

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self._dataset.names() if name in self._selected)
