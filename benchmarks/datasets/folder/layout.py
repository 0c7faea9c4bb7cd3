"""Finds the sequences in a user's folder: ground truth and frames of each, in the layouts in common use."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from benchmarks.datasets.annotations.coco import is_coco
from benchmarks.datasets.annotations.track import MAX_ANNOTATION_BYTES
from benchmarks.datasets.folder.settings import SEQUENCE_PLACEHOLDER, SETTINGS_FILE, FolderSettings
from benchmarks.datasets.videos import is_video
from trackers.errors import UserError
from trackers.images import in_number_order, is_image
from trackers.regular_files import is_folder, may_exist, read_regular

Kind = Literal["text", "mot", "cvat", "labelme", "coco"]

_TRUTH_PATTERNS = (
    "groundtruth_rect.txt",
    "groundtruth.txt",
    "gt.txt",
    "*_gt.txt",
    "groundtruth.csv",
    "gt.csv",
)
_IMAGE_FOLDERS = ("", "img", "color", "frames", "img1", "imgs", "images")


@dataclass(frozen=True)
class AnnotationSource:
    """Ground truth of one video, which may have several targets.

    Attributes:
        name: the sequence's name, or the beginning of its targets' names.
        kind: the annotation format.
        truth: the file; for LabelMe the folder of its files; for COCO the file of all videos.
        frames: the folder or video file of the frames, if declared.
    """

    name: str
    kind: Kind
    truth: Path
    frames: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder that contains the ground truth."""
        return self.truth if self.kind == "labelme" else self.truth.parent

    @property
    def frames_path(self) -> Path:
        """The declared video file, or the folder that contains the images or a folder of images."""
        if self.frames is not None:
            return self.frames
        return self.truth.parent.parent if self.kind == "mot" else self.folder

    def relative_to(self, root: Path) -> AnnotationSource:
        """Returns this source with paths relative to `root`."""
        frames = None if self.frames is None else self.frames.relative_to(root)
        return replace(self, truth=self.truth.relative_to(root), frames=frames)

    def below(self, root: Path) -> AnnotationSource:
        """Returns this source, whose paths are relative, with paths below `root`."""
        frames = None if self.frames is None else root / self.frames
        return replace(self, truth=root / self.truth, frames=frames)


def find_sources(root: Path, settings: FolderSettings) -> list[AnnotationSource]:
    """Finds the videos of a folder that have ground truth, sorted by name.

    Unreadable ground truth is included, so that reading it reports the error.

    Raises:
        UserError: a file that may have the annotations of all videos cannot be read.
        OSError: the folder, or the declared folder of ground truth, cannot be read.
    """
    unreadable: list[AnnotationSource] = []
    if settings.ground_truth:
        found = list(_declared_sources(root, settings))
    else:
        found = [*_in_folders(root, unreadable), *_beside_videos(root)]
        if not found and (files := [path for path in sorted(root.glob("*.json")) if _is_coco(path)]):
            return [AnnotationSource("", "coco", path) for path in files]
    # A video with ground truth beside it may also have a folder with its name.
    by_name: dict[str, AnnotationSource] = {}
    for source in [*found, *unreadable]:
        by_name.setdefault(source.name, source)
    return sorted(by_name.values(), key=lambda source: source.name)


def find_images(folder: Path) -> list[Path]:
    """Returns the images of a folder, or of the first of its usual image folders, in number order.

    Raises:
        OSError: a folder cannot be read.
    """
    for name in _IMAGE_FOLDERS:
        candidate = folder / name
        images = [path for path in candidate.iterdir() if is_image(path)] if is_folder(candidate) else []
        if images:
            return sorted(images, key=in_number_order)
    return []


def find_video(source: AnnotationSource) -> Path | None:
    """Returns a source's video file: the declared one, the one with its name, or the only one beside it.

    Raises:
        OSError: its folder cannot be read.
    """
    if source.frames is not None:
        return source.frames if is_video(source.frames) else None
    videos = sorted(path for path in source.folder.iterdir() if is_video(path))
    same_name = [path for path in videos if path.stem == source.name]
    only = videos if len(videos) == 1 and source.folder.name == source.name else []
    return next(iter(same_name or only), None)


def _is_coco(path: Path) -> bool:
    try:
        return is_coco(read_regular(path, MAX_ANNOTATION_BYTES).decode("utf-8-sig"))
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise UserError(
            f"{path}: {error.strerror}; if it has no annotations, name the right file with "
            f"`ground_truth` in {SETTINGS_FILE}"
        ) from None


def _declared_sources(root: Path, settings: FolderSettings) -> Iterator[AnnotationSource]:
    pattern = settings.ground_truth
    if SEQUENCE_PLACEHOLDER not in pattern:
        path = root / pattern
        if may_exist(path):
            if path.suffix.lower() == ".json":
                yield AnnotationSource("", "coco", path)
            else:
                yield AnnotationSource(path.stem, _kind(path), path, _frames(root, settings, path.stem))
        return
    # `glob` would skip folders that cannot be read.
    parts = PurePosixPath(pattern).parts
    first = next(index for index, part in enumerate(parts) if SEQUENCE_PLACEHOLDER in part)
    before, after = map(re.escape, parts[first].split(SEQUENCE_PLACEHOLDER, 1))
    match = re.compile(
        f"{before}(?P<sequence>[^/]+){after.replace(re.escape(SEQUENCE_PLACEHOLDER), '(?P=sequence)')}"
    )
    folder = root.joinpath(*parts[:first])
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - only names are needed
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
    videos = [path for path in root.glob(f"{name}.*") if is_video(path)]
    return videos[0] if videos else None


def _in_folders(root: Path, unreadable: list[AnnotationSource]) -> Iterator[AnnotationSource]:
    """Yields the folders with ground truth; appends those that cannot be read to `unreadable`."""
    for folder in sorted(root.iterdir()):
        if not is_folder(folder):
            continue
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - only names are needed
        except OSError:
            unreadable.append(AnnotationSource(folder.name, "text", folder / _TRUTH_PATTERNS[0]))
            continue
        if truth := _find_truth(names):
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
                unreadable.append(labelme)


def _find_truth(names: list[str]) -> str | None:
    for pattern in _TRUTH_PATTERNS:
        if found := fnmatch.filter(names, pattern):
            return found[0]
    return None


def _beside_videos(root: Path) -> Iterator[AnnotationSource]:
    for video in sorted(root.iterdir()):
        if not is_video(video):
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
