"""A video file as frames: frame `i` is the i-th one decoded from the beginning of the file.

Players and OpenCV seek by time stamps, which is inexact where key frames are far apart or frame durations
vary. This module never seeks: to go back, it decodes again from the start.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path, PurePath
from threading import Lock
from typing import TYPE_CHECKING

from benchmarks.datasets.sequence import Frames, SequenceError, as_sequence_error
from trackers.regular_files import open_regular
from trackers.tracker import Frame
from trackers.wording import counted

if TYPE_CHECKING:
    from trackers.video.frame_source import VideoSource

_VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})
_CACHED_FRAMES = 24
"""Decoded frames kept for callers slightly out of order, such as threads that decode ahead."""
_CACHED_BYTES = 256 << 20
_SAMPLE_BYTES = 1 << 16
_MAX_VIDEO_BYTES = 1 << 40
"""Size limit of a video; hours of nearly uncompressed video are smaller."""


class VideoFrames(Frames):
    """A stretch of a video, decoded on access by OpenCV's FFmpeg.

    Args:
        path: the video file.
        first: the video's frame (0-based) that is frame 0 here.
        count: the number of frames; all that follow by default.

    Raises:
        SequenceError: the video cannot be read.
    """

    def __init__(self, path: Path, first: int = 0, count: int | None = None) -> None:
        self.file = path
        self._first = first
        self._lock = Lock()
        self._stream: Iterator[Frame] | None = None
        self._next = 0
        self._cache: OrderedDict[int, Frame] = OrderedDict()
        self._count = count_frames(path) - first if count is None else count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Frame:
        wanted = self._first + index
        with self._lock:
            if wanted not in self._cache and (self._stream is None or wanted < self._next):
                self._stream, self._next = open_video(self.file), 0
            while wanted not in self._cache:
                self._decode_next(wanted)
            return self._cache[wanted].copy()

    def _decode_next(self, wanted: int) -> None:
        assert self._stream is not None
        frame = next(self._stream, None)
        if frame is None:
            self._stream, length = None, self._next
            raise SequenceError(
                f"{self.file}: frame {wanted + 1} cannot be decoded; the video ends after "
                f"{counted(length, 'frame')}"
            )
        self._cache[self._next] = frame
        self._next += 1
        while len(self._cache) > 2 and (
            len(self._cache) > _CACHED_FRAMES or len(self._cache) * frame.nbytes > _CACHED_BYTES
        ):
            self._cache.popitem(last=False)

    def fingerprint(self) -> str:
        try:
            with open_regular(self.file, _MAX_VIDEO_BYTES) as file:
                start = file.read(_SAMPLE_BYTES)
                length = file.seek(0, 2)
                file.seek(max(length - _SAMPLE_BYTES, 0))
                content = start + file.read(_SAMPLE_BYTES)
        except OSError as error:
            raise SequenceError(f"{self.file}: {error.strerror}") from None
        digest = hashlib.sha256(f"{self.file.name}\n{length}\n{self._first}\n{self._count}\n".encode())
        digest.update(content)
        return digest.hexdigest()


def is_video(path: PurePath) -> bool:
    """Returns whether a path ends in a suffix of video files, in any case."""
    return path.suffix.lower() in _VIDEO_SUFFIXES


def open_video(path: Path) -> Iterator[Frame]:
    """Decodes a video's frames in order.

    Raises:
        SequenceError: the file is missing, is a pipe or a device, or is not a video that OpenCV can read.
    """
    return iter(_video_source(path))


def stated_length(path: Path) -> int | None:
    """Returns the number of frames in a video's header, which may be wrong; None if it has none.

    Raises:
        SequenceError: the video cannot be read.
    """
    return _video_source(path).length


def count_frames(path: Path) -> int:
    """Counts a video's frames by decoding all of them.

    Raises:
        SequenceError: the video cannot be read.
    """
    return sum(1 for _ in open_video(path))


def _video_source(path: Path) -> VideoSource:
    # Imported here because it imports OpenCV, which folders of images do not need.
    from trackers.video.frame_source import VideoSource

    _require_regular(path)
    with as_sequence_error():
        return VideoSource(str(path.absolute()), path.stem, f"{path} is not a video that OpenCV can read")


def _require_regular(path: Path) -> None:
    """Refuses pipes and devices, on which OpenCV would block or never end."""
    try:
        open_regular(path, _MAX_VIDEO_BYTES).close()
    except FileNotFoundError:
        raise SequenceError(f"{path}: no such file") from None
    except OSError as error:
        raise SequenceError(f"{path}: {error.strerror}") from None
