"""The embedding network of all Siamese trackers: an AlexNet without padding, total stride 8.

It maps an RGB crop (float32, 0..255) to a feature map:

    pixels    conv1   pool    conv2   pool    conv3   conv4   conv5
    127       59      29      25      12      10      8       6
    255       123     61      57      28      26      24      22

Source: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, 2016. Layers are named
as in siamfc-pytorch, so that its weights can be loaded.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trackers.siamese.winograd import RowWinograd, TileWinograd

Network = TypeVar("Network", bound=nn.Module)

FULL_WIDTHS = (96, 256, 384, 384, 256)
STRIDE = 8
TEMPLATE_SIZE = 6
HIDDEN_SIZE = 12
SCORE_SCALE = 1e-3
"""SiamFC's scores are the raw correlation times this."""
EPS = 1e-6
"""Epsilon of batch normalization, as in siamfc-pytorch."""
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5")
KERNELS = (11, 5, 3, 3, 3)
GROUPS = (1, 2, 1, 2, 2)


def scaled_widths(width: float) -> tuple[int, ...]:
    """Returns the five layers' channels at `width` times the full ones, rounded down to even numbers."""
    # A small tolerance, so that 0.29 * 100 counts as 29.
    return tuple(2 * int(width * channels / 2 + 1e-9) for channels in FULL_WIDTHS)


class Embedding(nn.Module):
    """The embedding network.

    Args:
        widths: output channels of conv1 ... conv5.
        eps: batch normalization's epsilon; GradNet's released network has 1e-3.
    """

    def __init__(self, widths: tuple[int, ...] = FULL_WIDTHS, eps: float = EPS) -> None:
        super().__init__()
        self.widths = widths
        convolutions = [
            nn.Conv2d(inputs, outputs, kernel, stride=2 if kernel == 11 else 1, groups=groups)
            for inputs, outputs, kernel, groups in zip((3, *widths), widths, KERNELS, GROUPS, strict=False)
        ]
        norms = [nn.BatchNorm2d(channels, eps=eps, momentum=0.05) for channels in widths[:4]]
        self.conv1 = nn.Sequential(convolutions[0], norms[0], nn.ReLU(inplace=True), nn.MaxPool2d(3, 2))
        self.conv2 = nn.Sequential(convolutions[1], norms[1], nn.ReLU(inplace=True), nn.MaxPool2d(3, 2))
        self.conv3 = nn.Sequential(convolutions[2], norms[2], nn.ReLU(inplace=True))
        self.conv4 = nn.Sequential(convolutions[3], norms[3], nn.ReLU(inplace=True))
        self.conv5 = nn.Sequential(convolutions[4])

    def shallow(self, crops: Tensor) -> Tensor:
        """Applies conv1 and conv2 with their pooling: (n, 3, 127, 127) to (n, widths[1], 12, 12)."""
        hidden: Tensor = self.conv2(self.conv1(crops))
        return hidden

    def deep(self, hidden: Tensor) -> Tensor:
        """Applies conv3 to conv5: (n, widths[1], 12, 12) to (n, widths[4], 6, 6)."""
        features: Tensor = self.conv5(self.conv4(self.conv3(hidden)))
        return features

    def forward(self, crops: Tensor) -> Tensor:
        """Embeds crops: (n, 3, 127, 127) to (n, widths[4], 6, 6); 255 px gives 22 x 22."""
        return self.deep(self.shallow(crops))


def embed_regions(network: Callable[[Tensor], Tensor], regions: Tensor) -> Tensor:
    """Embeds s regions for each of n targets: (n, s, 3, h, w) to (n, s, c, h', w')."""
    features = network(regions.flatten(0, 1))
    return features.view(*regions.shape[:2], *features.shape[1:])


def channels_last(network: Network) -> Network:
    """Moves a network's kernels to the channels-last memory layout, in place; returns the network."""
    # torch's stubs of `Module.to` lack this argument.
    layout: dict[str, Any] = {"memory_format": torch.channels_last}
    return network.to(**layout)


def fold_batch_norm(network: Embedding) -> Embedding:
    """Returns a copy for inference, channels-last, with batch normalization folded into the convolutions.

    With y = gamma (w x + b - mean) / sqrt(var + eps) + beta, the weights become w gamma / sqrt(var + eps)
    and the bias (b - mean) gamma / sqrt(var + eps) + beta. Pooling moves before the ReLU, which changes no
    value (both are monotonic) and leaves the ReLU less to do.
    """
    result = copy.deepcopy(network).eval().requires_grad_(False)
    for name in LAYERS[:-1]:
        convolution, norm, relu, *pool = getattr(result, name)
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        bias = (convolution.bias.double() - norm.running_mean.double()) * scale + norm.bias.double()
        convolution.weight.copy_(convolution.weight.double() * scale[:, None, None, None])
        convolution.bias.copy_(bias)
        setattr(result, name, nn.Sequential(convolution, *pool, relu))
    return channels_last(result)


def prepare_for_cpu(network: Embedding) -> Embedding:
    """Returns a copy of a folded network with faster convolutions for a CPU; equal up to rounding."""
    result = copy.deepcopy(network)
    for name in LAYERS:
        convolution, *rest = getattr(result, name)
        setattr(result, name, nn.Sequential(_for_cpu(convolution), *rest))
    return result


def _for_cpu(convolution: nn.Conv2d) -> nn.Module:
    """Returns the fastest form in our measurements (docs/performance.md)."""
    if convolution.stride != (1, 1):
        return PaddedChannels(convolution) if convolution.out_channels % 16 else convolution
    # In narrower layers the transformations cost more than the multiplications they save.
    if convolution.out_channels // convolution.groups < 128:
        return convolution
    return TileWinograd(convolution) if convolution.kernel_size == (3, 3) else RowWinograd(convolution)


class PaddedChannels(nn.Module):
    """A convolution with its output channels padded to a multiple of 16, and cut again.

    oneDNN takes longer for 28 channels than for 32.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.channels = convolution.out_channels
        self.padded = copy.deepcopy(convolution)
        missing = -self.channels % 16
        weight = F.pad(convolution.weight, (0, 0) * 3 + (0, missing))
        self.padded.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), False)
        assert convolution.bias is not None
        self.padded.bias = nn.Parameter(F.pad(convolution.bias, (0, missing)), False)

    def forward(self, x: Tensor) -> Tensor:
        """Computes what the convolution does."""
        y: Tensor = self.padded(x)
        return y[:, : self.channels]
