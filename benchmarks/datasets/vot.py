"""VOT2017 and VOT2018, which share the same 60 sequences.

21,356 frames (Kristan et al., The Visual Object Tracking VOT2017 Challenge Results, ICCVW 2017).

    vot2017/<name>/00000001.jpg ...    or <name>/color/00000001.jpg ..., as the VOT toolkit stores them
    vot2017/<name>/groundtruth.txt     x1, y1 to x4, y4 per frame; one sequence has boxes x, y, w, h
    vot2017/<name>/<tag>.tag           0 or 1 per frame; 0 beyond the end of the file
    vot2017/<name>/sequence            the lines width=480, height=360, length=196

`vot2017.csv` lists the sequences in the order of the challenge's `list.txt`, with their frame counts.
Coordinates are used unshifted, as in every VOT toolkit.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import read_text
from benchmarks.datasets.disk_dataset import DiskDataset, read_metadata
from benchmarks.datasets.frames import numbered_images, read_image_size
from benchmarks.datasets.sequence import Sequence
from benchmarks.datasets.truth_files import expect_rows, parse_properties, read_flags, read_regions
from trackers.errors import UserError
from trackers.regular_files import is_folder, may_exist

TAGS = ("camera_motion", "illum_change", "occlusion", "size_change", "motion_change")
"""The tags stored in files, in the order of the challenge."""


class VOT2017(DiskDataset):
    """The 60 sequences of VOT2017."""

    name = "vot2017"
    title = "VOT2017"
    one_based = False
    root_folders = ("vot2018", "vot2017")
    related: tuple[str, ...] = ("vot2018",)
    layout = "<sequence>/groundtruth.txt and its images"

    def __init__(self, data_root: Path | None) -> None:
        super().__init__(data_root)
        self._lengths = {row["name"]: int(row["frames"]) for row in read_metadata("vot2017.csv")}
        self.all_names = tuple(self._lengths)

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self._lengths if may_exist(self.folder(name) / "groundtruth.txt"))

    def __getitem__(self, name: str) -> Sequence:
        length = self._lengths[name]
        folder = self.folder(name)
        path = folder / "groundtruth.txt"
        truth, polygons = read_regions(path)
        expect_rows(path, len(truth), length)
        images = folder / "color" if is_folder(folder / "color") else folder
        return Sequence(
            name=name,
            truth=truth,
            attributes=(),
            open_frames=lambda: numbered_images(images, 1, length),
            polygons=polygons,
            tags=MappingProxyType(_read_tags(folder, length)),
            size=_image_size(folder, images),
        )


class VOT2018(VOT2017):
    """VOT2018's short-term challenge: the frames and ground truth of VOT2017."""

    name = "vot2018"
    title = "VOT2018"
    related = ("vot2017",)


def _read_tags(folder: Path, length: int) -> dict[str, NDArray[np.bool_]]:
    """Reads each tag's frames, shape (length,), and adds "empty": the frames without a tag."""
    tags = {tag: np.zeros(length, dtype=bool) for tag in TAGS}
    for tag, frames in tags.items():
        if may_exist(path := folder / f"{tag}.tag"):
            flags = read_flags(path)[:length]
            frames[: len(flags)] = flags
    return {**tags, "empty": ~np.any(list(tags.values()), axis=0)}


def parse_size(text: str) -> tuple[int, int] | None:
    """Parses width and height from the text of a file `sequence`; None if it lacks them."""
    properties = parse_properties(text)
    width, height = properties.get("width", ""), properties.get("height", "")
    return (int(width), int(height)) if _is_size(width) and _is_size(height) else None


def _is_size(word: str) -> bool:
    # Python raises on numbers of thousands of digits.
    return word.isdecimal() and len(word) <= 9


def _image_size(folder: Path, images: Path) -> tuple[int, int] | None:
    """Returns width and height from the file `sequence`, or from the first frame, or None."""
    try:
        text = read_text(folder / "sequence", replace_undecodable=True)
    except UserError:
        text = ""
    if size := parse_size(text):
        return size
    return read_image_size(images / "00000001.jpg")
