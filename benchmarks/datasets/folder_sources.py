"""Where the sequences of a folder lie, as people lay them out: ground truth and frames of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.datasets.annotations.coco import is_coco
from benchmarks.datasets.folder_settings import FolderSettings
from benchmarks.datasets.videos import VIDEO_SUFFIXES
from trackers.images import IMAGE_SUFFIXES, in_number_order

Kind = Literal["text", "mot", "cvat", "labelme", "coco"]

_TRUTHS = ("groundtruth_rect.txt", "groundtruth.txt", "gt.txt", "*_gt.txt", "groundtruth.csv", "gt.csv")
_IMAGES = ("", "img", "color", "frames", "img1", "imgs", "images")
_JSON_LIMIT = 1 << 30
"""Bytes: no file of annotations is larger."""


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
    """The videos of a folder that have ground truth, in the order of their names."""
    if settings.ground_truth:
        found = list(_declared(root, settings))
    else:
        found = [*_in_folders(root), *_beside_videos(root)]
    # A video with ground truth beside it may have a folder of its name as well.
    by_name: dict[str, Source] = {}
    for source in found:
        by_name.setdefault(source.name, source)
    sources = sorted(by_name.values(), key=lambda source: source.name)
    if not settings.ground_truth and not sources:
        sources = [
            Source("", "coco", path) for path in sorted(root.glob("*.json")) if is_coco(read_annotation(path))
        ]
    return sources


def find_images(place: Path) -> list[Path]:
    """The images of a folder, or of one of the folders in it that are usual for images, in number order."""
    for name in _IMAGES:
        folder = place / name
        images = _images(folder) if folder.is_dir() else []
        if images:
            return sorted(images, key=in_number_order)
    return []


def find_video(source: Source) -> Path | None:
    """The video file of a source: the one declared, the one of its name, or the only one beside it."""
    if source.frames is not None:
        return source.frames if source.frames.suffix.lower() in VIDEO_SUFFIXES else None
    place = source.truth if source.truth.is_dir() else source.truth.parent
    videos = sorted(path for path in place.iterdir() if path.suffix.lower() in VIDEO_SUFFIXES)
    named = [path for path in videos if path.stem == source.name]
    alone = videos if len(videos) == 1 and place.name == source.name else []
    return next(iter(named or alone), None)


def frames_place(source: Source) -> Path:
    """The folder that holds a source's images, or a folder in which they lie."""
    if source.frames is not None:
        return source.frames
    if source.truth.is_dir():
        return source.truth
    return source.truth.parent.parent if source.kind == "mot" else source.truth.parent


def read_annotation(path: Path) -> str:
    """The text of a file of annotations; empty where it is no text, or larger than any."""
    try:
        if not path.is_file() or path.stat().st_size > _JSON_LIMIT:
            return ""
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _declared(root: Path, settings: FolderSettings) -> Iterator[Source]:
    pattern = settings.ground_truth
    if "{sequence}" not in pattern:
        path = root / pattern
        if path.is_file():
            kind: Kind = "coco" if path.suffix.lower() == ".json" else _kind(path)
            frames = None if kind == "coco" else _frames(root, settings, path.stem)
            yield Source("" if kind == "coco" else path.stem, kind, path, frames)
        return
    before, after = pattern.split("{sequence}", 1)
    after = after.replace("{sequence}", "*")
    match = re.compile(
        re.escape(before)
        + "(?P<sequence>[^/]+)"
        + re.escape(pattern.split("{sequence}", 1)[1]).replace(re.escape("{sequence}"), "(?P=sequence)")
    )
    for path in sorted(root.glob(f"{before}*{after}")):
        if found := match.fullmatch(path.relative_to(root).as_posix()):
            name = found["sequence"]
            yield Source(name, _kind(path), path, _frames(root, settings, name))


def _frames(root: Path, settings: FolderSettings, name: str) -> Path | None:
    if settings.frames:
        return root / settings.frames.replace("{sequence}", name)
    if (root / name).is_dir():
        return root / name
    videos = [path for path in root.glob(f"{name}.*") if path.suffix.lower() in VIDEO_SUFFIXES]
    return videos[0] if videos else None


def _in_folders(root: Path) -> Iterator[Source]:
    for folder in sorted(root.iterdir()):
        if not folder.is_dir():
            continue
        if truth := _truth_in(folder):
            yield Source(folder.name, _kind(truth), truth)
        elif (folder / "gt" / "gt.txt").is_file():
            yield Source(folder.name, "mot", folder / "gt" / "gt.txt")
        elif tracks := sorted(folder.glob("*.xml")):
            yield Source(folder.name, "cvat", tracks[0])
        elif _is_labelme(folder):
            yield Source(folder.name, "labelme", folder)


def _truth_in(folder: Path) -> Path | None:
    for pattern in _TRUTHS:
        if found := sorted(folder.glob(pattern)):
            return found[0]
    return None


def _beside_videos(root: Path) -> Iterator[Source]:
    for video in sorted(root.iterdir()):
        if video.suffix.lower() not in VIDEO_SUFFIXES:
            continue
        for ending in (".txt", "_gt.txt", ".csv", ".xml"):
            truth = video.with_name(video.stem + ending)
            if truth.is_file():
                yield Source(video.stem, _kind(truth), truth, video)
                break


def _is_labelme(folder: Path) -> bool:
    images = find_images(folder)
    return any(image.with_suffix(".json").is_file() for image in images)


def _kind(path: Path) -> Kind:
    if path.suffix.lower() == ".xml":
        return "cvat"
    return "mot" if path.name == "gt.txt" and path.parent.name == "gt" else "text"


def _images(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES]
