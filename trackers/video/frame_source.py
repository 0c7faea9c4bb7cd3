"""Sources of frames: video files, cameras, and folders of images."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import cv2

from trackers.errors import UserError
from trackers.images import IMAGE_SUFFIXES, in_number_order, is_image, load_image
from trackers.tracker import Frame

_USUAL_FPS = 25.0
_SILENT = 0

# Our own messages replace what OpenCV and its FFmpeg print for files that they cannot read.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class FrameSource(ABC):
    """Frames in order, decoded on demand; can be iterated over once.

    Attributes:
        name: name for titles and messages.
        fps: frames per second.
        length: number of frames according to the file, or None if unknown.
    """

    name: str
    fps: float = _USUAL_FPS
    length: int | None = None

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Yields RGB frames, uint8, shape (H, W, 3), all of the same size.

        Raises:
            UserError: a frame is damaged or of another size.
        """


def open_frame_source(source: str) -> FrameSource:
    """Opens a video file, a camera by its number, or a folder of images.

    Raises:
        UserError: the source cannot be opened; the message says why.
    """
    path = Path(source)
    if path.is_dir():
        return ImageFolder(path)
    if path.exists():
        if is_image(path):
            raise UserError(f"{path} is a single image; give the folder that contains all of them")
        return VideoSource(str(path.absolute()), path.stem, f"{path} is not a video that OpenCV can read")
    if source.isascii() and source.isdigit():
        return VideoSource(int(source), f"camera {source}", f"there is no camera {source}, or it is in use")
    raise UserError(f"there is no file or folder {path}")


class ImageFolder(FrameSource):
    """The images of a folder, in the order of the numbers in their names."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.resolve().name
        self._paths = sorted((path for path in folder.iterdir() if is_image(path)), key=in_number_order)
        self.length = len(self._paths)
        if not self._paths:
            raise UserError(f"{folder} contains no images ({', '.join(sorted(IMAGE_SUFFIXES))})")

    def __iter__(self) -> Iterator[Frame]:
        shape = None
        for path in self._paths:
            frame = load_image(path)
            shape = shape or frame.shape
            if frame.shape != shape:
                (height, width), (rows, columns) = shape[:2], frame.shape[:2]
                raise UserError(
                    f"{path} is {columns} x {rows} pixels, but the first image is {width} x {height}"
                )
            yield frame


class VideoSource(FrameSource):
    """A video file or a camera, read by OpenCV.

    Args:
        source: path of the file, or number of the camera.
        name: name for titles and messages.
        refusal: error message if it yields no frame.
    """

    def __init__(self, source: str | int, name: str, refusal: str) -> None:
        self.name = name
        # OpenCV 5 has moved these functions.
        logging = getattr(cv2.utils, "logging", cv2)
        level = logging.getLogLevel()
        logging.setLogLevel(_SILENT)
        try:
            # Not OpenCV's other backends, which take the name for a pattern of image files.
            self._capture = cv2.VideoCapture(
                source, cv2.CAP_FFMPEG if isinstance(source, str) else cv2.CAP_ANY
            )
            success, first = self._capture.read()
        finally:
            logging.setLogLevel(level)
        if not success:
            self._capture.release()
            raise UserError(refusal)
        self._first = first
        fps, count = self._capture.get(cv2.CAP_PROP_FPS), self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.fps = float(fps) if 1 <= fps <= 1000 else _USUAL_FPS
        # Cameras and streams report -1, 0 or a huge number of frames.
        self.length = int(count) if isinstance(source, str) and 1 <= count < 1e9 else None

    def __iter__(self) -> Iterator[Frame]:
        try:
            success, image = True, self._first
            while success:
                yield cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
                success, image = self._capture.read()
        finally:
            self._capture.release()
