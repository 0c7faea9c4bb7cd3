"""Synthetic sequences: a textured target that moves over a textured background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trackers.tracker import Boxes, Frame

_GRAIN = 4
"""Size of the smallest detail, in pixels."""


@dataclass(frozen=True)
class SyntheticSequence:
    """An endless sequence.

    Attributes:
        width, height: size of its frames, in pixels.
        seed: seed of its textures and of the target's path.
        target: width and height of the target, in pixels.
        gray: whether the three channels are equal.
    """

    width: int = 320
    height: int = 240
    seed: int = 0
    target: tuple[int, int] = (48, 36)
    gray: bool = False

    def box(self, index: int) -> Boxes:
        """Returns the target's box in frame `index`, shape (4,); it moves a few pixels per frame."""
        w, h = self.target
        x = (self.width - w) / 2 * (1 + 0.8 * np.sin(index / 17 + self.seed))
        y = (self.height - h) / 2 * (1 + 0.8 * np.cos(index / 13))
        return np.array([round(x), round(y), w, h], dtype=np.float64)

    def frame(self, index: int) -> Frame:
        """Returns frame `index`: RGB, uint8, shape (height, width, 3)."""
        rng = np.random.default_rng(self.seed)
        frame = _texture(rng, self.width, self.height, 40, 150)
        patch = _texture(rng, *self.target, 90, 256)
        x, y = self.box(index)[:2].astype(int)
        frame[y : y + self.target[1], x : x + self.target[0]] = patch
        if self.gray:
            frame[:] = frame[:, :, :1]
        return frame


def _texture(rng: np.random.Generator, width: int, height: int, low: int, high: int) -> Frame:
    rows, columns = -(-height // _GRAIN), -(-width // _GRAIN)
    coarse = rng.integers(low, high, (rows, columns, 3), dtype=np.uint8)
    whole: Frame = coarse.repeat(_GRAIN, axis=0).repeat(_GRAIN, axis=1)[:height, :width].copy()
    return whole


def blank_frame(width: int, height: int) -> Frame:
    """Returns a uniform gray frame."""
    return np.full((height, width, 3), 128, dtype=np.uint8)


def edge_boxes(width: int, height: int) -> dict[str, Boxes]:
    """Returns unusual initial boxes, by description."""
    w, h = width / 5, height / 5
    boxes = {
        "at the left edge": (0, h, w, h),
        "half beyond the top left corner": (-w / 2, -h / 2, w, h),
        "half beyond the bottom right corner": (width - w / 2, height - h / 2, w, h),
        "as large as the image": (0, 0, width, height),
        "of one pixel": (width / 2, height / 2, 1, 1),
        "long and thin": (w, h, 3 * w, 2),
        "between pixels": (w + 0.37, h + 0.61, w + 0.5, h + 0.5),
    }
    return {name: np.array(box, dtype=np.float64) for name, box in boxes.items()}
