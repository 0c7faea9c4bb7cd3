"""Image files as frames."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from trackers.errors import UserError
from trackers.tracker import Frame

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".tif", ".tiff", ".webp"})


def in_number_order(path: Path) -> tuple[list[int], str]:
    """A key that sorts 9.jpg before 10.jpg."""
    return [int(number) for number in re.findall(r"[0-9]+", path.stem)], path.stem


def load_image(path: Path) -> Frame:
    """Decodes an image as `read_image` does.

    Raises:
        UserError: it is missing, no image, or damaged; the message says which file.
    """
    try:
        return read_image(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing") from None
    except UnidentifiedImageError:
        raise UserError(f"{path} is not an image ({path.stat().st_size} bytes)") from None
    except (OSError, SyntaxError, ValueError) as error:  # what Pillow raises for damaged files
        raise UserError(f"{path} is damaged: {error}") from None


def read_image(path: Path | str) -> Frame:
    """Decodes an image by Pillow, which tells a truncated file from a whole one.

    Grey, palette, CMYK and transparent images become RGB; of 16-bit images the upper 8 bits are used. Pixels
    are taken as stored: an EXIF rotation is not applied, since ground truth is drawn on the stored image.

    Returns:
        RGB, uint8, shape (H, W, 3).

    Raises:
        FileNotFoundError: there is no such file.
        PIL.UnidentifiedImageError: it is no image.
        OSError, SyntaxError, ValueError: it is damaged.
    """
    with Image.open(path) as image:
        if image.mode.startswith("I;16"):
            grey = (np.asarray(image) >> 8).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        return np.array(image.convert("RGB"))
