"""`--live`: the current frame of a run in the terminal, and a strip of thumbnails for each sequence."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from benchmarks.datasets import Sequence
from benchmarks.geometry.missing_boxes import usable_box_mask
from benchmarks.geometry.overlap import iou
from trackers.atomic import write_atomic
from trackers.tracker import Boxes, Frame
from trackers.video.drawing import TRACKER_COLOR, TRUTH_COLOR, draw_pixels, draw_region, draw_text, resized

MOMENTS = 8
"""Thumbnails in a strip, evenly spaced from the first frame to the last."""

_THUMBNAIL_HEIGHT = 120
_MAX_COLUMNS = 64
_RESERVED_LINES = 4
"""Lines of the terminal left for the bar and for messages above the picture."""


class LiveView:
    """Receives every box; draws the last one when it is rendered, which happens less often.

    A rich renderable: a line of text above the picture, two pixels per character.

    Args:
        folder: receives `<sequence>.strip.jpg`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: tuple[Frame, Boxes, Boxes] | None = None
        self._begin("")

    def show(self, sequence: Sequence, number: int, frame: Frame, box: Boxes) -> None:
        """Shows the tracker's `box`, shape (4,), in frame `number` (0-based) of the current sequence."""
        if sequence.name != self._name:
            self._begin(sequence.name)
        truth = sequence.truth[number]
        if usable_box_mask(truth):
            self._overlap += float(iou(box, truth))
            self._overlaps += 1
        frames = len(sequence.truth)
        self._line = f"{sequence.name}  frame {number + 1}/{frames}{self._score()}"
        self._last = frame, box, truth
        if number in _moments(frames):
            thumbnail = _thumbnail(frame, box, truth)
            draw_text(thumbnail, f" {number + 1} ", 0, 0, 11)
            self._moments[number] = thumbnail

    def end(self, name: str) -> None:
        """Ends the sequence `name`: writes its strip, if any of its frames were shown."""
        if name != self._name or not self._moments:
            return
        strip = np.hstack([self._moments[number] for number in sorted(self._moments)])
        content = io.BytesIO()
        Image.fromarray(strip).save(content, "JPEG", quality=85, subsampling=0)
        write_atomic(self._folder / f"{name}.strip.jpg", content.getvalue())
        self._begin("")

    def _begin(self, name: str) -> None:
        self._name = name
        self._moments: dict[int, Frame] = {}
        self._overlap, self._overlaps = 0.0, 0
        self._line = ""
        self._last = None

    def _score(self) -> str:
        return f"  mean overlap {self._overlap / self._overlaps:.3f}" if self._overlaps else ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # A thread of rich renders this while the run goes on, so read the frame only once.
        last, line = self._last, self._line
        if last is None:
            return
        frame, box, truth = last
        height, width = frame.shape[:2]
        rows = 2 * max(1, min(console.height - _RESERVED_LINES, _MAX_COLUMNS // 2))
        columns = max(1, min(options.max_width, _MAX_COLUMNS, round(rows * width / height)))
        rows = max(2, 2 * round(columns * height / width / 2))
        yield Segment("".join(c if c.isprintable() else " " for c in line)[: options.max_width])
        yield Segment.line()
        yield from half_blocks(_pixelated(frame, box, truth, columns, rows))


def _moments(frames: int) -> set[int]:
    return {round(number) for number in np.linspace(0, frames - 1, MOMENTS).tolist()}


def _thumbnail(frame: Frame, box: Boxes, truth: Boxes) -> Frame:
    """Returns a frame of a strip, with the ground truth in white and the tracker's box on top."""
    scale = _THUMBNAIL_HEIGHT / frame.shape[0]
    image = resized(frame, max(1, round(scale * frame.shape[1])), _THUMBNAIL_HEIGHT)
    draw_region(image, truth * scale, TRUTH_COLOR)
    draw_region(image, box * scale, TRACKER_COLOR)
    return image


def _pixelated(frame: Frame, box: Boxes, truth: Boxes, width: int, height: int) -> Frame:
    """Returns a frame of few pixels, with boxes of whole pixels."""
    image = resized(frame, width, height)
    scale = np.tile([width / frame.shape[1], height / frame.shape[0]], 2)
    for region, color in ((truth * scale, TRUTH_COLOR), (box * scale, TRACKER_COLOR)):
        draw_pixels(image, region, color)
    return image


def half_blocks(image: Frame) -> Iterator[Segment]:
    """Draws an image in characters, each an upper and a lower pixel.

    Args:
        image: RGB, uint8, shape (H, W, 3), H even. Each color's 256 levels are reduced to 32.

    Yields:
        H / 2 lines of W characters.
    """
    levels = (image & 0xF8).tolist()
    for upper, lower in zip(levels[::2], levels[1::2], strict=True):
        for above, below in zip(upper, lower, strict=True):
            yield Segment("▀", _style(tuple(above), tuple(below)))
        yield Segment.line()


@lru_cache(maxsize=1 << 14)
def _style(above: tuple[int, int, int], below: tuple[int, int, int]) -> Style:
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
