"""OTB2015, also called TB-100 (Wu, Lim, Yang: Object Tracking Benchmark, PAMI 2015).

    otb2015/<Folder>/img/0001.jpg ...
    otb2015/<Folder>/groundtruth_rect.txt      (Jogging and Skating2: groundtruth_rect.1.txt and .2.txt)

Ground truth is x, y, w, h with 1-based x and y. Which frames count, where a ground-truth file starts, and the
attributes are in `otb2015.csv`: one row per target, from the benchmark's own Python toolkit. Published lists
of attributes disagree; that toolkit's has SV 65, OCC 49 of 100.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np

from benchmarks.boxfiles import read_rows
from benchmarks.datasets.frames import numbered_images
from benchmarks.datasets.names import key
from benchmarks.datasets.sequence import Dataset, Sequence, SequenceError
from trackers.errors import UserError


@dataclass(frozen=True)
class _Target:
    """One row of the list: frame numbers are those of the image files."""

    folder: str
    truth: str
    truth_starts: int
    """Frame number of the ground-truth file's first row."""
    first: int
    last: int
    attributes: tuple[str, ...]


class OTB2015(Dataset):
    """The 100 targets of OTB2015, of which `data_root` may hold some.

    Raises:
        UserError: `data_root` is not given, or holds no folder `otb2015`.
    """

    name = "otb2015"
    title = "OTB2015"
    attributes = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")

    def __init__(self, data_root: Path | None) -> None:
        layout = f"a folder that holds {self.name}/<Sequence>/img and groundtruth_rect.txt"
        if data_root is None:
            raise UserError(
                f"data set '{self.name}' needs its files: give --data-root DIR or set SOTBENCH_DATA, {layout}"
            )
        self.root = data_root / self.name
        if not self.root.is_dir():
            raise UserError(
                f"there is no folder {self.root}; --data-root (or SOTBENCH_DATA) must name {layout}"
            )
        self._targets = _read_list(f"{self.name}.csv")
        self.all_names = tuple(self._targets)

    @cached_property
    def _folders(self) -> dict[str, Path]:
        """The folders there are, by name without case and punctuation."""
        return {key(path.name): path for path in sorted(self.root.iterdir()) if path.is_dir()}

    def _folder(self, target: _Target) -> Path:
        return self._folders.get(key(target.folder), self.root / target.folder)

    def names(self) -> tuple[str, ...]:
        return tuple(name for name, t in self._targets.items() if (self._folder(t) / t.truth).is_file())

    def __getitem__(self, name: str) -> Sequence:
        target = self._targets[name]
        folder = self._folder(target)
        path = folder / target.truth
        try:
            rows = read_rows(path, columns=4)
        except UserError as error:
            raise SequenceError(str(error)) from None
        expected = target.last - target.truth_starts + 1
        if len(rows) != expected:
            raise SequenceError(
                f"{path}: {len(rows)} rows of ground truth where {expected} are expected; the file is "
                "truncated or of another version, take it from the data set again"
            )
        truth = rows[target.first - target.truth_starts :] - np.array([1.0, 1.0, 0.0, 0.0])
        return Sequence(
            name=name,
            truth=truth,
            attributes=target.attributes,
            open_frames=lambda: numbered_images(folder / "img", target.first, target.last),
        )


def _read_list(resource: str) -> Mapping[str, _Target]:
    lines = (files("benchmarks.datasets") / resource).read_text(encoding="utf-8").splitlines()
    return {
        row["name"]: _Target(
            folder=row["folder"],
            truth=row["truth"],
            truth_starts=int(row["truth_starts"]),
            first=int(row["first"]),
            last=int(row["last"]),
            attributes=tuple(row["attributes"].split()),
        )
        for row in csv.DictReader(lines)
    }
