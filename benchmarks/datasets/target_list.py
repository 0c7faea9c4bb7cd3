"""The base of OTB-style data sets, which list their targets with frame ranges.

The frame range selects the image files of a sequence, because some ground truths begin late or end early.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.frames import numbered_images
from benchmarks.datasets.sequence import Sequence
from benchmarks.datasets.truth_files import read_truth
from benchmarks.geometry.pixel_origin import to_zero_based
from trackers.regular_files import may_exist


@dataclass(frozen=True)
class TargetEntry:
    """One target; frame numbers are those of the image files.

    Attributes:
        folder: name of the sequence's folder.
        truth: name of the ground-truth file in it.
        truth_starts: frame number of the ground-truth file's first row.
        first: first frame of the sequence.
        last: last frame, inclusive.
        attributes: challenge attributes, such as `"OCC"` (occlusion).
    """

    folder: str
    truth: str
    truth_starts: int
    first: int
    last: int
    attributes: tuple[str, ...] = ()


class TargetListDataset(DiskDataset):
    """A data set with 1-based boxes x, y, w, h, one file per target, and images `img/<number>`."""

    attributes = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")

    def __init__(self, data_root: Path | None) -> None:
        super().__init__(data_root)
        self.targets = self.list_targets()
        self.all_names = tuple(self.targets)

    @abstractmethod
    def list_targets(self) -> Mapping[str, TargetEntry]:
        """Returns the targets by name, in the data set's order."""

    def frame_range(self, name: str) -> tuple[int, int]:
        """Returns the first and the last frame number of a sequence."""
        return self.targets[name].first, self.targets[name].last

    def truth_path(self, name: str) -> Path:
        """Returns the ground-truth file of a sequence."""
        return self.folder(name) / self.targets[name].truth

    def target_attributes(self, name: str) -> tuple[str, ...]:
        """Returns the attributes of a sequence."""
        return self.targets[name].attributes

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.targets if may_exist(self.truth_path(name)))

    def folder_name(self, name: str) -> str:
        return self.targets[name].folder

    def has_extra_images(self, name: str) -> bool:
        return self.frame_range(name)[0] != 1

    def __getitem__(self, name: str) -> Sequence:
        target = self.targets[name]
        first, last = self.frame_range(name)
        starts = target.truth_starts + first - target.first
        rows = read_truth(self.truth_path(name), last - starts + 1)
        images = self.folder(name) / "img"
        return Sequence(
            name=name,
            truth=to_zero_based(rows[first - starts :]),
            attributes=self.target_attributes(name),
            open_frames=partial(numbered_images, images, first, last),
        )
