"""The embedding that every Siamese tracker here shares: an AlexNet without padding, total stride 8.

It maps an RGB crop (float32, 0..255) to a feature map:

    pixels    conv1   pool    conv2   pool    conv3   conv4   conv5
    127       59      29      25      12      10      8       6
    255       123     61      57      28      26      24      22

Source: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, 2016. Layers are named
as in siamfc-pytorch, so that its weights load.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trackers.siamese.winograd import RowWinograd, TileWinograd

FULL_WIDTHS = (96, 256, 384, 384, 256)
STRIDE = 8
KERNELS = (11, 5, 3, 3, 3)
GROUPS = (1, 2, 1, 2, 2)


def scaled_widths(width: float) -> tuple[int, ...]:
    """Channels of the five layers at `width` times the full ones, each rounded down to an even number."""
    # A small allowance, so that 0.29 * 100 counts as 29.
    return tuple(2 * int(width * channels / 2 + 1e-9) for channels in FULL_WIDTHS)


class Embedding(nn.Module):
    """The embedding network.

    Args:
        widths: output channels of conv1 ... conv5.
        eps: batch normalisation's epsilon: 1e-6 in siamfc-pytorch, 1e-3 in GradNet's released network.
    """

    def __init__(self, widths: tuple[int, ...] = FULL_WIDTHS, eps: float = 1e-6) -> None:
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
        """conv1 and conv2 with their pooling: (n, 3, 127, 127) to (n, widths[1], 12, 12)."""
        hidden: Tensor = self.conv2(self.conv1(crops))
        return hidden

    def deep(self, hidden: Tensor) -> Tensor:
        """conv3 to conv5: (n, widths[1], 12, 12) to (n, widths[4], 6, 6)."""
        features: Tensor = self.conv5(self.conv4(self.conv3(hidden)))
        return features

    def forward(self, crops: Tensor) -> Tensor:
        """Embeds crops: (n, 3, 127, 127) to (n, widths[4], 6, 6); 255 px gives 22 x 22."""
        return self.deep(self.shallow(crops))


def fold_batch_norm(network: Embedding) -> Embedding:
    """A copy for inference, with batch normalisation folded into the convolutions, channels-last.

    With y = gamma (w x + b - mean) / sqrt(var + eps) + beta, the weights become w gamma / sqrt(var + eps)
    and the bias (b - mean) gamma / sqrt(var + eps) + beta. Pooling moves before the ReLU, which changes no
    value (both are monotonic) and leaves the ReLU less to do.
    """
    result = copy.deepcopy(network).eval().requires_grad_(False)
    for name in ("conv1", "conv2", "conv3", "conv4"):
        convolution, norm, relu, *pool = getattr(result, name)
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        bias = (convolution.bias.double() - norm.running_mean.double()) * scale + norm.bias.double()
        convolution.weight.copy_(convolution.weight.double() * scale[:, None, None, None])
        convolution.bias.copy_(bias)
        setattr(result, name, nn.Sequential(convolution, *pool, relu))
    return result.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def prepare_for_cpu(network: Embedding) -> Embedding:
    """A copy of a folded network whose convolutions take less time on a CPU; equal up to rounding."""
    result = copy.deepcopy(network)
    for name in ("conv1", "conv2", "conv3", "conv4", "conv5"):
        convolution, *rest = getattr(result, name)
        setattr(result, name, nn.Sequential(_for_cpu(convolution), *rest))
    return result


def _for_cpu(convolution: nn.Conv2d) -> nn.Module:
    """The fastest form that was measured (docs/performance.md)."""
    if convolution.stride != (1, 1):
        return PaddedChannels(convolution) if convolution.out_channels % 16 else convolution
    # In narrower layers the transformations cost more than the multiplications they save.
    if convolution.out_channels // convolution.groups < 128:
        return convolution
    return TileWinograd(convolution) if convolution.kernel_size == (3, 3) else RowWinograd(convolution)


class PaddedChannels(nn.Module):
    """A convolution whose output channels are filled up to a multiple of 16, and cut off again.

    oneDNN takes longer for 28 channels than for 32.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.channels = convolution.out_channels
        self.filled = copy.deepcopy(convolution)
        missing = -self.channels % 16
        weight = F.pad(convolution.weight, (0, 0) * 3 + (0, missing))
        self.filled.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), False)
        assert convolution.bias is not None
        self.filled.bias = nn.Parameter(F.pad(convolution.bias, (0, missing)), False)

    def forward(self, x: Tensor) -> Tensor:
        """As the convolution's."""
        y: Tensor = self.filled(x)
        return y[:, : self.channels]
