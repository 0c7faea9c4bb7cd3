"""Where the sequences of a folder lie, as people lay them out: ground truth and frames of each."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from benchmarks.datasets.annotations.coco import is_coco
from benchmarks.datasets.annotations.track import LARGEST_ANNOTATIONS
from benchmarks.datasets.folder_settings import PLACE, SETTINGS, FolderSettings
from benchmarks.datasets.videos import VIDEO_SUFFIXES
from trackers.errors import UserError
from trackers.images import IMAGE_SUFFIXES, in_number_order
from trackers.plainfiles import is_folder, is_present, read_plain

Kind = Literal["text", "mot", "cvat", "labelme", "coco"]

_TRUTHS = ("groundtruth_rect.txt", "groundtruth.txt", "gt.txt", "*_gt.txt", "groundtruth.csv", "gt.csv")
_IMAGES = ("", "img", "color", "frames", "img1", "imgs", "images")


@dataclass(frozen=True)
class Source:
    """Ground truth of one video, which may have several targets.

    Attributes:
        name: the sequence's, or what its targets' names begin with.
        kind: how it is written.
        truth: the file; for LabelMe the folder of its files; for COCO the file of all videos.
        frames: the folder or video file, where that is declared.
    """

    name: str
    kind: Kind
    truth: Path
    frames: Path | None = None


def find_sources(root: Path, settings: FolderSettings) -> list[Source]:
    """The videos of a folder that have ground truth, in the order of their names.

    What cannot be read, or is no file, is among them: its reader says so.

    Raises:
        UserError: a file that may hold the annotations of all videos cannot be read.
        OSError: the folder itself, or the one of all ground truth, cannot be read.
    """
    closed: list[Source] = []
    if settings.ground_truth:
        found = list(_declared(root, settings))
    else:
        found = [*_in_folders(root, closed), *_beside_videos(root)]
        if not found and (files := [path for path in sorted(root.glob("*.json")) if _is_coco(path)]):
            return [Source("", "coco", path) for path in files]
    # A video with ground truth beside it may have a folder of its name as well.
    by_name: dict[str, Source] = {}
    for source in [*found, *closed]:
        by_name.setdefault(source.name, source)
    return sorted(by_name.values(), key=lambda source: source.name)


def find_images(place: Path) -> list[Path]:
    """The images of a folder, or of one of the folders in it that are usual for images, in number order.

    Raises:
        OSError: a folder cannot be read.
    """
    for name in _IMAGES:
        folder = place / name
        images = _images(folder) if is_folder(folder) else []
        if images:
            return sorted(images, key=in_number_order)
    return []


def find_video(source: Source) -> Path | None:
    """The video file of a source: the one declared, the one of its name, or the only one beside it.

    Raises:
        OSError: its folder cannot be read.
    """
    if source.frames is not None:
        return source.frames if source.frames.suffix.lower() in VIDEO_SUFFIXES else None
    place = own_folder(source)
    videos = sorted(path for path in place.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    named = [path for path in videos if path.stem == source.name]
    alone = videos if len(videos) == 1 and place.name == source.name else []
    return next(iter(named or alone), None)


def frames_place(source: Source) -> Path:
    """The folder that holds a source's images, or a folder in which they lie."""
    if source.frames is not None:
        return source.frames
    return source.truth.parent.parent if source.kind == "mot" else own_folder(source)


def own_folder(source: Source) -> Path:
    """The folder that holds a source's ground truth."""
    return source.truth if source.kind == "labelme" else source.truth.parent


def _is_coco(path: Path) -> bool:
    try:
        return is_coco(read_plain(path, LARGEST_ANNOTATIONS).decode("utf-8-sig"))
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}; if it holds no annotations, name the file that does with "
            f"`ground_truth` in {SETTINGS}"
        ) from None


def _declared(root: Path, settings: FolderSettings) -> Iterator[Source]:
    pattern = settings.ground_truth
    if PLACE not in pattern:
        path = root / pattern
        if is_present(path):
            kind: Kind = "coco" if path.suffix.lower() == ".json" else _kind(path)
            frames = None if kind == "coco" else _frames(root, settings, path.stem)
            yield Source("" if kind == "coco" else path.stem, kind, path, frames)
        return
    # Not `glob`, which passes over folders that cannot be read.
    parts = PurePosixPath(pattern).parts
    first = next(index for index, part in enumerate(parts) if PLACE in part)
    before, after = map(re.escape, parts[first].split(PLACE, 1))
    match = re.compile(f"{before}(?P<sequence>[^/]+){after.replace(re.escape(PLACE), '(?P=sequence)')}")
    folder = root.joinpath(*parts[:first])
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in names:
        if found := match.fullmatch(entry):
            name = found["sequence"]
            path = folder.joinpath(entry, *(part.replace(PLACE, name) for part in parts[first + 1 :]))
            if is_present(path):
                yield Source(name, _kind(path), path, _frames(root, settings, name))


def _frames(root: Path, settings: FolderSettings, name: str) -> Path | None:
    if settings.frames:
        return root / settings.frames.replace(PLACE, name)
    if is_folder(root / name):
        return root / name
    videos = [path for path in root.glob(f"{name}.*") if path.suffix.lower() in VIDEO_SUFFIXES]
    return videos[0] if videos else None


def _in_folders(root: Path, closed: list[Source]) -> Iterator[Source]:
    """The folders that have ground truth; `closed` gets those that may, and cannot be read."""
    for folder in sorted(root.iterdir()):
        if not is_folder(folder):
            continue
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
        except OSError:
            closed.append(Source(folder.name, "text", folder / _TRUTHS[0]))  # its reader will say why
            continue
        if truth := _truth_among(names):
            yield Source(folder.name, _kind(folder / truth), folder / truth)
        elif is_present(folder / "gt" / "gt.txt"):
            yield Source(folder.name, "mot", folder / "gt" / "gt.txt")
        elif tracks := fnmatch.filter(names, "*.xml"):
            yield Source(folder.name, "cvat", folder / tracks[0])
        else:
            labelme = Source(folder.name, "labelme", folder)
            try:
                if any(is_present(image.with_suffix(".json")) for image in find_images(folder)):
                    yield labelme
            except OSError:
                closed.append(labelme)


def _truth_among(names: list[str]) -> str | None:
    for pattern in _TRUTHS:
        if found := fnmatch.filter(names, pattern):
            return found[0]
    return None


def _beside_videos(root: Path) -> Iterator[Source]:
    for video in sorted(root.iterdir()):
        if video.suffix.lower() not in VIDEO_SUFFIXES:
            continue
        for ending in (".txt", "_gt.txt", ".csv", ".xml"):
            truth = video.with_name(video.stem + ending)
            if is_present(truth):
                yield Source(video.stem, _kind(truth), truth, video)
                break


def _kind(path: Path) -> Kind:
    if path.suffix.lower() == ".xml":
        return "cvat"
    return "mot" if path.name == "gt.txt" and path.parent.name == "gt" else "text"


def _images(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
