"""Boxes and words on images, crisp at any size and legible on any ground.

Images are RGB, uint8, shape (H, W, 3), and are drawn on in place. Colours are red, green, blue, 0 to 255.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from trackers.regions import box_corners
from trackers.tracker import Boxes, Frame

Color: TypeAlias = tuple[int, int, int]

TRUTH_COLOR: Color = (255, 255, 255)
"""The ground truth's: white, which no tracker has."""
TRACKER_COLOR: Color = (0xD5, 0x5E, 0x00)
"""A tracker's that is alone: Okabe and Ito's vermilion, as in `reports.style`."""
BLACK: Color = (0, 0, 0)

_FRACTION_BITS = 4
_FARTHEST = 1 << 14
"""Pixels: where a line beyond the image is cut, well within what OpenCV's fixed-point numbers hold."""


def rgb(code: str) -> Color:
    """`"#0072B2"` as red, green, blue."""
    red, green, blue = bytes.fromhex(code.removeprefix("#"))
    return red, green, blue


@np.errstate(over="ignore")  # infinity is as far as the farthest that is drawn
def draw_region(image: Frame, region: Boxes, color: Color, width: int = 2) -> None:
    """Draws a region's outline at a sixteenth of a pixel, with edges of the opposite lightness.

    Args:
        image: is drawn on.
        region: a box x, y, w, h, shape (4,), or a polygon x1, y1 to xn, yn, shape (2 n,), n at least 3; in
            pixels, 0-based and continuous. Nothing is drawn where a number is not finite or a box is empty.
        color: of the line.
        width: of the line, in pixels, beside its soft sides; its middle lies on the region's border.
    """
    if not _drawable(region):
        return
    corners = box_corners(region).reshape(-1, 2)
    # OpenCV has the first pixel's centre, not its corner, at 0, 0.
    points = np.clip(corners - 0.5, -_FARTHEST, _FARTHEST)
    fixed = [np.rint(points * (1 << _FRACTION_BITS)).astype(np.int32)]
    edge = BLACK if sum(color) > 150 else TRUTH_COLOR
    cv2.polylines(image, fixed, True, edge, width + 2, cv2.LINE_AA, _FRACTION_BITS)
    cv2.polylines(image, fixed, True, color, width, cv2.LINE_AA, _FRACTION_BITS)


@np.errstate(over="ignore")  # as above
def draw_pixels(image: Frame, box: Boxes, color: Color) -> None:
    """Draws the outline of a box, shape (4,), in whole pixels: for pictures that have few."""
    if _drawable(box):
        corners = np.concatenate([box[:2], box[:2] + np.maximum(box[2:], 1) - 0.5])
        left, top, right, bottom = np.clip(np.floor(corners), -_FARTHEST, _FARTHEST).astype(int).tolist()
        cv2.rectangle(image, (left, top), (right, bottom), color, 1)


def _drawable(region: Boxes) -> bool:
    return bool(np.isfinite(region).all() and (len(region) != 4 or (region[2:] > 0).all()))


def line_width(image: Frame) -> int:
    """A width in pixels that suits an image: 2, and more where it has more than 600 rows."""
    rows: int = image.shape[0]
    return max(2, round(rows / 300))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The font of the figures; it comes with matplotlib, which need not be imported to find it.
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return ImageFont.truetype(
        str(Path(spec.origin).with_name("mpl-data") / "fonts" / "ttf" / "DejaVuSans.ttf"), size
    )


@lru_cache(maxsize=512)
def text_image(text: str, size: int, color: Color, ground: Color) -> Frame:
    """A line of text as an image, as wide as it has to be; not to be written to.

    Args:
        text: any characters; line breaks and others without a shape of their own become spaces.
        size: the font's, in pixels.
        color: of the letters.
        ground: of what is behind them.

    Returns:
        Shape (height, width, 3); the height depends on `size` alone.
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    font = _font(size)
    ascent, descent = font.getmetrics()
    shape = (max(1, int(np.ceil(font.getlength(plain)))), ascent + descent)
    image = Image.new("RGB", shape, ground)
    ImageDraw.Draw(image).text((0, 0), plain, font=font, fill=color)
    drawn = np.asarray(image)
    drawn.setflags(write=False)
    return drawn


def paste(image: Frame, patch: Frame, x: int, y: int) -> None:
    """Puts `patch` with its top left corner at x, y into `image`; what sticks out is left out."""
    height, width = image.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + patch.shape[1], width), min(y + patch.shape[0], height)
    if left < right and top < bottom:
        image[top:bottom, left:right] = patch[top - y : bottom - y, left - x : right - x]


def draw_text(
    image: Frame, text: str, x: int, y: int, size: int, color: Color = TRUTH_COLOR, ground: Color = BLACK
) -> int:
    """Writes a line with its top left corner at x, y; returns its width in pixels."""
    drawn = text_image(text, size, color, ground)
    paste(image, drawn, x, y)
    width: int = drawn.shape[1]
    return width


def resized(image: Frame, width: int, height: int) -> Frame:
    """`image` at another size; areas are averaged where it becomes smaller."""
    if image.shape[:2] == (height, width):
        return image.copy()
    shrinks = width < image.shape[1]
    made: Frame = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return made
