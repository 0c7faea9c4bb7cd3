"""What data sets that lie on disk have in common: a root folder, and in it one folder per sequence."""

from __future__ import annotations

import csv
import platform
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import MAX_TEXT_BYTES, read_rows, require_in_range
from benchmarks.datasets.names import normalize_name
from benchmarks.datasets.sequence import Dataset, SequenceError
from trackers.errors import UserError
from trackers.regular_files import is_folder, read_regular
from trackers.tracker import Boxes


class DiskDataset(Dataset):
    """A data set that lies in a folder of the data root, of which some sequences may be absent.

    Opening one looks at no sequence; folders are found by name without case and punctuation. What is pickled
    is where it lies: its files are looked for again where it is unpickled.

    Args:
        data_root: the folder that holds one folder per data set.

    Raises:
        UserError: `data_root` is not given, or holds none of `root_folders`.
    """

    root_folders: ClassVar[tuple[str, ...]]
    """Folders of the data root in which the set may lie. The first that is there is used; a download goes to
    the last."""
    layout: ClassVar[str]
    """What that folder holds, for messages: `<Sequence>/img and groundtruth_rect.txt`."""
    splits: ClassVar[tuple[str, ...]] = ()
    """What `split` may be, the default first, for sets that consist of several."""

    def __init__(self, data_root: Path | None) -> None:
        layout = f"a folder that holds {self.root_folders[-1]}/{self.layout}"
        if data_root is None:
            raise UserError(
                f"data set '{self.name}' needs its files: give --data-root DIR or set SOTBENCH_DATA, {layout}"
            )
        there = [data_root / place for place in self.root_folders if is_folder(data_root / place)]
        if not there:
            raise UserError(
                f"there is no folder {data_root / self.root_folders[-1]}; --data-root (or SOTBENCH_DATA) must name "
                f"{layout}"
            )
        self.root = there[0]

    def __getstate__(self) -> dict[str, Any]:
        # Another process may be on another machine, and in another folder.
        found = ("folders", "_names_there", "_expected_names")
        state = {name: value for name, value in self.__dict__.items() if name not in found}
        return state | {"root": self.root.absolute()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if not is_folder(self.root):
            raise UserError(
                f"there is no folder {self.root} here ({platform.node()}); a data set must lie in the same "
                "place on every machine that runs it"
            )

    def make_absolute(self) -> None:
        """Makes its paths absolute: they mean the same then whatever becomes of the working directory."""
        self.root = self.root.absolute()
        self.__dict__.pop("folders", None)

    @cached_property
    def folders(self) -> dict[str, Path]:
        """The folders there are, by name without case and punctuation; of several alike, the last."""
        return {normalize_name(path.name): path for path in sorted(self.root.iterdir()) if is_folder(path)}

    @cached_property
    def _names_there(self) -> frozenset[str]:
        return frozenset(path.name for path in self.root.iterdir() if is_folder(path))

    @cached_property
    def _expected_names(self) -> frozenset[str]:
        return frozenset(map(self.folder_name, self.all_names))

    def folder_name(self, name: str) -> str:
        """What the data set calls the folder of sequence `name`."""
        return name

    def folder(self, name: str) -> Path:
        """Where sequence `name` lies, however the folder is spelled, or where it would lie."""
        return self.find_folder(self.folder_name(name))

    def find_folder(self, expected: str) -> Path:
        """The folder that the data set calls `expected`, however it is spelled, or where it would lie."""
        spelled = self.folders.get(normalize_name(expected))
        # UAV123's car1_1 and car11 differ in punctuation alone: an exact name wins, and is no other's.
        if spelled is None or expected in self._names_there or spelled.name in self._expected_names:
            return self.root / expected
        return spelled

    def has_extra_images(self, name: str) -> bool:  # noqa: ARG002 - for those that override it
        """Whether the folder of sequence `name` rightly holds images of frames that do not count."""
        return False


def read_metadata(resource: str) -> list[dict[str, str]]:
    """Reads a list of facts that lies beside this module: one dictionary per row, by column."""
    lines = (files("benchmarks.datasets") / resource).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))


def read_truth(path: Path, rows: int) -> Boxes:
    """Reads a file of `rows` boxes as they are written.

    Returns:
        Shape (rows, 4).

    Raises:
        SequenceError: the file is missing, unreadable, or has another number of rows.
    """
    try:
        boxes = read_rows(path, columns=4)
        require_in_range(boxes, str(path))
    except UserError as error:
        raise SequenceError(str(error)) from None
    expect_rows(path, len(boxes), rows)
    return boxes


def expect_rows(path: Path, found: int, expected: int) -> None:
    """Makes sure that a file has as many rows as its sequence has frames.

    Raises:
        SequenceError: it has not.
    """
    if found != expected:
        raise SequenceError(
            f"{path}: {found} rows of ground truth where {expected} are expected; the file is truncated or "
            "of another version, take it from the data set again"
        )


def read_flags(path: Path) -> NDArray[np.bool_]:
    """Reads a file of one 0 or 1 per frame, separated by commas or white space.

    Raises:
        SequenceError: the file cannot be read or has something else in it.
    """
    try:
        content = read_regular(path, MAX_TEXT_BYTES)
    except OSError as error:
        raise SequenceError(f"{path}: {error.strerror}") from None
    return parse_flags(content, str(path))


def parse_flags(content: bytes, where: str) -> NDArray[np.bool_]:
    """What `read_flags` makes of a file's content; the file is called `where` in messages."""
    digits = content.removeprefix(b"\xef\xbb\xbf").translate(None, delete=b", \t\r\n")
    if other := set(digits) - set(b"01"):
        raise SequenceError(f"{where} has {chr(min(other))!r} where 0 or 1 is expected")
    flags: NDArray[np.bool_] = np.frombuffer(digits, dtype=np.uint8) == ord("1")
    return flags


def parse_properties(text: str) -> Mapping[str, str]:
    """Reads lines `name=value`; others are passed over."""
    parts = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, equals, value in parts if equals}
