"""Crops of patches, moved, stretched, coloured and blurred: pure functions of tensors on one device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from trackers.training.patch_cache import PATCH_SIZE

BLUR_RADIUS = 6  # pixels to each side that a blur mixes
LUMINANCE = (0.299, 0.587, 0.114)


def warps(shift: Tensor, scale: Tensor, angle: Tensor, flip: Tensor) -> Tensor:
    """Maps from a crop's pixels to its patch's, both counted from their centres.

    Args:
        shift: (n, 2), where the object's centre is to be in the crop, x and y from the crop's centre.
        scale: (n, 2), how much larger the object is to be, along its own x and y.
        angle: (n,), by how much it is turned, in radians.
        flip: (n,), 1, or -1 to mirror left and right.

    Returns:
        (n, 2, 3): matrix and translation.
    """
    cos, sin = torch.cos(angle), torch.sin(angle)
    # The inverse of: flip, stretch, turn, move.
    x, y = flip / scale[:, 0], 1 / scale[:, 1]
    linear = torch.stack([torch.stack([x * cos, x * sin], 1), torch.stack([-y * sin, y * cos], 1)], 1)
    return torch.cat([linear, -linear @ shift[:, :, None]], dim=2)


def render(patches: Tensor, warp: Tensor, size: int) -> Tensor:
    """Samples crops bilinearly; outside a patch lies its mean colour and no object.

    Args:
        patches: (n, 4, 351, 351) uint8.
        warp: (n, 2, 3), see `warps`.
        size: the crops' side.

    Returns:
        (n, 4, size, size) float32, 0..255.
    """
    pixels = patches.float()
    fill = pixels[:, :, ::16, ::16].mean((2, 3), keepdim=True)
    fill[:, 3] = 0
    # A crop's pixel i has its centre at i + 1/2 from the edge, which affine_grid's corners are.
    theta = warp.clone()
    theta[:, :, :2] *= size / PATCH_SIZE
    theta[:, :, 2] *= 2 / PATCH_SIZE
    grid = F.affine_grid(theta, [len(patches), 4, size, size], align_corners=False)
    return F.grid_sample(pixels - fill, grid, align_corners=False) + fill


def paste(crops: Tensor, objects: Tensor) -> Tensor:
    """Lays the objects of (n, 4, h, w) over the colours of (n, >= 3, h, w)."""
    alpha = objects[:, 3:] / 255
    return torch.lerp(crops[:, :3], objects[:, :3], alpha)


def recolor(crops: Tensor, gain: Tensor, contrast: Tensor, brightness: Tensor, grey: Tensor) -> Tensor:
    """Changes colours, clamped to 0..255.

    Args:
        crops: (n, 3, h, w).
        gain: (n, 3), factor of each channel.
        contrast: (n,), factor on the distance from the crop's mean.
        brightness: (n,), what is added.
        grey: (n,), 1 turns a crop grey, 0 leaves its colours.
    """
    luminance = torch.tensor(LUMINANCE, device=crops.device)[:, None, None]
    grey_values = (crops * luminance).sum(1, keepdim=True)
    coloured = torch.lerp(crops, grey_values.expand_as(crops), grey[:, None, None, None])
    coloured = coloured * gain[:, :, None, None]
    mean = coloured.mean((1, 2, 3), keepdim=True)
    spread = (coloured - mean) * contrast[:, None, None, None]
    return (spread + mean + brightness[:, None, None, None]).clamp(0, 255)


def blur(crops: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur of (n, c, h, w) with sigmas (n, 2) along x and y, in pixels."""
    n, c, h, w = crops.shape
    offsets = torch.arange(-BLUR_RADIUS, BLUR_RADIUS + 1, device=crops.device, dtype=crops.dtype)
    kernels = torch.exp(-0.5 * (offsets / sigma[..., None].clamp(min=1e-3)) ** 2)
    kernels = kernels / kernels.sum(-1, keepdim=True)
    rows = kernels[:, 0].repeat_interleave(c, 0)[:, None, None, :]
    columns = kernels[:, 1].repeat_interleave(c, 0)[:, None, :, None]
    padded = F.pad(crops, (BLUR_RADIUS,) * 4, mode="replicate").view(1, n * c, h + 2 * BLUR_RADIUS, -1)
    blurred = F.conv2d(F.conv2d(padded, rows, groups=n * c), columns, groups=n * c)
    return blurred.view(n, c, h, w)
