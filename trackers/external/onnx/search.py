"""From the maps of a network to a box, and cropping; functions of arrays.

The rules are those that the anchor-free trackers on pysot share (SiamBAN, SiamCAR, LightTrack, NanoTrack), or
those of OpenCV's `TrackerNano` (modules/video/src/tracking/tracker_nano.cpp, OpenCV 5.0), which crops
whole pixels and whose search region is a whole multiple of the template.

A *target* is an array (4,): center x, center y, width, height, in pixels of the frame.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackers.external.onnx.description import Description, Input, Search
from trackers.tracker import Boxes, Frame

Floats = NDArray[np.float64]

_SMALLEST = 10.0
"""Smallest width and height of a target, in pixels; both rules have it."""


class Region(NamedTuple):
    """A square part of a frame: its left and top edge and its side, in whole pixels; may exceed the frame."""

    left: int
    top: int
    side: int


def context_size(target: Floats, context: float, rules: str = "pysot", search: bool = False) -> float:
    """Returns the side of the square that a template shows, in pixels of the frame.

    It is the geometric mean of w + p and h + p, with the surroundings p = `context` (w + h). OpenCV drops
    the fraction of w + h while searching, and that of the side for the template.
    """
    total = target[2] + target[3]
    if rules == "opencv" and search:
        total = math.trunc(total)
    size = math.sqrt((target[2] + context * total) * (target[3] + context * total))
    if rules == "opencv":
        size = _single(size)
        return size if search else float(math.trunc(size))
    return size


def search_size(size: float, shape: Input, rules: str) -> float:
    """Returns the side of the search region, in pixels of the frame, for a template's side."""
    ratio = shape.search_size / shape.template_size
    return size * (math.floor(ratio) if rules == "opencv" else ratio)


def region(target: Floats, side: float, rules: Literal["pysot", "opencv"]) -> Region:
    """Returns the region of this side around a target."""
    if rules == "opencv":
        whole = max(math.trunc(side), 1)
        half = (whole + 1) // 2
        return Region(math.trunc(target[0]) - half, math.trunc(target[1]) - half, whole)
    whole = max(round(side), 1)
    first = np.floor(target[:2] - whole / 2 + 0.5).astype(int)
    return Region(int(first[0]), int(first[1]), whole)


def crop(frame: Frame, part: Region, size: int) -> Frame:
    """Returns a region of a frame, resized to (size, size, 3); beyond the frame is its mean color."""
    import cv2

    mean = np.rint(cv2.mean(frame)[:3])
    height, width = frame.shape[:2]
    left, right = max(part.left, 0), min(part.left + part.side, width)
    top, bottom = max(part.top, 0), min(part.top + part.side, height)
    inside = right - left == part.side and bottom - top == part.side
    if inside:
        pixels = frame[top:bottom, left:right]
    else:
        pixels = np.empty((part.side, part.side, 3), dtype=np.uint8)
        pixels[:] = mean
        if right > left and bottom > top:
            rows = slice(top - part.top, bottom - part.top)
            columns = slice(left - part.left, right - part.left)
            pixels[rows, columns] = frame[top:bottom, left:right]
    resized: Frame = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)
    return resized


def network_input(image: Frame, shape: Input) -> NDArray[np.float32]:
    """Returns an RGB image (size, size, 3) as a network takes it, shape (1, 3, size, size)."""
    ordered = image[..., ::-1] if shape.channels == "bgr" else image
    mean, std = np.array(shape.mean, np.float32), np.array(shape.std, np.float32)
    scaled = (ordered.astype(np.float32) - mean) / std
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def probabilities(score_map: NDArray[np.float32], activation: str) -> Floats:
    """Returns the probability of each position, shape (n, n), of a score map (1, channels, n, n)."""
    scores: Floats = score_map[0].astype(np.float64)
    if activation == "none":
        return np.asarray(scores[-1])
    logits = scores[1] - scores[0] if activation == "softmax" else scores[-1]
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits)))


def cosine_window(count: int, rules: str = "pysot") -> Floats:
    """Returns a Hann window, shape (count, count): 1 in the middle, 0 at the border.

    OpenCV's `createHanningWindow` gives its square root.
    """
    window = np.hanning(count)
    product = np.outer(window, window)
    return np.sqrt(product) if rules == "opencv" else product


def next_target(
    target: Floats,
    score_map: NDArray[np.float32],
    box_map: NDArray[np.float32],
    description: Description,
    shape: tuple[int, int],
) -> tuple[Floats, float]:
    """Finds the target in the maps of a search region.

    Every position predicts a box. Its probability is multiplied by a penalty on changes of size and aspect
    ratio, and mixed with a window that prefers the middle. The best position gives the center; the size moves
    towards the predicted one by the rate times penalty times probability.

    Args:
        target: the target in the last frame.
        score_map: shape (1, 1 or 2, n, n).
        box_map: shape (1, 4, n, n).
        description: of the tracker.
        shape: height and width of the frame.

    Returns:
        The target in this frame, and the probability at its position, 0..1.
    """
    search = description.search
    scores = probabilities(score_map, search.activation)
    count = scores.shape[-1]
    offsets = (np.arange(count) - count // 2) * search.stride
    left, top, right, bottom = box_map[0].astype(np.float64)
    x1, x2 = offsets - left, offsets + right
    y1, y2 = offsets[:, None] - top, offsets[:, None] + bottom
    scale = description.input.template_size / context_size(
        target, description.input.context, search.rules, search=True
    )
    penalty = _penalty(x2 - x1, y2 - y1, target, scale, search)
    mixed = penalty * scores * (1 - search.window) + cosine_window(count, search.rules) * search.window
    best = np.unravel_index(np.argmax(np.nan_to_num(mixed, nan=-np.inf)), mixed.shape)
    rate = penalty[best] * scores[best] * search.size_rate
    predicted = np.array([x2[best] - x1[best], y2[best] - y1[best]]) / scale
    center = target[:2] + np.array([x1[best] + x2[best], y1[best] + y2[best]]) / 2 / scale
    size = (1 - rate) * target[2:] + rate * predicted
    limits = np.array([shape[1], shape[0]], dtype=np.float64)
    center = np.clip(np.where(np.isfinite(center), center, target[:2]), 0, limits)
    size = np.maximum(np.minimum(np.where(np.isfinite(size), size, target[2:]), limits), _SMALLEST)
    found = np.concatenate([center, size])
    if search.rules == "opencv":
        found = found.astype(np.float32).astype(np.float64)
    return found, float(scores[best])


def _single(number: float) -> float:
    """Returns a number in single precision, in which OpenCV computes: dropping its fraction depends on it."""
    return float(np.float32(number))


def _penalty(width: Floats, height: Floats, target: Floats, scale: float, search: Search) -> Floats:
    """Returns exp(-k (r s - 1)), where r and s, at least 1, are the changes of aspect ratio and size."""
    compared = target[2:] * scale
    # OpenCV compares sizes with the target's position, probably by mistake; models are tuned with it.
    size = target[:2] if search.rules == "opencv" else compared
    with np.errstate(all="ignore"):
        change = _at_least_one(_padded_size(width, height) / _padded_size(size[0], size[1]))
        ratio = _at_least_one((compared[0] / compared[1]) / (width / height))
        penalty = np.exp(-search.penalty * (ratio * change - 1))
    return np.nan_to_num(penalty, nan=0.0)


def _padded_size(width: Floats | float, height: Floats | float) -> Floats:
    padding = (width + height) / 2
    return np.sqrt((width + padding) * (height + padding))


def _at_least_one(ratio: Floats) -> Floats:
    return np.maximum(ratio, 1 / ratio)


def to_box(target: Floats) -> Boxes:
    """Returns a target as a box, shape (4,)."""
    return np.concatenate([target[:2] - target[2:] / 2, target[2:]])
