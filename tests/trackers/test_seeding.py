"""A seed sets all generators that a tracker may use."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
import torch

from trackers.seeding import seed_generators


def draw() -> list[float]:
    matrix = np.zeros(4, dtype=np.float32)
    cv2.randu(matrix, 0, 1)
    return [random.random(), np.random.random(), torch.rand(()).item(), *matrix.ravel().tolist()]  # noqa: NPY002


@pytest.mark.parametrize("number", [0, 1, 2**31, 2**32 - 1])
def test_same_seed_gives_same_draws(number):
    seed_generators(number)
    first = draw()
    assert all(one != other for one, other in zip(first, draw(), strict=True))
    seed_generators(number)
    assert draw() == first
    seed_generators(number ^ 5)
    assert all(one != other for one, other in zip(first, draw(), strict=True))
