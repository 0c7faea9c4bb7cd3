"""Image files as frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from trackers.tracker import Frame


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
