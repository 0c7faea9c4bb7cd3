"""Any folder of image folders with ground truth: `--dataset folder --data-root my-videos`.

    my-videos/sotbench.toml
    my-videos/<sequence>/0001.jpg ...             or in <sequence>/img, /color or /frames
    my-videos/<sequence>/groundtruth.txt          or groundtruth_rect.txt, gt.txt, <anything>_gt.txt

Ground truth has one line per image, in the order of the images' numbers: x, y, w, h, or the corners x1, y1 to
x4, y4. In a test set whose ground truth is kept elsewhere it is the first image's line alone. Nothing in such
numbers tells whether the first pixel is 0 or 1, so `sotbench.toml` has to:

    one_based = false         # x = 0 is the left edge of the image; true if x = 1 is
    title = "My videos"       # what figures call it; the folder's name if left out

Results are kept under the name `folder-<name of the folder>`.
"""

from __future__ import annotations

import fnmatch
import os
import re
import tomllib
from pathlib import Path

import numpy as np

from benchmarks.boxfiles import FIRST_PIXEL
from benchmarks.datasets.frames import ImageFiles
from benchmarks.datasets.ondisk import OnDisk
from benchmarks.datasets.polygons import read_regions
from benchmarks.datasets.sequence import Sequence, SequenceError
from trackers.errors import UserError
from trackers.images import IMAGE_SUFFIXES, in_number_order
from trackers.plainfiles import read_plain
from trackers.tracker import Boxes

SETTINGS = "sotbench.toml"
_TRUTHS = ("groundtruth_rect.txt", "groundtruth.txt", "gt.txt", "*_gt.txt")
_IMAGES = ("", "img", "color", "frames")
_LARGEST_SETTINGS = 1 << 20
"""Bytes."""
_LONGEST_NAME = 200
"""Bytes; file systems take 255, of which results need some."""
_REMEDY = "write the line `one_based = false` if x = 0 is the left edge of the image, `true` if x = 1 is"


class Folder(OnDisk):
    """The sequences of a folder, in the order of their names.

    Args:
        data_root: the folder itself.

    Raises:
        UserError: it is not there, holds no sequence, or does not say where its boxes count from.
    """

    places = ()
    layout = "<sequence>/img and groundtruth.txt"

    def __init__(self, data_root: Path | None) -> None:
        if data_root is None or not data_root.is_dir():
            missing = "is not given" if data_root is None else f"{data_root} is not a folder"
            raise UserError(
                f"--data-root {missing}; for data set 'folder' it names the folder that holds {self.layout}"
            )
        self.root = data_root
        # The resolved name, so that `--data-root .` has one.
        plain = re.sub(r"[^\w+-]+", "-", data_root.resolve().name, flags=re.ASCII).strip("-")
        self.name = f"folder-{plain}" if plain else "folder"
        settings = _read_settings(data_root / SETTINGS)
        self._shift = 1.0 if settings["one_based"] else 0.0
        self.title = str(settings.get("title", data_root.resolve().name))
        truths = {path.name: _find_truth(path) for path in sorted(data_root.iterdir()) if path.is_dir()}
        self._truths = {
            name: path.relative_to(data_root) for name, path in truths.items() if path is not None
        }
        if not self._truths:
            raise UserError(f"no folder in {data_root} has ground truth, such as <sequence>/groundtruth.txt")
        self.all_names = tuple(self._truths)

    def names(self) -> tuple[str, ...]:
        return self.all_names

    def folder(self, name: str) -> Path:
        return (self.root / self._truths[name]).parent

    def __getitem__(self, name: str) -> Sequence:
        if why := _unfit(name, self.all_names):
            raise SequenceError(f"the folder {name} {why}; rename it")
        path = self.root / self._truths[name]
        truth, polygons = read_regions(path)
        if len(truth) == 1 and (images := len(_images(path)[1])) > 1:
            # A test set: where the target is later, its server alone knows.
            truth = _first_alone(truth, images)
            polygons = None if polygons is None else _first_alone(polygons, images)
        return Sequence(
            name=name,
            truth=truth - self._shift * FIRST_PIXEL,
            attributes=(),
            open_frames=lambda: _open_images(path, len(truth)),
            polygons=None if polygons is None else polygons - self._shift,
        )


def _read_settings(path: Path) -> dict[str, object]:
    try:
        return parse_settings(read_plain(path, _LARGEST_SETTINGS).decode(), str(path))
    except FileNotFoundError:
        raise UserError(f"there is no file {path}, which says where boxes count from; {_REMEDY}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: {error}; {_REMEDY}") from None


def parse_settings(text: str, where: str) -> dict[str, object]:
    """Reads the text of `sotbench.toml`, called `where` in messages.

    Returns:
        `one_based`, a bool, and perhaps `title`.

    Raises:
        UserError: it is no TOML, says something else as well, or does not say where boxes count from.
    """
    try:
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{where}: {error}; {_REMEDY}") from None
    if unknown := settings.keys() - {"one_based", "title"}:
        raise UserError(f"{where}: '{min(unknown)}' is unknown; it takes one_based and title")
    if not isinstance(settings.get("one_based"), bool):
        raise UserError(f"{where} does not say where boxes count from; {_REMEDY}")
    return settings


def _unfit(name: str, names: tuple[str, ...]) -> str:
    """Why results of a sequence of this name cannot be kept, or an empty string."""
    if not name.isprintable():
        return "has a name with odd characters"
    if len(name.encode()) > _LONGEST_NAME:
        return f"has a name of more than {_LONGEST_NAME} bytes"
    stem, _, end = name.rpartition(".")
    if stem in names and (end == "time" or end.isdecimal()):
        return f"has a name that files of results of {stem} may have"
    return ""


def _find_truth(folder: Path) -> Path | None:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
    except OSError:
        return folder / _TRUTHS[0]  # its reader will say why the folder cannot be read
    for pattern in _TRUTHS:
        if found := fnmatch.filter(names, pattern):
            return folder / found[0]
    return None


def _first_alone(row: Boxes, frames: int) -> Boxes:
    """One known row, shape (1, n), for so many frames: the others are NaN."""
    return np.concatenate([row, np.full((frames - 1, row.shape[1]), np.nan)])


def _images(truth: Path) -> tuple[Path, list[Path]]:
    """The folder that holds a sequence's images, and these; where there is none, the last that may."""
    for place in _IMAGES:
        folder = truth.parent / place
        images = (
            [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES] if folder.is_dir() else []
        )
        if images:
            break
    return folder, images


def _open_images(truth: Path, frames: int) -> ImageFiles:
    """Finds a sequence's images, one per row of ground truth."""
    folder, images = _images(truth)
    if len(images) != frames:
        raise SequenceError(
            f"{folder if images else truth.parent}: {len(images)} images where {truth.name} has {frames} "
            "rows; each image needs one row"
        )
    return ImageFiles(sorted(images, key=in_number_order))
