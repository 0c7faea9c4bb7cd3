"""Decoding of image files to frames."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from trackers.errors import UserError
from trackers.tracker import Frame

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".tif", ".tiff", ".webp"})
FORMATS = ("JPEG", "PNG", "BMP", "PPM", "TIFF", "WEBP", "GIF")
"""Formats that are decoded, whatever a file's name. Pillow knows more, and runs programs for some (EPS)."""
_ORIENTATION = 0x0112  # the EXIF tag; 1: as stored
_UPRIGHT = 1

# By default, Pillow only warns up to twice its size limit. `warnings.catch_warnings` is not thread-safe, and
# frames are decoded in threads, so the filter is global.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def is_image(path: Path) -> bool:
    """Returns whether a path ends in one of `IMAGE_SUFFIXES`, in any case."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def in_number_order(path: Path) -> tuple[list[int], str]:
    """Returns a sort key that puts 9.jpg before 10.jpg."""
    return [int(number) for number in re.findall(r"[0-9]+", path.stem)], path.stem


def load_image(path: Path) -> Frame:
    """Decodes an image as `read_image` does.

    Raises:
        UserError: the file is missing, damaged, not an image, or too large; the message names it.
    """
    try:
        if not (path.is_file() or path.is_dir()) and path.exists():
            raise UserError(f"{path}: it is a pipe or a device, not a file")
        return read_image(path)
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError(f"{path} is missing") from None
    except UnidentifiedImageError:
        raise UserError(f"{path} is not an image ({path.stat().st_size} bytes)") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UserError(f"{path} is too large to be a frame: {error}") from None
    except OSError as error:
        raise UserError(f"{path} is damaged: {error.strerror or error}") from None
    except Exception as error:  # Pillow raises almost anything on a damaged file
        raise UserError(f"{path} is damaged: {error}") from None


def open_image(source: Path | str | IO[bytes]) -> Image.Image:
    """Opens an image of one of `FORMATS` as `PIL.Image.open` does, without decoding its pixels."""
    return Image.open(source, formats=FORMATS)


def read_image(source: Path | str | IO[bytes]) -> Frame:
    """Decodes an image with Pillow, which detects truncated files.

    Gray, palette, CMYK and transparent images become RGB; transparency is dropped, and 16-bit images are
    reduced to their upper 8 bits. Pixels are taken as stored: an EXIF rotation is not applied, because ground
    truth is annotated on the stored image.

    Returns:
        RGB, uint8, shape (H, W, 3).

    Raises:
        FileNotFoundError: the file does not exist.
        PIL.UnidentifiedImageError: the file is not an image.
        PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning: it has more pixels than
            `PIL.Image.MAX_IMAGE_PIXELS`, 89 million.
        Exception: the image is damaged, or its range of values is unknown; Pillow raises many types.
    """
    with open_image(source) as image:
        # Pillow scales PPM files of more than 8 bits to 16 bits, and stores them in 32.
        if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
            gray = (np.asarray(image) >> 8).astype(np.uint8)
            return np.repeat(gray[:, :, None], 3, axis=2)
        if image.mode in ("I", "F"):
            raise ValueError("its values have 32 bits, of unknown range; save it with 8 or 16")
        # Pillow would warn that transparency is lost.
        image.info.pop("transparency", None)
        return np.array(image.convert("RGB"))


def stored_upright(path: Path) -> bool:
    """Returns whether the image has no EXIF rotation, which programs such as OpenCV would apply.

    Reads only the header; returns False if it cannot be read.
    """
    try:
        with open_image(path) as image:
            return bool(image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT)
    except Exception:  # as for `read_image`
        return False
