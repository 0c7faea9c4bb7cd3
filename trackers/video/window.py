"""A window on the screen that shows frames and lets the user draw a box."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from trackers.tracker import Boxes, Frame

_PROBE_SECONDS = 20.0


def has_screen() -> bool:
    """Returns whether a window can be opened.

    A separate process tries, because a screen that cannot be reached ends the process that uses it.
    """
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    code = "import cv2; cv2.namedWindow('probe'); cv2.destroyAllWindows()"
    try:
        probe = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, timeout=_PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return probe.returncode == 0


class Window:
    """Shows frames; space pauses and resumes, q or Escape ends.

    Args:
        title: title of the window.
    """

    def __init__(self, title: str) -> None:
        # A plain name, because not every OpenCV accepts others.
        self._name = "sotbench"
        self._sized = False
        # OpenCV's wheel contains a Qt without fonts, which would warn for every window.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
        cv2.namedWindow(self._name, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.setWindowTitle(self._name, title)

    def choose(self, frame: Frame) -> Boxes | None:
        """Lets the user draw a box, shape (4,); returns None if there is none."""
        self._fit(frame)
        box = np.array(cv2.selectROI(self._name, _bgr(frame), False, False), dtype=np.float64)
        return box if (box[2:] > 0).all() else None

    def show(self, frame: Frame) -> bool:
        """Shows a frame; returns False when the user ends the demo."""
        self._fit(frame)
        cv2.imshow(self._name, _bgr(frame))
        key = cv2.waitKey(1) & 0xFF
        if key == ord(" "):
            while self._open() and (key := cv2.waitKey(50) & 0xFF) not in (ord(" "), *_QUIT_KEYS):
                pass
        return key not in _QUIT_KEYS and self._open()

    def _fit(self, frame: Frame) -> None:
        """Resizes the window to its first frame; after that the user decides."""
        if not self._sized:
            height, width = frame.shape[:2]
            cv2.resizeWindow(self._name, width, height)
            self._sized = True

    def _open(self) -> bool:
        return bool(cv2.getWindowProperty(self._name, cv2.WND_PROP_VISIBLE) >= 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cv2.destroyAllWindows()


_QUIT_KEYS = (ord("q"), 27)


def _bgr(frame: Frame) -> Frame:
    image: Frame = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return image
