"""The frames of a folder's sequences: images, or a video."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.annotations.track import Track
from benchmarks.datasets.folder.layout import (
    AnnotationSource,
    annotation_folder,
    find_images,
    find_video,
    frames_path,
)
from benchmarks.datasets.frames import ImageFiles
from benchmarks.datasets.sequence import Frames, SequenceError
from benchmarks.datasets.videos import VideoFrames, count_frames, stated_length
from trackers.errors import system_reason
from trackers.images import open_image
from trackers.regular_files import is_folder, is_regular, path_exists


def open_images(source: AnnotationSource, rows: int) -> Frames:
    """A sequence's frames, one for each of the `rows` of its ground truth.

    Raises:
        SequenceError: there are none, or another number, or their folder cannot be read.
    """
    place = frames_path(source)
    images = _images(source)
    if not images and (video := _video(source)):
        # A header may state another length than the video has: it is counted where that matters.
        length = stated_length(video)
        if length != rows and (length := count_frames(video)) != rows:
            raise SequenceError(
                f"{video}: {length} frames where {source.truth.name} has {rows} rows; each frame needs one"
            )
        return VideoFrames(video, 0, rows)
    if len(images) != rows:
        folder = images[0].parent if images else place
        raise SequenceError(
            f"{folder}: {len(images)} images where {source.truth.name} has {rows} rows; each image needs one "
            "row"
        )
    return ImageFiles(images)


def open_track(source: AnnotationSource, track: Track) -> Frames:
    """The frames of a track: those that its file names, or its stretch of all.

    Raises:
        SequenceError: they are not there, are fewer, or their folder cannot be read.
    """
    first, rows = track.first, len(track.boxes)
    if track.images:
        return ImageFiles([_named_image(source, name) for name in track.images])
    place = frames_path(source)
    images = _images(source)
    if images:
        if len(images) < first + rows:
            raise SequenceError(
                f"{images[0].parent}: {len(images)} images where {source.truth.name} has boxes up to frame "
                f"{first + rows}"
            )
        return ImageFiles(images[first : first + rows])
    video = _video(source)
    if video is None:
        raise SequenceError(
            f"{place}: neither images nor a video there, of which {source.truth.name} has boxes"
        )
    length = stated_length(video)
    if length is None or length < first + rows:
        length = count_frames(video)
    if length < first + rows:
        raise SequenceError(
            f"{video}: {length} frames where {source.truth.name} has boxes up to frame {first + rows}"
        )
    return VideoFrames(video, first, rows)


def image_size(source: AnnotationSource) -> tuple[int, int] | None:
    """Width and height of the first image, as its header says; None where it cannot be read."""
    try:
        images = _images(source)
        if images and is_regular(images[0]):  # a pipe would never end
            with open_image(images[0]) as image:
                width, height = image.size
                return width, height
        if video := _video(source):
            height, width = VideoFrames(video, 0, 1)[0].shape[:2]
            return width, height
    except Exception:  # Pillow raises almost anything on a damaged file; who decodes it will say so
        return None
    return None


def count_all(source: AnnotationSource) -> int:
    """How many frames there are; 0 where there are none.

    Raises:
        SequenceError: their folder, or the video, cannot be read.
    """
    if images := _images(source):
        return len(images)
    video = _video(source)
    return 0 if video is None else count_frames(video)


def _images(source: AnnotationSource) -> list[Path]:
    place = frames_path(source)
    try:
        return find_images(place) if is_folder(place) else []
    except OSError as error:
        raise SequenceError(system_reason(error)) from None


def _video(source: AnnotationSource) -> Path | None:
    try:
        return find_video(source) if is_folder(annotation_folder(source)) else None
    except OSError as error:
        raise SequenceError(system_reason(error)) from None


def _named_image(source: AnnotationSource, name: str) -> Path:
    """The image that an annotation names, beside its file, in the video's folder or in a usual one."""
    root = source.truth.parent
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise SequenceError(f"{source.truth}: names an image outside of its folder, {name[:80]}")
    places = [root, *(root / folder for folder in ("images", "frames", "img", "data", "JPEGImages"))]
    if source.frames is not None:
        places.insert(0, source.frames)
    closed: OSError | None = None
    for place in [*places, *(place / source.name for place in places)]:
        try:
            if path_exists(path := place / name):
                return path
        except OSError as error:
            closed = closed or error
    if closed:
        raise SequenceError(system_reason(closed))
    raise SequenceError(f"{root}: there is no image {name}, which {source.truth.name} names")
