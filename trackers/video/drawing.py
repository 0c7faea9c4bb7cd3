"""Drawing of boxes and text that are crisp at any size and legible on any background.

Images are RGB, uint8, shape (H, W, 3), and are modified in place. Colors are red, green, blue, 0 to 255.
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
from trackers.video.palette import PALETTE

Color: TypeAlias = tuple[int, int, int]

TRUTH_COLOR: Color = (255, 255, 255)
"""Color of ground truth: white, which no tracker has."""
BLACK: Color = (0, 0, 0)

_FRACTION_BITS = 4
_MAX_DRAWN = 1 << 14
"""Coordinates are clipped to this many pixels, well within the range of OpenCV's fixed-point numbers."""


def rgb(code: str) -> Color:
    """Parses a color such as `"#0072B2"`."""
    red, green, blue = bytes.fromhex(code.removeprefix("#"))
    return red, green, blue


TRACKER_COLOR = rgb(PALETTE[1])
"""Color of a single tracker: vermilion."""


@np.errstate(over="ignore")  # infinity is clipped like any large number
def draw_region(image: Frame, region: Boxes, color: Color, width: int = 2) -> None:
    """Draws a region's outline, accurate to 1/16 pixel, with an edge of contrasting lightness.

    Args:
        image: the image to draw on.
        region: a box x, y, w, h, shape (4,), or a polygon x1, y1 to xn, yn, shape (2 n,), n at least 3; in
            pixels, 0-based and continuous. Nothing is drawn if a number is not finite or a box is empty.
        color: color of the line.
        width: width of the line in pixels, without its antialiased edge; it is centered on the border.
    """
    if not _drawable(region):
        return
    corners = box_corners(region).reshape(-1, 2)
    # In OpenCV, (0, 0) is the center of the first pixel, not its corner.
    points = np.clip(corners - 0.5, -_MAX_DRAWN, _MAX_DRAWN)
    fixed = [np.rint(points * (1 << _FRACTION_BITS)).astype(np.int32)]
    edge = BLACK if sum(color) > 150 else TRUTH_COLOR
    cv2.polylines(image, fixed, True, edge, width + 2, cv2.LINE_AA, _FRACTION_BITS)
    cv2.polylines(image, fixed, True, color, width, cv2.LINE_AA, _FRACTION_BITS)


@np.errstate(over="ignore")  # as above
def draw_pixels(image: Frame, box: Boxes, color: Color) -> None:
    """Draws the outline of a box, shape (4,), in whole pixels, for small images."""
    if _drawable(box):
        corners = np.concatenate([box[:2], box[:2] + np.maximum(box[2:], 1) - 0.5])
        left, top, right, bottom = np.clip(np.floor(corners), -_MAX_DRAWN, _MAX_DRAWN).astype(int).tolist()
        cv2.rectangle(image, (left, top), (right, bottom), color, 1)


def _drawable(region: Boxes) -> bool:
    return bool(np.isfinite(region).all() and (len(region) != 4 or (region[2:] > 0).all()))


def line_width(image: Frame) -> int:
    """Returns a line width in pixels for an image: 2, and more above 600 rows."""
    rows: int = image.shape[0]
    return max(2, round(rows / 300))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The font of our figures, which comes with matplotlib; found without importing matplotlib.
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return ImageFont.truetype(
        str(Path(spec.origin).with_name("mpl-data") / "fonts" / "ttf" / "DejaVuSans.ttf"), size
    )


@lru_cache(maxsize=512)
def text_image(text: str, size: int, color: Color, ground: Color) -> Frame:
    """Renders a line of text as a read-only image.

    Args:
        text: any text; unprintable characters, such as line breaks, become spaces.
        size: size of the font in pixels.
        color: color of the text.
        ground: color of the background.

    Returns:
        Shape (height, width, 3); the height depends only on `size`.
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
    """Copies `patch` into `image` with its top left corner at x, y, clipped to `image`."""
    height, width = image.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + patch.shape[1], width), min(y + patch.shape[0], height)
    if left < right and top < bottom:
        image[top:bottom, left:right] = patch[top - y : bottom - y, left - x : right - x]


def draw_text(
    image: Frame, text: str, x: int, y: int, size: int, color: Color = TRUTH_COLOR, ground: Color = BLACK
) -> int:
    """Draws a line of text with its top left corner at x, y; returns its width in pixels."""
    drawn = text_image(text, size, color, ground)
    paste(image, drawn, x, y)
    width: int = drawn.shape[1]
    return width


def resized(image: Frame, width: int, height: int) -> Frame:
    """Returns a copy of `image` at another size; areas are averaged when it shrinks."""
    if image.shape[:2] == (height, width):
        return image.copy()
    shrinks = width < image.shape[1]
    result: Frame = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return result
