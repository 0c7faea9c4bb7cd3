"""VOT's data sets: the short-term challenges of 2017 to 2022 and the long-term ones of 2018 and 2019.

    vot2017/<name>/00000001.jpg ...    or <name>/color/00000001.jpg ..., as the VOT toolkit stores them
    vot2017/<name>/groundtruth.txt     a region per frame: polygons up to 2019, masks or boxes from 2020 on
    vot2017/<name>/<tag>.tag           0 or 1 per frame; 0 beyond the end of the file
    vot2017/<name>/anchor.value        where multi-start runs begin (2020 and later)
    vot2017/<name>/sequence            the lines width=480, height=360, length=196 and
                                       channels.color=color/%08d.jpg

The toolkit's workspace has a folder `sequences` above these; it is found as vot2017/sequences, and also if
--data-root is the workspace itself.

Protocols that are not `ope` have to be named: `--protocol supervised`, `realtime` or `unsupervised` up to
2019, `multistart` from 2020 on, `long-term` for the long-term data sets. Scores by overlap in pixels need the
size of the images, from the images or from the file `sequence`.

The csv files list the sequences in the order of the challenge's `list.txt`, with their frame counts where
they are known. Coordinates are used unshifted, as in every VOT toolkit.

Sources: Kristan et al., The Visual Object Tracking VOT2017 Challenge Results (ICCVW 2017), and the reports of
VOT2018 to VOT2022; Lukezic et al., Now You See Me: Evaluating Performance in Long-Term Visual Tracking
(arXiv 1804.07056), for the long-term data sets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import read_text
from benchmarks.datasets.disk_dataset import DiskDataset, read_metadata
from benchmarks.datasets.frames import numbered_images, read_image_size
from benchmarks.datasets.sequence import Sequence
from benchmarks.datasets.truth_files import expect_rows, parse_properties, read_flags
from benchmarks.datasets.vot_truth import read_anchors, read_vot_truth
from trackers.errors import UserError
from trackers.regular_files import is_folder, may_exist

TAGS = ("camera_motion", "illum_change", "occlusion", "size_change", "motion_change")
"""The tags stored in files, in the order of the challenge."""
WORKSPACE_FOLDER = "sequences"
"""The folder of a toolkit's workspace that holds the sequences."""


class VOTDataset(DiskDataset):
    """A data set in the layout of the VOT toolkit."""

    one_based = False
    layout = "<sequence>/groundtruth.txt and its images"
    facts: ClassVar[str]
    """The file of this package that lists the sequences: name, and frames, width and height where known."""
    tag_names: ClassVar[tuple[str, ...]] = TAGS
    marks_absence: ClassVar[bool] = False
    """Whether frames without a region are frames in which the target is absent."""

    def __init__(self, data_root: Path | None) -> None:
        own = [] if data_root is None else [name for name in self.root_folders if is_folder(data_root / name)]
        if data_root is not None and not own and is_folder(data_root / WORKSPACE_FOLDER):
            self.root = data_root / WORKSPACE_FOLDER
        else:
            super().__init__(data_root)
            if is_folder(self.root / WORKSPACE_FOLDER):
                self.root = self.root / WORKSPACE_FOLDER
        self._facts = {row["name"]: row for row in read_metadata(self.facts)}
        self.all_names = tuple(self._facts)

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in self.all_names if may_exist(self.folder(name) / "groundtruth.txt"))

    def __getitem__(self, name: str) -> Sequence:
        facts = self._facts[name]
        folder = self.folder(name)
        path = folder / "groundtruth.txt"
        properties = _read_properties(folder)
        truth, polygons, from_masks = read_vot_truth(path)
        length = _number(facts.get("frames", "")) or _number(properties.get("length", "")) or len(truth)
        expect_rows(path, len(truth), length)
        images = _image_folder(folder, properties)
        anchors = folder / "anchor.value"
        known_size = _number(facts.get("width", "")), _number(facts.get("height", ""))
        return Sequence(
            name=name,
            truth=truth,
            attributes=(),
            open_frames=partial(numbered_images, images, 1, length),
            polygons=polygons,
            absent=~np.isfinite(truth[:, 0]) if self.marks_absence else None,
            tags=MappingProxyType(_read_tags(folder, length, self.tag_names)),
            size=_size(properties) or read_image_size(images / "00000001.jpg") or _pair(*known_size),
            anchors=read_anchors(anchors, length) if may_exist(anchors) else None,
            truth_from_masks=from_masks,
        )


class VOT2017(VOTDataset):
    """The 60 sequences of VOT2017."""

    name = "vot2017"
    title = "VOT2017"
    root_folders = ("vot2018", "vot2017")
    related: tuple[str, ...] = ("vot2018",)
    facts = "vot2017.csv"


class VOT2018(VOT2017):
    """VOT2018's short-term challenge: the frames and ground truth of VOT2017."""

    name = "vot2018"
    title = "VOT2018"
    related = ("vot2017",)


class VOT2019(VOTDataset):
    """VOT2019's short-term challenge: 60 sequences, of which 48 are those of VOT2018."""

    name = "vot2019"
    title = "VOT2019"
    root_folders = ("vot2019",)
    facts = "vot2019.csv"


class VOT2020(VOTDataset):
    """VOT2020's short-term challenge: masks, read as the boxes around them, and anchors."""

    name = "vot2020"
    title = "VOT2020"
    root_folders = ("vot2020",)
    facts = "vot2020.csv"


class VOT2021(VOTDataset):
    """VOT2021's short-term challenge, as VOT2020's."""

    name = "vot2021"
    title = "VOT2021"
    root_folders = ("vot2021",)
    facts = "vot2021.csv"


class VOT2022(VOTDataset):
    """VOT2022's short-term challenge: the boxes of STB; masks of STS are read as the boxes around them."""

    name = "vot2022"
    title = "VOT2022"
    root_folders = ("vot2022",)
    facts = "vot2022.csv"


class VOT2018LT(VOTDataset):
    """VOT2018's long-term challenge (LTB35): 35 sequences with frames in which the target is absent."""

    name = "vot2018-lt"
    title = "VOT2018-LT"
    root_folders = ("vot2018-lt",)
    facts = "vot2018_lt.csv"
    tag_names = ()
    marks_absence = True


class VOT2019LT(VOT2018LT):
    """VOT2019's long-term challenge (LTB50), also of 2020 and 2021: 15 sequences more."""

    name = "vot2019-lt"
    title = "VOT2019-LT"
    root_folders = ("vot2019-lt",)
    facts = "vot2019_lt.csv"


def _read_tags(folder: Path, length: int, names: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    """Reads each tag's frames, shape (length,), and adds "empty": the frames without a tag.

    Some published files are shorter than their sequence: those of VOT2019's `graduate` have 768 rows for 844
    frames. Frames beyond the end have no tag, as in the toolkit; rows beyond the last frame are ignored.
    """
    if not names:
        return {}
    tags = {tag: np.zeros(length, dtype=bool) for tag in names}
    for tag, frames in tags.items():
        if may_exist(path := folder / f"{tag}.tag"):
            flags = read_flags(path)[:length]
            frames[: len(flags)] = flags
    return {**tags, "empty": ~np.any(list(tags.values()), axis=0)}


def parse_size(text: str) -> tuple[int, int] | None:
    """Parses width and height from the text of a file `sequence`; None if it lacks them."""
    return _size(parse_properties(text))


def _size(properties: Mapping[str, str]) -> tuple[int, int] | None:
    return _pair(_number(properties.get("width", "")), _number(properties.get("height", "")))


def _pair(width: int | None, height: int | None) -> tuple[int, int] | None:
    return None if width is None or height is None else (width, height)


def _number(word: str) -> int | None:
    # Python raises on numbers of thousands of digits.
    return int(word) if word.isdecimal() and len(word) <= 9 else None


def _read_properties(folder: Path) -> Mapping[str, str]:
    """Returns the properties in the file `sequence`; none if it is missing or unreadable."""
    try:
        return parse_properties(read_text(folder / "sequence", replace_undecodable=True))
    except UserError:
        return {}


def _image_folder(folder: Path, properties: Mapping[str, str]) -> Path:
    """Returns the folder of a sequence's images: that of `channels.color`, `color`, or the sequence's own."""
    channel = PurePosixPath(properties.get("channels.color", "color/")).parts
    place = channel[:-1] if channel and "%" in channel[-1] else channel
    inside = not any(part in ("..", "/") for part in place)
    for images in ([folder.joinpath(*place)] if inside and place else []) + [folder / "color"]:
        if is_folder(images):
            return images
    return folder
