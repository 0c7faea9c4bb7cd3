"""Opens the frames of sequences in a user's folder: image files or a video."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.annotations.track import Track
from benchmarks.datasets.folder.layout import AnnotationSource, find_images, find_video
from benchmarks.datasets.frames import ImageFiles, read_image_size
from benchmarks.datasets.sequence import Frames, SequenceError, as_sequence_error
from benchmarks.datasets.videos import VideoFrames, count_frames, stated_length
from trackers.errors import system_reason
from trackers.regular_files import is_folder, is_regular, path_exists
from trackers.wording import counted


def open_images(source: AnnotationSource, rows: int) -> Frames:
    """Opens a sequence's frames, one for each of the `rows` of its ground truth.

    Raises:
        SequenceError: the frames are missing, differ from `rows` in number, or cannot be read.
    """
    images = _images(source)
    if not images and (video := _video(source)):
        # The length in the header may be wrong; counting by decoding is slow, so only if they disagree.
        if stated_length(video) != rows and (length := count_frames(video)) != rows:
            raise SequenceError(
                f"{video}: {counted(length, 'frame')} where {source.truth.name} has {counted(rows, 'row')}; "
                "each frame needs one"
            )
        return VideoFrames(video, 0, rows)
    if len(images) != rows:
        folder = images[0].parent if images else source.frames_path
        raise SequenceError(
            f"{folder}: {counted(len(images), 'image')} where {source.truth.name} has "
            f"{counted(rows, 'row')}; each image needs one row"
        )
    return ImageFiles(images)


def open_track(source: AnnotationSource, track: Track) -> Frames:
    """Opens a track's frames: the images that its file names, or its stretch of all frames.

    Raises:
        SequenceError: frames are missing, or their folder cannot be read.
    """
    first, rows = track.first, len(track.boxes)
    if track.images:
        return ImageFiles([_named_image(source, name) for name in track.images])
    if images := _images(source):
        if len(images) < first + rows:
            raise SequenceError(
                f"{images[0].parent}: {counted(len(images), 'image')} where {source.truth.name} has boxes up "
                f"to frame {first + rows}"
            )
        return ImageFiles(images[first : first + rows])
    video = _video(source)
    if video is None:
        raise SequenceError(
            f"{source.frames_path}: no images and no video there for the boxes of {source.truth.name}"
        )
    length = stated_length(video)
    if length is None or length < first + rows:
        length = count_frames(video)
    if length < first + rows:
        raise SequenceError(
            f"{video}: {counted(length, 'frame')} where {source.truth.name} has boxes up to frame "
            f"{first + rows}"
        )
    return VideoFrames(video, first, rows)


def image_size(source: AnnotationSource) -> tuple[int, int] | None:
    """Returns width and height of the first image or video frame; None if it cannot be read."""
    try:
        images = _images(source)
        if images and is_regular(images[0]):
            return read_image_size(images[0])
        if video := _video(source):
            height, width = VideoFrames(video, 0, 1)[0].shape[:2]
            return width, height
    except Exception:  # OpenCV may raise its own errors; opening the frames reports them
        return None
    return None


def count_all(source: AnnotationSource) -> int:
    """Counts the frames of a source; 0 if there are none.

    Raises:
        SequenceError: the folder or the video cannot be read.
    """
    if images := _images(source):
        return len(images)
    video = _video(source)
    return 0 if video is None else count_frames(video)


def _images(source: AnnotationSource) -> list[Path]:
    with as_sequence_error():
        return find_images(source.frames_path) if is_folder(source.frames_path) else []


def _video(source: AnnotationSource) -> Path | None:
    with as_sequence_error():
        return find_video(source) if is_folder(source.folder) else None


def _named_image(source: AnnotationSource, name: str) -> Path:
    """Finds an image named by an annotation: beside its file, or in a folder that commonly has images."""
    root = source.truth.parent
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise SequenceError(f"{source.truth}: the image {name[:80]} is outside its folder")
    folders = [root, *(root / folder for folder in ("images", "frames", "img", "data", "JPEGImages"))]
    if source.frames is not None:
        folders.insert(0, source.frames)
    unreadable: OSError | None = None
    for folder in [*folders, *(folder / source.name for folder in folders)]:
        try:
            if path_exists(path := folder / name):
                return path
        except OSError as error:
            unreadable = unreadable or error
    if unreadable:
        raise SequenceError(system_reason(unreadable))
    raise SequenceError(f"{root}: there is no image {name}, which {source.truth.name} names")
