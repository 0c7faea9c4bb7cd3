"""Stride-1 convolutions with fewer multiplications, for networks that run on a CPU.

A CPU spends nearly all of a Siamese tracker's time in convolutions and runs them close to its peak, so
only an algorithm with fewer multiplications is faster. Winograd's minimal filtering computes m outputs of an
r-tap filter with m + r - 1 multiplications where the definition takes m r:

    y = A [(G w) * (B d)]      d: m + r - 1 inputs,  w: r weights,  y: m outputs

`RowWinograd` applies it along the rows of the image, where a weight is a row of weights and * an ordinary
convolution along columns: one grouped convolution with kernels one row high, one group per transformed row.
`TileWinograd` applies it along both, to tiles of m x m outputs; * is then a matrix product over channels. It
multiplies least but moves more memory: good for small images with many channels.

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
    """Returns the matrices of the minimal filtering algorithm F(outputs, taps).

    Toom and Cook multiply two polynomials by evaluating both at n points, multiplying the values and
    interpolating; a filter is the transpose of that multiplication.

    Args:
        outputs: m, the number of outputs computed at once.
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
    """Computes what an unpadded, stride-1 `Conv2d` does, up to rounding, for inference.

    Args:
        convolution: its weights, bias and groups are copied.
        outputs: m, the rows computed at once: more save multiplications and cost accuracy and memory.
    """

    rows_out: Tensor  # A
    rows_in: Tensor  # B
    weight: Tensor  # G w
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d, outputs: int = 4) -> None:
        super().__init__()
        weight = _rewritable(convolution)
        _, inputs, taps, width = weight.shape
        a, g, b = (torch.from_numpy(matrix) for matrix in filter_matrices(outputs, taps))
        transformed = torch.einsum("nr,oirc->noic", g, weight.double()).reshape(-1, inputs, 1, width)
        self.taps = taps
        self.outputs = outputs
        self.groups = convolution.groups
        self.register_buffer("rows_out", a.to(weight))
        self.register_buffer("rows_in", b.to(weight))
        self.register_buffer("weight", transformed.to(weight).contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", _bias(convolution))

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, channels, h, w) to (n, outputs, h - taps + 1, w - taps + 1), both channels-last."""
        n, _, height, _ = x.shape
        rows = height - self.taps + 1
        tiles = -(-rows // self.outputs)
        missing = tiles * self.outputs + self.taps - 1 - height
        if missing:
            x = F.pad(x, (0, 0, 0, missing))
        # Release large tensors as soon as possible: memory that the allocator keeps causes no page faults
        # when it is reused.
        filtered = self._filtered(self._mixed(x))
        filtered = filtered.view(n, tiles, -1, self.outputs, len(self.bias)).transpose(2, 3)
        return (filtered.flatten(1, 2)[:, :rows] + self.bias).permute(0, 3, 1, 2)

    def _mixed(self, x: Tensor) -> Tensor:
        """Computes B d: (n, channels, h, w) to (n * tiles, size * channels, 1, w).

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


class TileWinograd(nn.Module):
    """Computes what an unpadded, stride-1 `Conv2d` with a square kernel does, up to rounding.

    Args:
        convolution: its weights, bias and groups are copied.
        outputs: m, the side of the tiles computed at once.
    """

    tile_out: Tensor  # A for both directions
    tile_in: Tensor  # B
    weight: Tensor  # G w
    bias: Tensor

    def __init__(self, convolution: nn.Conv2d, outputs: int = 4) -> None:
        super().__init__()
        weight = _rewritable(convolution)
        channels, inputs, taps, _ = weight.shape
        a, g, b = (torch.from_numpy(matrix) for matrix in filter_matrices(outputs, taps))
        self.taps = taps
        self.outputs = outputs
        self.groups = convolution.groups
        self.size = outputs + taps - 1
        grouped = weight.double().view(self.groups, -1, inputs, taps, taps)
        transformed = torch.einsum("ur,vc,goirc->uvgio", g, g, grouped)
        self.register_buffer("tile_out", torch.kron(a, a).to(weight))
        self.register_buffer("tile_in", torch.kron(b, b).to(weight))
        matrices = transformed.reshape(-1, inputs, channels // self.groups)
        self.register_buffer("weight", matrices.to(weight).contiguous())
        self.register_buffer("bias", _bias(convolution))

    def forward(self, x: Tensor) -> Tensor:
        """Maps (n, channels, h, w) to (n, outputs, h - taps + 1, w - taps + 1), both channels-last."""
        n, channels, height, width = x.shape
        rows, columns = height - self.taps + 1, width - self.taps + 1
        down, across = -(-rows // self.outputs), -(-columns // self.outputs)
        missing = [tiles * self.outputs + self.taps - 1 for tiles in (across, down)]
        x = F.pad(x, (0, missing[0] - width, 0, missing[1] - height)).permute(0, 2, 3, 1)
        tiles = x.unfold(1, self.size, self.outputs).unfold(2, self.size, self.outputs)
        count = n * down * across
        # One position in the tiles per row: (size * size, tiles * channels).
        mixed = self.tile_in @ tiles.permute(4, 5, 0, 1, 2, 3).reshape(self.size**2, -1)
        mixed = mixed.view(self.size**2, count, self.groups, -1).transpose(1, 2)
        products = torch.bmm(mixed.reshape(-1, count, channels // self.groups), self.weight)
        products = products.view(self.size**2, self.groups, count, -1).transpose(1, 2)
        y = self.tile_out @ products.reshape(self.size**2, -1)
        y = y.view(self.outputs, self.outputs, n, down, across, -1).permute(2, 3, 0, 4, 1, 5)
        y = y.reshape(n, down * self.outputs, across * self.outputs, -1)[:, :rows, :columns]
        return (y + self.bias).permute(0, 3, 1, 2)


def _rewritable(convolution: nn.Conv2d) -> Tensor:
    """Returns the weights of a convolution, after checking that Winograd's algorithm applies."""
    if convolution.stride != (1, 1) or convolution.padding != (0, 0) or convolution.dilation != (1, 1):
        raise ValueError("only convolutions of stride 1 without padding and dilation can be rewritten")
    return convolution.weight.detach()


def _bias(convolution: nn.Conv2d) -> Tensor:
    if convolution.bias is None:
        return torch.zeros_like(convolution.weight.detach()[:, 0, 0, 0])
    return convolution.bias.detach().clone()
