"""A data set whose ground truth is read once, however many runs and profiles it scores."""

from __future__ import annotations

from functools import cached_property

from benchmarks.datasets.sequence import Dataset, Sequence


class CachedDataset(Dataset):
    """Another data set, each sequence of which is read when it is first asked for and then kept.

    Which sequences are present is kept as well: what is changed on disk later goes unnoticed.

    Args:
        dataset: the data set.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.name, self.title = dataset.name, dataset.title
        self.attributes, self.all_names = dataset.attributes, dataset.all_names
        self.related = dataset.related
        self.one_based, self.is_user_folder = dataset.one_based, dataset.is_user_folder
        self._dataset = dataset
        self._known: dict[str, Sequence] = {}

    @property
    def total(self) -> int:
        return self._dataset.total

    def in_other_part(self, name: str) -> bool:
        return self._dataset.in_other_part(name)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self._dataset.names()

    def names(self) -> tuple[str, ...]:
        return self._names

    def __getitem__(self, name: str) -> Sequence:
        if name not in self._known:
            self._known[name] = self._dataset[name]
        return self._known[name]
