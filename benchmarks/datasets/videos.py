"""A video file as frames: frame `i` is the one that comes i-th when the file is decoded from its beginning.

Players and OpenCV seek by time stamps, which is not exact where key frames are far apart or frames last
longer than others. Here nothing is sought: a frame that lies behind is reached by starting anew.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from benchmarks.datasets.sequence import Frames, SequenceError
from trackers.errors import UserError
from trackers.regular_files import open_regular
from trackers.tracker import Frame

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})
_KEPT_FRAMES = 24
"""So many frames are kept for those who ask a little out of order: threads that decode ahead."""
_KEPT_BYTES = 256 << 20
_SAMPLE = 1 << 16
_LARGEST = 1 << 40
"""Bytes that a video may have: hours of it, hardly compressed."""


class VideoFrames(Frames):
    """A stretch of a video, decoded by OpenCV's FFmpeg as it is asked for.

    Args:
        path: the video file.
        first: its frame (0-based) that is frame 0 here.
        count: how many frames there are; all that follow by default.

    Raises:
        SequenceError: it cannot be read.
    """

    def __init__(self, path: Path, first: int = 0, count: int | None = None) -> None:
        self.file = path
        self._first = first
        self._lock = Lock()
        self._stream: Iterator[Frame] | None = None
        self._next = 0
        self._kept: OrderedDict[int, Frame] = OrderedDict()
        self._count = count_frames(path) - first if count is None else count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Frame:
        wanted = self._first + index
        with self._lock:
            if wanted not in self._kept and (self._stream is None or wanted < self._next):
                self._stream, self._next = open_video(self.file), 0
            while wanted not in self._kept:
                self._decode_next(wanted)
            return self._kept[wanted].copy()

    def _decode_next(self, wanted: int) -> None:
        assert self._stream is not None
        frame = next(self._stream, None)
        if frame is None:
            self._stream, length = None, self._next
            raise SequenceError(
                f"{self.file}: frame {wanted + 1} cannot be decoded; the video ends after {length} frames"
            )
        self._kept[self._next] = frame
        self._next += 1
        while len(self._kept) > 2 and (
            len(self._kept) > _KEPT_FRAMES or len(self._kept) * frame.nbytes > _KEPT_BYTES
        ):
            self._kept.popitem(last=False)

    def fingerprint(self) -> str:
        try:
            with open_regular(self.file, _LARGEST) as file:
                start = file.read(_SAMPLE)
                length = file.seek(0, 2)
                file.seek(max(length - _SAMPLE, 0))
                content = start + file.read(_SAMPLE)
        except OSError as error:
            raise SequenceError(f"{self.file}: {error.strerror}") from None
        digest = hashlib.sha256(f"{self.file.name}\n{length}\n{self._first}\n{self._count}\n".encode())
        digest.update(content)
        return digest.hexdigest()


def open_video(path: Path) -> Iterator[Frame]:
    """Decodes a video's frames in order.

    Raises:
        SequenceError: there is no such file, it is a pipe or a device, or OpenCV cannot read it.
    """
    # Brings OpenCV, which folders of images do not need.
    from trackers.video.frame_source import VideoSource

    _require_file(path)
    try:
        return iter(
            VideoSource(str(path.absolute()), path.stem, f"{path} is not a video that OpenCV can read")
        )
    except UserError as error:
        raise SequenceError(str(error)) from None


def stated_length(path: Path) -> int | None:
    """How many frames a video's header states, which need not be true; None where it states none.

    Raises:
        SequenceError: it cannot be read.
    """
    from trackers.video.frame_source import VideoSource

    _require_file(path)
    try:
        return VideoSource(
            str(path.absolute()), path.stem, f"{path} is not a video that OpenCV can read"
        ).length
    except UserError as error:
        raise SequenceError(str(error)) from None


def count_frames(path: Path) -> int:
    """How many frames a video has, by decoding all.

    Raises:
        SequenceError: it cannot be read.
    """
    return sum(1 for _ in open_video(path))


def _require_file(path: Path) -> None:
    """Refuses what OpenCV would wait for, or read without end."""
    try:
        open_regular(path, _LARGEST).close()
    except FileNotFoundError:
        raise SequenceError(f"{path}: no such file") from None
    except OSError as error:
        raise SequenceError(f"{path}: {error.strerror}") from None
