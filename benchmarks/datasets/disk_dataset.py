"""The base of data sets on disk: a root folder with one folder per sequence."""

from __future__ import annotations

import csv
import platform
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.datasets.sequence import Dataset
from benchmarks.datasets.sequence_names import normalize_name
from trackers.errors import UserError
from trackers.regular_files import is_folder


class DiskDataset(Dataset):
    """A data set in a folder of the data root; some sequences may be missing.

    Opening one reads no sequence. Folders are found by name without case and punctuation. Pickling stores
    only the root; the folders are listed again after unpickling.

    Args:
        data_root: the folder that contains one folder per data set.

    Raises:
        UserError: `data_root` is None or contains none of `root_folders`.
    """

    root_folders: ClassVar[tuple[str, ...]]
    """Names that the data set's folder may have. The first that exists is used; downloads go to the last."""
    layout: ClassVar[str]
    """The content of that folder, for messages: `<Sequence>/img and groundtruth_rect.txt`."""

    def __init__(self, data_root: Path | None) -> None:
        layout = f"a folder that holds {self.root_folders[-1]}/{self.layout}"
        if data_root is None:
            raise UserError(
                f"data set '{self.name}' needs its files: give --data-root DIR or set SOTBENCH_DATA, {layout}"
            )
        present = [data_root / name for name in self.root_folders if is_folder(data_root / name)]
        if not present:
            raise UserError(
                f"there is no folder {data_root / self.root_folders[-1]}; --data-root (or SOTBENCH_DATA) "
                f"must name {layout}; `sotbench download --dataset {self.name}` gets it or says where it is"
            )
        self.root = present[0]

    def __getstate__(self) -> dict[str, Any]:
        # It may be unpickled on another machine and in another working directory.
        cached = ("folders", "_names_on_disk", "_expected_names")
        state = {name: value for name, value in self.__dict__.items() if name not in cached}
        return state | {"root": self.root.absolute()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if not is_folder(self.root):
            raise UserError(
                f"there is no folder {self.root} here ({platform.node()}); a data set must have the same "
                "path on every machine that runs it"
            )

    def make_absolute(self) -> None:
        """Makes its paths absolute, so that they stay valid if the working directory changes."""
        self.root = self.root.absolute()
        self.__dict__.pop("folders", None)

    @cached_property
    def folders(self) -> dict[str, Path]:
        """The folders on disk by normalized name; the last of several with the same one."""
        return {normalize_name(path.name): path for path in sorted(self.root.iterdir()) if is_folder(path)}

    @cached_property
    def _names_on_disk(self) -> frozenset[str]:
        return frozenset(path.name for path in self.root.iterdir() if is_folder(path))

    @cached_property
    def _expected_names(self) -> frozenset[str]:
        return frozenset(map(self.folder_name, self.all_names))

    def folder_name(self, name: str) -> str:
        """Returns the data set's own name for the folder of sequence `name`."""
        return name

    def folder(self, name: str) -> Path:
        """Returns the folder of sequence `name` in any spelling, or the path it would have."""
        return self.find_folder(self.folder_name(name))

    def find_folder(self, expected: str) -> Path:
        """Returns the folder `expected` in any spelling, or the path it would have."""
        similar = self.folders.get(normalize_name(expected))
        # UAV123's car1_1 and car11 differ in punctuation alone: an exact name wins, and is never used for
        # another sequence.
        if similar is None or expected in self._names_on_disk or similar.name in self._expected_names:
            return self.root / expected
        return similar

    def has_extra_images(self, name: str) -> bool:  # noqa: ARG002 - overridden by some data sets
        """Returns whether the folder of sequence `name` may contain images outside its frame range."""
        return False


def read_metadata(resource: str) -> list[dict[str, str]]:
    """Reads a CSV file of `tables/`: one dictionary per row, by column."""
    lines = (files("benchmarks.datasets") / "tables" / resource).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))
