"""Seeding of the global random generators that trackers use."""

from __future__ import annotations

import random
import sys

import numpy as np


def seed_generators(number: int) -> None:
    """Seeds the global generators of Python and numpy, and of torch and OpenCV if they are imported.

    OpenCV has one generator per thread; only that of the calling thread is seeded.

    Args:
        number: 0 to 2**32 - 1.
    """
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - for trackers that use numpy's global generator
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(number)
    cv2 = sys.modules.get("cv2")
    if cv2 is not None:
        cv2.setRNGSeed(number - 2**31)
