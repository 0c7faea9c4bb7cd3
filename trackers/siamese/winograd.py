"""Stride-1 convolutions with fewer multiplications, for networks that run on a CPU.

A CPU spends nearly all of a Siamese tracker's time in convolutions and runs them close to its peak, so
only an algorithm that multiplies less is faster. Winograd's minimal filtering computes m outputs of an
r-tap filter with m + r - 1 multiplications where the definition takes m r. Here it is applied along the
rows of the image; along the columns an ordinary convolution does the work:

    y = A [(G w) * (B d)]      d: m + r - 1 rows of input,  w: r rows of weights,  y: m rows of output

where * is one grouped convolution with kernels one row high, one group per transformed row.

Sources: S. Winograd, Arithmetic Complexity of Computations, 1980; A. Lavin and S. Gray, Fast Algorithms
for Convolutional Neural Networks, CVPR 2016.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

# Points of small magnitude keep the rounding errors of float32 small.
POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)


def filter_matrices(
    outputs: int, taps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Matrices of the minimal filtering algorithm F(outputs, taps).

    Toom and Cook multiply two polynomials by evaluating both at n points, multiplying the values and
    interpolating; a filter is the transpose of that multiplication.

    Args:
        outputs: m, how many outputs are computed at once.
        taps: r, the length of the filter; m + r - 2 must not exceed the number of `POINTS`.

    Returns:
        A (m, n), G (n, r) and B (n, n) with n = m + r - 1, such that for a filter w and inputs d
        `A @ ((G @ w) * (B @ d))` is the valid cross-correlation of d with w.
    """
    size = outputs + taps - 1

    def values(coefficients: int) -> NDArray[np.float64]:
        finite = np.vander(POINTS[: size - 1], coefficients, increasing=True)
        at_infinity = np.eye(coefficients)[-1:]
        return np.concatenate([finite, at_infinity])

    interpolation = np.asarray(np.linalg.inv(values(size)), dtype=np.float64)
    return values(outputs).T, values(taps), interpolation.T


class RowWinograd(nn.Module):
    """The same function as an unpadded, stride-1 `Conv2d`, up to rounding, for inference.

    Args:
        convolution: gives weights, bias and groups; its parameters are copied.
        outputs: m, the rows computed at once: more save multiplications and cost accuracy and memory.
    """

    rows_out: Tensor  # A
    rows_in: Tensor  # B
    weight: Tensor  # G w
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d, outputs: int = 4) -> None:
        super().__init__()
        if convolution.stride != (1, 1) or convolution.padding != (0, 0) or convolution.dilation != (1, 1):
            raise ValueError("only convolutions of stride 1 without padding and dilation can be rewritten")
        weight = convolution.weight.detach()
        _, inputs, taps, width = weight.shape
        a, g, b = (torch.from_numpy(matrix) for matrix in filter_matrices(outputs, taps))
        transformed = torch.einsum("nr,oirc->noic", g, weight.double()).reshape(-1, inputs, 1, width)
        self.taps = taps
        self.outputs = outputs
        self.groups = convolution.groups
        self.register_buffer("rows_out", a.to(weight))
        self.register_buffer("rows_in", b.to(weight))
        self.register_buffer("weight", transformed.to(weight).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", torch.zeros_like(weight[:, 0, 0, 0]))
        if convolution.bias is not None:
            self.bias.copy_(convolution.bias.detach())

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, channels, h, w) to (n, outputs, h - taps + 1, w - taps + 1), both channels-last."""
        n, _, height, _ = x.shape
        rows = height - self.taps + 1
        tiles = -(-rows // self.outputs)
        missing = tiles * self.outputs + self.taps - 1 - height
        if missing:
            x = F.pad(x, (0, 0, 0, missing))
        # Large tensors are let go as soon as possible: memory that the allocator need not return to the
        # system costs no page faults when it is used again.
        filtered = self._filtered(self._mixed(x))
        filtered = filtered.view(n, tiles, -1, self.outputs, len(self.bias)).transpose(2, 3)
        return (filtered.flatten(1, 2)[:, :rows] + self.bias).permute(0, 3, 1, 2)

    def _mixed(self, x: Tensor) -> Tensor:
        """B d: (n, channels, h, w) to (n * tiles, size * channels, 1, w).

        Transformed rows become groups of channels, so that one grouped convolution serves them all.
        """
        _, channels, _, width = x.shape
        size = self.outputs + self.taps - 1
        tiled = x.permute(0, 2, 3, 1).unfold(1, size, self.outputs).transpose(3, 4)
        mixed = self.rows_in @ tiled.reshape(-1, size, channels)
        return mixed.view(-1, 1, width, size * channels).permute(0, 3, 1, 2)

    def _filtered(self, mixed: Tensor) -> Tensor:
        """A [(G w) * ...]: (n * tiles, size * channels, 1, w) to (n * tiles * columns, m, outputs)."""
        size = self.outputs + self.taps - 1
        products = F.conv2d(mixed, self.weight, groups=size * self.groups)
        return self.rows_out @ products.permute(0, 2, 3, 1).reshape(-1, size, len(self.bias))
