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
from benchmarks.datasets.annotations.track import MAX_ANNOTATION_BYTES
from benchmarks.datasets.folder.settings import SEQUENCE_PLACEHOLDER, SETTINGS_FILE, FolderSettings
from benchmarks.datasets.videos import VIDEO_SUFFIXES
from trackers.errors import UserError
from trackers.images import IMAGE_SUFFIXES, in_number_order
from trackers.regular_files import is_folder, may_exist, read_regular

Kind = Literal["text", "mot", "cvat", "labelme", "coco"]

_TRUTHS = ("groundtruth_rect.txt", "groundtruth.txt", "gt.txt", "*_gt.txt", "groundtruth.csv", "gt.csv")
_IMAGES = ("", "img", "color", "frames", "img1", "imgs", "images")


@dataclass(frozen=True)
class AnnotationSource:
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


def find_sources(root: Path, settings: FolderSettings) -> list[AnnotationSource]:
    """The videos of a folder that have ground truth, in the order of their names.

    What cannot be read, or is no file, is among them: its reader says so.

    Raises:
        UserError: a file that may hold the annotations of all videos cannot be read.
        OSError: the folder itself, or the one of all ground truth, cannot be read.
    """
    closed: list[AnnotationSource] = []
    if settings.ground_truth:
        found = list(_declared(root, settings))
    else:
        found = [*_in_folders(root, closed), *_beside_videos(root)]
        if not found and (files := [path for path in sorted(root.glob("*.json")) if _is_coco(path)]):
            return [AnnotationSource("", "coco", path) for path in files]
    # A video with ground truth beside it may have a folder of its name as well.
    by_name: dict[str, AnnotationSource] = {}
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


def find_video(source: AnnotationSource) -> Path | None:
    """The video file of a source: the one declared, the one of its name, or the only one beside it.

    Raises:
        OSError: its folder cannot be read.
    """
    if source.frames is not None:
        return source.frames if source.frames.suffix.lower() in VIDEO_SUFFIXES else None
    place = annotation_folder(source)
    videos = sorted(path for path in place.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    named = [path for path in videos if path.stem == source.name]
    alone = videos if len(videos) == 1 and place.name == source.name else []
    return next(iter(named or alone), None)


def frames_path(source: AnnotationSource) -> Path:
    """The folder that holds a source's images, or a folder in which they lie."""
    if source.frames is not None:
        return source.frames
    return source.truth.parent.parent if source.kind == "mot" else annotation_folder(source)


def annotation_folder(source: AnnotationSource) -> Path:
    """The folder that holds a source's ground truth."""
    return source.truth if source.kind == "labelme" else source.truth.parent


def _is_coco(path: Path) -> bool:
    try:
        return is_coco(read_regular(path, MAX_ANNOTATION_BYTES).decode("utf-8-sig"))
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}; if it holds no annotations, name the file that does with "
            f"`ground_truth` in {SETTINGS_FILE}"
        ) from None


def _declared(root: Path, settings: FolderSettings) -> Iterator[AnnotationSource]:
    pattern = settings.ground_truth
    if SEQUENCE_PLACEHOLDER not in pattern:
        path = root / pattern
        if may_exist(path):
            kind: Kind = "coco" if path.suffix.lower() == ".json" else _kind(path)
            frames = None if kind == "coco" else _frames(root, settings, path.stem)
            yield AnnotationSource("" if kind == "coco" else path.stem, kind, path, frames)
        return
    # Not `glob`, which passes over folders that cannot be read.
    parts = PurePosixPath(pattern).parts
    first = next(index for index, part in enumerate(parts) if SEQUENCE_PLACEHOLDER in part)
    before, after = map(re.escape, parts[first].split(SEQUENCE_PLACEHOLDER, 1))
    match = re.compile(
        f"{before}(?P<sequence>[^/]+){after.replace(re.escape(SEQUENCE_PLACEHOLDER), '(?P=sequence)')}"
    )
    folder = root.joinpath(*parts[:first])
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in names:
        if found := match.fullmatch(entry):
            name = found["sequence"]
            path = folder.joinpath(
                entry, *(part.replace(SEQUENCE_PLACEHOLDER, name) for part in parts[first + 1 :])
            )
            if may_exist(path):
                yield AnnotationSource(name, _kind(path), path, _frames(root, settings, name))


def _frames(root: Path, settings: FolderSettings, name: str) -> Path | None:
    if settings.frames:
        return root / settings.frames.replace(SEQUENCE_PLACEHOLDER, name)
    if is_folder(root / name):
        return root / name
    videos = [path for path in root.glob(f"{name}.*") if path.suffix.lower() in VIDEO_SUFFIXES]
    return videos[0] if videos else None


def _in_folders(root: Path, closed: list[AnnotationSource]) -> Iterator[AnnotationSource]:
    """The folders that have ground truth; `closed` gets those that may, and cannot be read."""
    for folder in sorted(root.iterdir()):
        if not is_folder(folder):
            continue
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names alone are wanted
        except OSError:
            closed.append(
                AnnotationSource(folder.name, "text", folder / _TRUTHS[0])
            )  # its reader will say why
            continue
        if truth := _truth_among(names):
            yield AnnotationSource(folder.name, _kind(folder / truth), folder / truth)
        elif may_exist(folder / "gt" / "gt.txt"):
            yield AnnotationSource(folder.name, "mot", folder / "gt" / "gt.txt")
        elif tracks := fnmatch.filter(names, "*.xml"):
            yield AnnotationSource(folder.name, "cvat", folder / tracks[0])
        else:
            labelme = AnnotationSource(folder.name, "labelme", folder)
            try:
                if any(may_exist(image.with_suffix(".json")) for image in find_images(folder)):
                    yield labelme
            except OSError:
                closed.append(labelme)


def _truth_among(names: list[str]) -> str | None:
    for pattern in _TRUTHS:
        if found := fnmatch.filter(names, pattern):
            return found[0]
    return None


def _beside_videos(root: Path) -> Iterator[AnnotationSource]:
    for video in sorted(root.iterdir()):
        if video.suffix.lower() not in VIDEO_SUFFIXES:
            continue
        for ending in (".txt", "_gt.txt", ".csv", ".xml"):
            truth = video.with_name(video.stem + ending)
            if may_exist(truth):
                yield AnnotationSource(video.stem, _kind(truth), truth, video)
                break


def _kind(path: Path) -> Kind:
    if path.suffix.lower() == ".xml":
        return "cvat"
    return "mot" if path.name == "gt.txt" and path.parent.name == "gt" else "text"


def _images(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
