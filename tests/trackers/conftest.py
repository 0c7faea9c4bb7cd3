"""Fixtures: fake GPUs, and weights of GradNet's released network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from fake_cuda import cuda
from numpy.typing import NDArray

__all__ = ["cuda"]

KERNELS = (11, 5, 3, 3, 3)
GROUPS = (1, 2, 1, 2, 2)


@pytest.fixture
def released() -> Callable[[tuple[int, ...]], dict[str, NDArray[np.float32]]]:
    """Returns a function that draws variables of GradNet's released network, by name, at given widths."""
    return _released


def _released(widths: tuple[int, ...]) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    variables: dict[str, NDArray[np.float64]] = {}

    def layer(scope: str, kernel: int, inputs: int, outputs: int, norm: bool) -> None:
        scale = 0.5 / np.sqrt(kernel * kernel * inputs)
        if kernel == 11:
            scale /= 100  # pixels
        if scope == "t_scala5_zz":
            scale /= 30  # so that tanh does not saturate
        variables[f"siamese/{scope}/conv/weights"] = rng.normal(0, scale, (kernel, kernel, inputs, outputs))
        variables[f"siamese/{scope}/conv/biases"] = rng.normal(0, 0.1, outputs)
        if norm:
            # Variances as small as 1e-3, so that epsilon matters.
            variables[f"siamese/{scope}/bn/moving_variance"] = rng.uniform(1e-3, 0.1, outputs)
            variables[f"siamese/{scope}/bn/moving_mean"] = rng.normal(0, 0.1, outputs)
            variables[f"siamese/{scope}/bn/gamma"] = rng.uniform(0.5, 2, outputs)
            variables[f"siamese/{scope}/bn/beta"] = rng.normal(0, 0.3, outputs)

    for suffix in ("", "_z"):
        for index, (kernel, groups) in enumerate(zip(KERNELS, GROUPS, strict=True)):
            inputs = (3, *widths)[index] // groups
            layer(f"scala{index + 1}{suffix}", kernel, inputs, widths[index], index < 4)
    layer("t_scala5_zz", 3, widths[1], widths[1], True)
    return {name: value.astype(np.float32) for name, value in variables.items()}
