"""Augmentation: warps, color changes and blur of patches, as pure functions of tensors on one device."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from trackers.training.patch_cache import PATCH_SIZE

BLUR_RADIUS = 6  # of the kernel, in pixels
LUMINANCE = (0.299, 0.587, 0.114)


def affine_maps(shift: Tensor, scale: Tensor, angle: Tensor, flip: Tensor) -> Tensor:
    """Returns affine maps from a crop's pixels to its patch's, both relative to their centers.

    Args:
        shift: (n, 2), the object's center in the crop, x and y from the crop's center.
        scale: (n, 2), magnification of the object along its x and y.
        angle: (n,), of rotation, in radians.
        flip: (n,), 1, or -1 to mirror left and right.

    Returns:
        (n, 2, 3): matrix and translation.
    """
    cos, sin = torch.cos(angle), torch.sin(angle)
    # The inverse of: flip, scale, rotate, shift.
    x, y = flip / scale[:, 0], 1 / scale[:, 1]
    linear = torch.stack([torch.stack([x * cos, x * sin], 1), torch.stack([-y * sin, y * cos], 1)], 1)
    return torch.cat([linear, -linear @ shift[:, :, None]], dim=2)


def render(patches: Tensor, warp: Tensor, size: int) -> Tensor:
    """Samples crops bilinearly; outside a patch they have its mean color and no object.

    Args:
        patches: (n, 4, 351, 351) uint8.
        warp: (n, 2, 3), see `affine_maps`.
        size: the crops' side.

    Returns:
        (n, 4, size, size) float32, 0..255.
    """
    pixels = patches.float()
    fill = pixels[:, :, ::16, ::16].mean((2, 3), keepdim=True)
    fill[:, 3] = 0
    # The center of pixel i is i + 1/2 from the edge, where the corners of affine_grid are.
    theta = warp.clone()
    theta[:, :, :2] *= size / PATCH_SIZE
    theta[:, :, 2] *= 2 / PATCH_SIZE
    grid = F.affine_grid(theta, [len(patches), 4, size, size], align_corners=False)
    return F.grid_sample(pixels - fill, grid, align_corners=False) + fill


def paste(crops: Tensor, objects: Tensor) -> Tensor:
    """Pastes the objects of (n, 4, h, w) over the colors of (n, >= 3, h, w)."""
    alpha = objects[:, 3:] / 255
    return torch.lerp(crops[:, :3], objects[:, :3], alpha)


def recolor(crops: Tensor, gain: Tensor, contrast: Tensor, brightness: Tensor, gray: Tensor) -> Tensor:
    """Changes colors, clamped to 0..255.

    Args:
        crops: (n, 3, h, w).
        gain: (n, 3), factor of each channel.
        contrast: (n,), factor on the distance from the crop's mean.
        brightness: (n,), an offset.
        gray: (n,), 1 makes a crop gray, 0 keeps its colors.
    """
    luminance = torch.tensor(LUMINANCE, device=crops.device)[:, None, None]
    gray_values = (crops * luminance).sum(1, keepdim=True)
    colored = torch.lerp(crops, gray_values.expand_as(crops), gray[:, None, None, None])
    colored = colored * gain[:, :, None, None]
    mean = colored.mean((1, 2, 3), keepdim=True)
    spread = (colored - mean) * contrast[:, None, None, None]
    return (spread + mean + brightness[:, None, None, None]).clamp(0, 255)


def blur(crops: Tensor, sigma: Tensor) -> Tensor:
    """Blurs (n, c, h, w) with Gaussians of sigmas (n, 2) along x and y, in pixels."""
    n, c, h, w = crops.shape
    offsets = torch.arange(-BLUR_RADIUS, BLUR_RADIUS + 1, device=crops.device, dtype=crops.dtype)
    kernels = torch.exp(-0.5 * (offsets / sigma[..., None].clamp(min=1e-3)) ** 2)
    kernels = kernels / kernels.sum(-1, keepdim=True)
    rows = kernels[:, 0].repeat_interleave(c, 0)[:, None, None, :]
    columns = kernels[:, 1].repeat_interleave(c, 0)[:, None, :, None]
    padded = F.pad(crops, (BLUR_RADIUS,) * 4, mode="replicate").view(1, n * c, h + 2 * BLUR_RADIUS, -1)
    blurred = F.conv2d(F.conv2d(padded, rows, groups=n * c), columns, groups=n * c)
    return blurred.view(n, c, h, w)
