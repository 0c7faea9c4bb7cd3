"""Normalized cross-correlation: a minimal tracker, and the worked example of a plug-in.

It keeps the target's pixels from the first frame and, in each frame, searches around the last position for
the best correlation (J. P. Lewis, "Fast normalized cross-correlation", 1995; OpenCV's TM_CCOEFF_NORMED).
Size and appearance never change, so it drifts wherever the target scales, rotates or deforms.
"""

from __future__ import annotations

import cv2
import numpy as np

from trackers.errors import UserError
from trackers.tracker import Boxes, Frame, Tracker


class NCC(Tracker):
    """Template matching in RGB around the last position, at whole pixels.

    Args:
        reach: how far the target may move between two frames, in units of the larger side of its box.
    """

    deterministic = True

    def __init__(self, reach: float = 1.0) -> None:
        if not 0 < reach <= 100:
            raise UserError(f"setting 'reach' of tracker 'ncc' must lie in (0, 100], not {reach}")
        self.reach = reach

    def init(self, frame: Frame, box: Boxes) -> None:
        self.box = np.array(box, dtype=np.float64)
        x, y = np.rint(self.box[:2]).astype(int)
        width, height = np.maximum(np.rint(self.box[2:]).astype(int), 1)
        self.template = _cut(frame, x, y, width, height)
        self.margin = max(1, round(self.reach * max(width, height)))

    def update(self, frame: Frame) -> Boxes:
        x, y = np.rint(self.box[:2]).astype(int)
        height, width = self.template.shape[:2]
        margin = self.margin
        search = _cut(frame, x - margin, y - margin, width + 2 * margin, height + 2 * margin)
        # OpenCV returns values that are not finite for patches without contrast.
        match = np.nan_to_num(
            cv2.matchTemplate(search, self.template, cv2.TM_CCOEFF_NORMED), posinf=0, neginf=0
        )
        down, right = np.unravel_index(np.argmax(match), match.shape)
        self.box[:2] += right - margin, down - margin
        # Keep the center inside the image: beyond it there is nothing to match.
        limit = np.array(frame.shape[1::-1]) - self.box[2:] / 2
        self.box[:2] = np.clip(self.box[:2], -self.box[2:] / 2, limit)
        return self.box.copy()


def _cut(frame: Frame, x: int, y: int, width: int, height: int) -> Frame:
    """Returns the pixels of a rectangle; outside the frame its border is repeated."""
    rows = np.arange(y, y + height).clip(0, frame.shape[0] - 1)
    columns = np.arange(x, x + width).clip(0, frame.shape[1] - 1)
    patch: Frame = frame[rows[:, None], columns]
    return patch
