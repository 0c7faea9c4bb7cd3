"""The generators that trackers draw from."""

from __future__ import annotations

import random
import sys

import numpy as np


def seed_generators(number: int) -> None:
    """Sets Python's, numpy's and, if somebody has imported it, torch's global generators.

    Args:
        number: 0 to 2**32 - 1.
    """
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - trackers that use numpy's global generator are meant
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(number)
