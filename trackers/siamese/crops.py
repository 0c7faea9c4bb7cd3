"""Square crops around targets, cut from a batch of frames on the frames' own device.

The first axis of every tensor is the slot; nothing here waits for the device.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def context_side(sizes: Tensor, context: float) -> Tensor:
    """Returns the side of the square around a target and its context.

    sqrt((w + p)(h + p)) with p = context (w + h) (Bertinetto et al. 2016, section 3.4, where context = 1/2).

    Args:
        sizes: (..., 2), w and h in pixels.
        context: amount of context, as a share of w + h.

    Returns:
        (...), in pixels.
    """
    padded = sizes + context * sizes.sum(-1, keepdim=True)
    return padded.sqrt().prod(-1)


def mean_color(frames: Tensor, frame_sizes: Tensor) -> Tensor:
    """Returns mean colors (n, 3) float32, 0..255, of frames (n, h, w, 3) uint8 padded with zeros."""
    total = frames.sum((1, 2), dtype=torch.float64)
    return (total / frame_sizes.prod(-1, keepdim=True)).round().float()


def crop(
    frames: Tensor, frame_sizes: Tensor, centers: Tensor, sides: Tensor, size: int, fill: Tensor
) -> Tensor:
    """Cuts squares out of frames and resizes them bilinearly, as the reference trackers do.

    The squares' sides and corners are rounded to whole pixels; pixel i of a crop then samples its square at
    ((i + 1/2) / size) side, where the center of the square's first pixel is at 1/2, and repeats the outermost
    pixels as `cv2.resize` does. Outside the frame a square has the color `fill`.

    Args:
        frames: (n, h, w, 3) uint8. A frame smaller than h x w lies at the top left, with zeros around.
        frame_sizes: (n, 2) float64: each frame's own width and height.
        centers: (n, 2) float64: x and y of the squares' common center.
        sides: (n, s) float64: sides of s squares per frame, in pixels.
        size: side of a crop, in pixels.
        fill: (n, 3) float32: color, 0..255.

    Returns:
        (n, s, 3, size, size) float32 in 0..255.
    """
    steps = (torch.arange(size, dtype=torch.float64, device=frames.device) + 0.5) / size
    whole_sides = sides.round().clamp(min=1.0)[:, :, None]  # n, s, 1
    corners = (centers[:, None] - whole_sides / 2).round()  # n, s, (x, y)
    # Positions in units of pixels, 0 at the first pixel's center: n, s, size, (x, y). A sample a whole pixel
    # or more outside takes nothing from the frame; further out it would only lose precision.
    offsets = (whole_sides * steps - 0.5).clamp(min=0.0).minimum(whole_sides - 1)
    positions = corners[:, :, None] + offsets[..., None]
    positions = positions.clamp(min=-1.0).minimum(frame_sizes[:, None, None])
    if gathers(frames.device):
        return _gathered(frames, frame_sizes, positions, fill)
    if frames.device.type == "cpu" and len(frames) == 1:
        frames, positions = _within_reach(frames, frame_sizes, positions)
    height, width = frames.shape[1:3]

    # `grid_sample` counts from -1 at the image's left or top edge to 1 at its right or bottom.
    x = ((2 * positions[..., 0] + 1) / width - 1).float()[:, :, None, :].expand(-1, -1, size, -1)
    y = ((2 * positions[..., 1] + 1) / height - 1).float()[:, :, :, None].expand(-1, -1, -1, size)
    grid = torch.stack([x, y], dim=-1)
    # It pads with zeros, so subtract `fill` before and add it after.
    samples = _sample(_less_fill(frames, frame_sizes, fill), grid)
    return samples.add_(fill[:, None, :, None, None])


def gathers(device: torch.device) -> bool:
    """Returns whether crops on `device` gather only the pixels they need.

    On a CPU `grid_sample` is faster, on the part of the frame that is sampled.
    """
    return device.type != "cpu"


def _gathered(frames: Tensor, frame_sizes: Tensor, positions: Tensor, fill: Tensor) -> Tensor:
    """Samples bilinearly at positions (n, s, k, (x, y)) of columns and rows: (n, s, 3, k, k), channels last.

    Only the four neighbors of each sample are read and converted, whatever the size of the frames.
    """
    n, s, size, _ = positions.shape
    first = positions.floor()
    parts = (positions - first)[..., None, :]  # n, s, k, 1, (x, y)
    neighbors = torch.stack([first, first + 1], dim=3)  # n, s, k, 2, (x, y)
    last = frame_sizes[:, None, None, None] - 1
    inside = (neighbors >= 0) & (neighbors <= last)
    weights = (torch.cat([1 - parts, parts], dim=3) * inside).float()
    nearest = neighbors.clamp(min=0).minimum(last).long()
    slots = torch.arange(n, device=frames.device)[:, None, None, None]
    rows = nearest[..., 1].reshape(n, s, 2 * size, 1)
    columns = nearest[..., 0].reshape(n, s, 1, 2 * size)
    pixels = frames[slots, rows, columns].view(n, s, size, 2, size, 2, 3)
    across = weights[..., 0].view(n, s, 1, 1, size, 2, 1)
    along = weights[..., 1].view(n, s, size, 2, 1, 1)
    in_rows = pixels[:, :, :, :, :, 0] * across[..., 0, :] + pixels[:, :, :, :, :, 1] * across[..., 1, :]
    samples = in_rows[:, :, :, 0] * along[:, :, :, 0] + in_rows[:, :, :, 1] * along[:, :, :, 1]
    covered = weights.sum(3)  # share of a sample inside the frame: n, s, k, (x, y)
    outside = 1 - covered[:, :, None, :, 0] * covered[:, :, :, None, 1]
    samples += outside[..., None] * fill[:, None, None, None]
    return samples.permute(0, 1, 4, 2, 3)


def _within_reach(frames: Tensor, frame_sizes: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the part of a single frame that is sampled at `positions`, and the positions in it.

    It saves a CPU from converting a whole frame for a small target. On a GPU, computing the part would mean
    waiting for the device.
    """
    last = frame_sizes[0] - 1
    start = positions.amin((0, 1, 2)).floor().clamp(min=0).minimum(last)
    stop = (positions.amax((0, 1, 2)).floor() + 2).minimum(last + 1)
    (left, top), (right, bottom) = start.long().tolist(), stop.long().tolist()
    return frames[:, top:bottom, left:right], positions - start


def _less_fill(frames: Tensor, frame_sizes: Tensor, fill: Tensor) -> Tensor:
    """Returns frames (n, h, w, 3) minus their fill, 0 in the padding: (n, 3, h, w) float32."""
    pixels = frames.permute(0, 3, 1, 2) - fill[:, :, None, None]
    if len(frames) == 1 and frames.device.type == "cpu":
        return pixels  # a single frame on a CPU has no padding
    height, width = frames.shape[1:3]
    columns = torch.arange(width, device=frames.device) < frame_sizes[:, :1]
    rows = torch.arange(height, device=frames.device) < frame_sizes[:, 1:]
    return pixels * (rows[:, None, :, None] & columns[:, None, None, :])


def _sample(images: Tensor, grid: Tensor) -> Tensor:
    """Samples images (n, 3, h, w) at (n, s, k, k, 2), zero outside; returns (n, s, 3, k, k)."""
    n, s, size, _, _ = grid.shape
    if n == 1:
        # The CPU kernel uses one thread per image, so pass the scales as images that share their pixels.
        return F.grid_sample(images.expand(s, -1, -1, -1), grid[0], align_corners=False)[None]
    samples = F.grid_sample(images, grid.view(n, s * size, size, 2), align_corners=False)
    return samples.view(n, 3, s, size, size).transpose(1, 2)
