"""The chart below a video: each tracker's overlap up to the current frame."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from trackers.tracker import Frame
from trackers.video.drawing import Color, draw_text

BACKGROUND_COLOR: Color = (255, 255, 255)
TEXT_COLOR: Color = (90, 90, 90)
_GRID: Color = (225, 225, 225)
_FRACTION_BITS = 4
_MARGIN = 4


class OverlapChart:
    """A chart that grows frame by frame, with each tracker's mean overlap so far at its right.

    Args:
        overlaps: one array per tracker, shape (n,), in [0, 1]; NaN leaves a gap.
        colors: one color per tracker.
        width: the chart's width in pixels.
        height: the chart's height in pixels.
    """

    def __init__(
        self, overlaps: Sequence[NDArray[np.float64]], colors: Sequence[Color], width: int, height: int
    ) -> None:
        self._colors = colors
        self._font = max(9, min(12, (height - _MARGIN) // max(len(overlaps), 1) - 3))
        self._inner = max(width - 3 * self._font - 2 * _MARGIN, 1)
        self._height = height
        frames = max((len(row) for row in overlaps), default=0)
        self._x = np.linspace(_MARGIN, _MARGIN + self._inner, frames)
        self._y = [self._level(row) for row in overlaps]
        self._means = [_means(row) for row in overlaps]
        self._chart = np.full((height, width, 3), BACKGROUND_COLOR, dtype=np.uint8)
        for level in (0.0, 0.5, 1.0):
            y = round(float(self._level(np.array(level))))
            cv2.line(self._chart, (_MARGIN, y), (_MARGIN + self._inner, y), _GRID, 1)
        self._drawn = 0

    def at(self, frame: int) -> Frame:
        """Returns the chart at a frame, shape (height, width, 3); frames must be in rising order."""
        for number in range(self._drawn, frame + 1):
            self._add(number)
        self._drawn = max(self._drawn, frame + 1)
        shown = self._chart.copy()
        if len(self._x):
            x = round(float(self._x[frame]))
            cv2.line(shown, (x, _MARGIN), (x, self._height - _MARGIN), TEXT_COLOR, 1)
        for row, (means, color) in enumerate(zip(self._means, self._colors, strict=True)):
            if np.isfinite(means[frame]):
                text, y = f"{means[frame]:.2f}", 1 + row * (self._font + 3)
                draw_text(shown, text, _MARGIN * 2 + self._inner, y, self._font, color, BACKGROUND_COLOR)
        return shown

    def _level(self, overlap: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the rows of the image at which overlaps are drawn; 1 is at the top."""
        return self._height - _MARGIN - overlap * (self._height - 2 * _MARGIN)

    def _add(self, number: int) -> None:
        """Draws each tracker's line from the previous frame to this one."""
        for y, color in zip(self._y, self._colors, strict=True):
            if np.isnan(y[number]):
                continue
            before = number - 1 if number and np.isfinite(y[number - 1]) else number
            start, end = self._point(before, y), self._point(number, y)
            cv2.line(self._chart, start, end, color, 2, cv2.LINE_AA, _FRACTION_BITS)

    def _point(self, number: int, y: NDArray[np.float64]) -> tuple[int, int]:
        scale = 1 << _FRACTION_BITS
        return round(float(self._x[number]) * scale), round(float(y[number]) * scale)


def _means(overlaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the mean of all overlaps up to each frame, shape (n,); NaN before the first."""
    known = np.isfinite(overlaps)
    count = np.cumsum(known)
    total = np.cumsum(np.where(known, overlaps, 0.0))
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(len(overlaps), np.nan), where=count > 0)
    return means
