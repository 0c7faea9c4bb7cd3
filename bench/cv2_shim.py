"""Replaces the functions of cv2 that siamfc-pytorch calls, with Pillow, on machines without cv2.

They are slower than OpenCV's, and their bicubic kernel differs (a = -0.5 instead of -0.75). That is good
enough to measure the reference on a GPU, if the results name it.
"""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
from PIL import Image

BORDER_CONSTANT, INTER_NEAREST, INTER_LINEAR, INTER_CUBIC, INTER_AREA, INTER_LANCZOS4 = 0, 0, 1, 2, 3, 4
COLOR_BGR2RGB = COLOR_RGB2BGR = 4
_FILTERS = {INTER_LINEAR: Image.Resampling.BILINEAR, INTER_CUBIC: Image.Resampling.BICUBIC}


def copyMakeBorder(  # noqa: N802 - cv2's name
    image: Any, top: int, bottom: int, left: int, right: int, kind: int, value: Any = 0
) -> Any:
    """Pads an image (h, w, 3) with one color."""
    if kind != BORDER_CONSTANT:
        raise NotImplementedError("only borders of constant color are supported")
    height, width = image.shape[:2]
    padded = np.empty((height + top + bottom, width + left + right, 3), image.dtype)
    padded[:] = np.asarray(value).round().astype(image.dtype)
    padded[top : top + height, left : left + width] = image
    return padded


def resize(image: Any, size: tuple[int, int], interpolation: int = INTER_LINEAR) -> Any:
    """Resizes an image (h, w, 3) of uint8, or a map (h, w) of float32, to `size`, width and height."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize(size, _FILTERS[interpolation]))


def install() -> bool:
    """Installs this module as cv2 if cv2 is missing; returns whether it did."""
    try:
        import cv2  # noqa: F401
    except ImportError:
        module = types.ModuleType("cv2")
        vars(module).update({name: value for name, value in globals().items() if not name.startswith("_")})
        module.setNumThreads = lambda count: None  # type: ignore[attr-defined]  # noqa: ARG005
        sys.modules["cv2"] = module
        return True
    return False
