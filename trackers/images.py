"""Image files as frames."""

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
"""What is decoded, whatever a file is called. Pillow knows more, and starts a program for some (EPS)."""
_ORIENTATION = 0x0112  # the EXIF tag; 1: as stored
_UPRIGHT = 1

# Pillow itself refuses images of twice this size only. (As an error it can be caught frame by frame;
# `warnings.catch_warnings` is not for threads, which decode.)
warnings.simplefilter("error", Image.DecompressionBombWarning)


def is_image(path: Path) -> bool:
    """Returns whether a path ends in one of `IMAGE_SUFFIXES`, in any case."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def in_number_order(path: Path) -> tuple[list[int], str]:
    """A key that sorts 9.jpg before 10.jpg."""
    return [int(number) for number in re.findall(r"[0-9]+", path.stem)], path.stem


def load_image(path: Path) -> Frame:
    """Decodes an image as `read_image` does.

    Raises:
        UserError: it is missing, no image, damaged, or none that can be a frame; the message says which file.
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
    """Opens an image of one of `FORMATS`, as `PIL.Image.open` does; pixels are decoded when asked for."""
    return Image.open(source, formats=FORMATS)


def read_image(source: Path | str | IO[bytes]) -> Frame:
    """Decodes an image by Pillow, which tells a truncated file from a whole one.

    Grey, palette, CMYK and transparent images become RGB, what is transparent in the colour that it hides; of
    16-bit images the upper 8 bits are used. Pixels are taken as stored: an EXIF rotation is not applied,
    since ground truth is drawn on the stored image.

    Returns:
        RGB, uint8, shape (H, W, 3).

    Raises:
        FileNotFoundError: there is no such file.
        PIL.UnidentifiedImageError: it is no image.
        PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning: it has more pixels than
            `PIL.Image.MAX_IMAGE_PIXELS`, 89 million.
        Exception: it is damaged, or has values whose range is not known; Pillow has many for that.
    """
    with open_image(source) as image:
        # Pillow scales PPM files of more than 8 bits to 16, and keeps them in 32.
        if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
            grey = (np.asarray(image) >> 8).astype(np.uint8)
            return np.repeat(grey[:, :, None], 3, axis=2)
        if image.mode in ("I", "F"):
            raise ValueError("its values have 32 bits, of unknown range; save it with 8 or 16")
        # Of partly transparent colours Pillow warns that their transparency is lost.
        image.info.pop("transparency", None)
        return np.array(image.convert("RGB"))


def stored_upright(path: Path) -> bool:
    """Whether programs that turn an image as its EXIF data say, as OpenCV does, leave this one as it is.

    Looks at the file's header alone; False as well where that cannot be read.
    """
    try:
        with open_image(path) as image:
            return bool(image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT)
    except Exception:  # as for `read_image`
        return False
