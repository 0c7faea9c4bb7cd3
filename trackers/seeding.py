"""The generators that trackers draw from."""

from __future__ import annotations

import random
import sys

import numpy as np


def seed_generators(number: int) -> None:
    """Sets Python's and numpy's global generators and, if somebody has imported them, torch's and OpenCV's.

    OpenCV has one for each thread: that of the calling thread is set.

    Args:
        number: 0 to 2**32 - 1.
    """
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - trackers that use numpy's global generator are meant
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(number)
    cv2 = sys.modules.get("cv2")
    if cv2 is not None:
        cv2.setRNGSeed(number - 2**31)
