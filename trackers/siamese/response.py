"""From features to the best match, and losses: correlation, up-sampling, window, peak, labels.

Pure functions of tensors; the first axis is the slot, and nothing here waits for the device.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


def cross_correlation(features: Tensor, templates: Tensor) -> Tensor:
    """Computes the valid cross-correlation of each slot's search features with its own template.

    One matrix multiplication per slot gives the products of all positions of the search region and of the
    template; a score is then the sum along a diagonal. That is several times faster than a
    convolution with a single output channel.

    Args:
        features: (n, s, c, h, w): s search regions per slot; fastest when channels-last.
        templates: (n, c, a, b).

    Returns:
        (n, s, h - a + 1, w - b + 1), the raw sums.
    """
    n, s, c, h, w = features.shape
    _, _, a, b = templates.shape
    pixels = features.permute(0, 1, 3, 4, 2).reshape(n, s * h * w, c)
    products = (pixels @ templates.flatten(2)).view(n, s, h, w, a, b)
    # Score (i, j) sums the products of search position (i + u, j + v) with template position (u, v).
    along_rows = products.unfold(2, h - a + 1, 1).diagonal(dim1=2, dim2=4)  # n, s, w, b, i, u
    both = along_rows.unfold(2, w - b + 1, 1).diagonal(dim1=2, dim2=3)  # n, s, i, u, j, v
    return both.sum((3, 5))


def upsampling_matrix(size: int, factor: int) -> Tensor:
    """Returns bicubic interpolation of `size` values to `size * factor` as a (size * factor, size) matrix.

    Keys' kernel with a = -0.75 at half-pixel centers, the outermost value repeated: `cv2.INTER_CUBIC`.
    """
    unit = torch.eye(size)[None, None]
    return F.interpolate(unit, size=(size * factor, size), mode="bicubic", align_corners=False)[0, 0]


def cosine_window(size: int) -> Tensor:
    """Returns the outer product of two Hann windows, (size, size), divided by its sum."""
    hann = torch.hann_window(size, periodic=False, dtype=torch.float64)
    window = torch.outer(hann, hann)
    return (window / window.sum()).float()


class Peak(NamedTuple):
    """The best matches of n slots.

    Attributes:
        scale: (n,) int64, index of the best scale.
        offset: (n, 2) float64, x and y from the response's center to its peak, in up-sampled cells.
        score: (n,) float32, the best scale's highest value before normalization and window.
    """

    scale: Tensor
    offset: Tensor
    score: Tensor


def normalize(response: Tensor) -> Tensor:
    """Shifts each (..., h, w) map to minimum 0 and divides it by its sum."""
    shifted = response - response.amin((-2, -1), keepdim=True)
    return shifted / (shifted.sum((-2, -1), keepdim=True) + 1e-16)


class BestScale(NamedTuple):
    """The best of several scales; n slots.

    Attributes:
        scale: (n,) int64, its index.
        response: (n, r, r), its penalized response.
        score: (n,), that response's highest value.
    """

    scale: Tensor
    response: Tensor
    score: Tensor


def best_scale(responses: Tensor, penalties: Tensor) -> BestScale:
    """Finds the scale with the highest response.

    Args:
        responses: (n, s, r, r) up-sampled scores.
        penalties: (s,) factors on each scale's scores, 1 where the size does not change.
    """
    penalized = responses * penalties[:, None, None]
    scores = penalized.amax((2, 3))
    scale = scores.argmax(1)
    best = penalized.take_along_dim(scale[:, None, None, None], dim=1)[:, 0]
    return BestScale(scale, best, scores.amax(1))


def peak_offset(response: Tensor, window: Tensor, window_weight: float | Tensor) -> Tensor:
    """Returns the offset from the center to the peak of normalized responses under the window.

    Args:
        response: (n, r, r), as `normalize` returns them.
        window: (r, r), sum 1.
        window_weight: the window's share, 0..1; one number, or one per response (n,).

    Returns:
        (n, 2) float64, x and y in up-sampled cells.
    """
    if isinstance(window_weight, Tensor):
        window_weight = window_weight[:, None, None]
    weighted = torch.lerp(response, window, window_weight)
    size = weighted.shape[-1]
    index = weighted.flatten(1).argmax(1)
    return torch.stack([index % size, index // size], dim=-1).double() - (size - 1) / 2


def prominence(response: Tensor, offset: Tensor) -> Tensor:
    """Returns by how many standard deviations responses exceed their mean at one position.

    After the peak-to-sidelobe ratio of Bolme et al., Visual Object Tracking using Adaptive Correlation
    Filters, CVPR 2010, with the whole map for the sidelobe.

    Args:
        response: (n, r, r).
        offset: (n, 2), x and y from the center, in up-sampled cells, as `peak_offset` gives them.

    Returns:
        (n,); 0 for a constant response.
    """
    size = response.shape[-1]
    column, row = (offset + (size - 1) / 2).round().long().unbind(1)
    flat = response.flatten(1)
    value = flat.gather(1, (row * size + column)[:, None])[:, 0]
    return (value - flat.mean(1)) / flat.std(1).clamp(min=1e-12)


def find_peak(responses: Tensor, penalties: Tensor, window: Tensor, window_weight: float) -> Peak:
    """Finds the best match and, in it, the peak under the window; see `best_scale` and `peak_offset`."""
    best = best_scale(responses, penalties)
    return Peak(best.scale, peak_offset(normalize(best.response), window, window_weight), best.score)


def binary_labels(offsets: Tensor, size: int, stride: float, radius: float = 16.0) -> Tensor:
    """Returns labels of score maps: +1 within `radius` of the target, -1 elsewhere.

    Args:
        offsets: (n, 2), x and y from the search region's center to the target's, in the region's pixels.
        size: cells of the map's side.
        stride: pixels between neighboring cells.
        radius: in the region's pixels; 16 makes 13 cells positive around a centered target.

    Returns:
        (n, size, size) float32.
    """
    cells = (torch.arange(size, device=offsets.device, dtype=offsets.dtype) - (size - 1) / 2) * stride
    distances = torch.hypot(
        cells[None, None, :] - offsets[:, 0, None, None], cells[None, :, None] - offsets[:, 1, None, None]
    )
    return torch.where(distances <= radius, 1.0, -1.0)


def logistic_weights(labels: Tensor) -> Tensor:
    """Returns weights of each map's cells: 0.5 / N+ on the N+ positive ones, 0.5 / N- on the negative ones.

    They sum to 1, or to 0.5 if a map (n, h, w) has cells of one kind only.
    """
    positive, negative = (labels > 0).float(), (labels < 0).float()
    return sum(  # type: ignore[return-value]
        0.5 * cells / cells.sum((1, 2), keepdim=True).clamp(min=1) for cells in (positive, negative)
    )


def balanced_logistic_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """Returns the logistic loss of each score map; positive and negative cells weigh one half each.

    log(1 + exp(-y s)), weighted by `logistic_weights` (Bertinetto et al. 2016, section 2.2).

    Args:
        scores: (n, h, w).
        labels: (n, h, w), +1 or -1.

    Returns:
        (n,), one loss per map.
    """
    return (logistic_weights(labels).to(scores) * F.softplus(-labels * scores)).sum((1, 2))


def gaussian_labels(offsets: Tensor, size: int, stride: float, sigma: float = 0.7) -> Tensor:
    """Returns the targets' positions as Gaussian distributions over the cells of score maps.

    Args:
        offsets: (n, 2), x and y from the search region's center to the target's, in the region's pixels.
        size: cells of the map's side.
        stride: pixels between neighboring cells.
        sigma: standard deviation of the Gaussian, in cells.

    Returns:
        (n, size, size) float32; each map sums to 1.
    """
    cells = torch.arange(size, device=offsets.device, dtype=torch.float32) - (size - 1) / 2
    distances = cells - offsets.float()[:, :, None] / stride  # (n, 2, size)
    columns, rows = (-0.5 * (distances / sigma).square()).softmax(-1).unbind(1)
    return rows[:, :, None] * columns[:, None, :]


def location_loss(scores: Tensor, labels: Tensor, sharpness: float = 3.0) -> Tensor:
    """Returns the cross-entropy of the scores' softmax and `gaussian_labels`: a loss of the peak's position.

    Args:
        scores: (n, h, w).
        labels: (n, h, w), each map summing to 1.
        sharpness: factor on the scores before the softmax.

    Returns:
        (n,), one loss per map.
    """
    return -(labels * (sharpness * scores).flatten(1).log_softmax(1).view_as(scores)).sum((1, 2))
