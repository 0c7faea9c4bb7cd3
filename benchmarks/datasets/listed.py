"""The base of data sets that a table lists and whose ground truth is one text file of boxes per sequence.

They differ in where the files are and in how the files mark frames without a target; a subclass says both.
The table `tables/<name>.csv` has a row per sequence with these columns, all but the first optional:

- `name`: the sequence, as spelled in published results;
- `folder`: the folder of its images, where several sequences share one or its name differs;
- `first`, `last`: the numbers of its first and last image file;
- `frames`: their count, where the first has the number `first_number`;
- `attributes`: its challenge attributes, separated by spaces;
- `width`, `height`: of its images.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets.disk_dataset import DiskDataset, read_metadata
from benchmarks.datasets.frames import last_number, numbered_images
from benchmarks.datasets.sequence import Frames, Sequence
from benchmarks.datasets.truth_files import expect_rows, read_boxes
from benchmarks.geometry.pixel_origin import to_zero_based
from trackers.regular_files import may_exist
from trackers.tracker import Boxes


class ListedDataset(DiskDataset):
    """A data set whose sequences, frame ranges and attributes a table lists."""

    table: ClassVar[str]
    """The name of the table."""
    image_prefix: ClassVar[str] = ""
    """What precedes the number in the names of image files: `img` in `img000001.jpg`."""
    first_number: ClassVar[int] = 1
    """The number of the first image file, where the table has no column `first`."""
    scored_by_file_numbers = True

    def __init__(self, data_root: Path | None) -> None:
        super().__init__(data_root)
        self.rows = {row["name"]: row for row in self.list_rows()}
        self.all_names = tuple(self.rows)

    def list_rows(self) -> list[dict[str, str]]:
        """Returns the rows of the table that belong to this data set."""
        return read_metadata(self.table)

    @abstractmethod
    def truth_path(self, name: str) -> Path:
        """Returns the ground-truth file of a sequence, or the path it would have."""

    def images_path(self, name: str) -> Path:
        """Returns the folder of a sequence's images, or the path it would have."""
        return self.folder(name) / "img"

    def folder_name(self, name: str) -> str:
        return self.rows[name].get("folder", name)

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.rows if may_exist(self.truth_path(name)))

    def first_frame(self, name: str) -> int:
        """Returns the number of a sequence's first image file."""
        return int(self.rows[name].get("first", self.first_number))

    def listed_length(self, name: str) -> int | None:
        """Returns the number of frames that the table states; None if it states none."""
        row = self.rows[name]
        if "last" in row:
            return int(row["last"]) - self.first_frame(name) + 1
        return int(row["frames"]) if row.get("frames") else None

    def read_truth(self, name: str, path: Path) -> Boxes:
        """Reads the boxes of a sequence as they are in the file; shape (frames, 4).

        Raises:
            SequenceError: the file is missing or damaged, or has another number of rows than the table.
        """
        boxes = read_boxes(path)
        if (length := self.listed_length(name)) is not None:
            expect_rows(path, len(boxes), length)
        return boxes

    def absent_frames(self, name: str, truth: Boxes) -> NDArray[np.bool_] | None:  # noqa: ARG002 - overridden
        """Returns the frames without a target, shape (frames,); None if the data set does not flag them.

        Args:
            name: the sequence.
            truth: its boxes, shape (frames, 4).

        Raises:
            SequenceError: a file that flags them is damaged.
        """
        return None

    def image_size(self, name: str) -> tuple[int, int] | None:
        """Returns width and height of a sequence's images, if known without reading one."""
        row = self.rows[name]
        return (int(row["width"]), int(row["height"])) if row.get("width") else None

    def open_images(self, name: str, length: int) -> Frames:
        """Opens the `length` frames of a sequence.

        Raises:
            SequenceError: one is missing.
        """
        first = self.first_frame(name)
        return numbered_images(self.images_path(name), first, first + length - 1, self.image_prefix)

    def __getitem__(self, name: str) -> Sequence:
        row = self.rows[name]
        truth = self.read_truth(name, self.truth_path(name))
        return Sequence(
            name=name,
            truth=to_zero_based(truth, first_pixel=int(self.one_based)),
            attributes=tuple(row.get("attributes", "").split()),
            open_frames=partial(self.open_images, name, len(truth)),
            absent=self.absent_frames(name, truth),
            size=self.image_size(name),
        )


class ServerScoredDataset(ListedDataset):
    """A listed data set of which some sequences have only their first box; a server scores them."""

    def read_truth(self, name: str, path: Path) -> Boxes:
        boxes = read_boxes(path)
        if len(boxes) != 1:
            if (length := self.listed_length(name)) is not None:
                expect_rows(path, len(boxes), length)
            return boxes
        length = self.listed_length(name) or self._count_images(name)
        return np.concatenate([boxes, np.full((max(length, 1) - 1, 4), np.nan)])

    def _count_images(self, name: str) -> int:
        """Returns the number of images up to the one with the greatest number; 0 without images."""
        last = last_number(self.images_path(name), self.image_prefix)
        return 0 if last is None else last - self.first_frame(name) + 1
