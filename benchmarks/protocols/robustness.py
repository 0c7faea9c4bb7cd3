"""Temporal and spatial robustness evaluation: TRE and SRE (Wu, Lim, Yang, CVPR 2013 and PAMI 2015).

Both consist of one-pass runs with other starts: TRE starts at 20 frames of the sequence, SRE from 12 boxes
near the true one. The rules are those of the authors' MATLAB toolkit. Its list of start frames that are left
out because of occlusion is not published with the data set, so only frames without a valid box are left out.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets.sequence import Sequence
from benchmarks.geometry.missing_boxes import valid_box_mask
from benchmarks.protocols.one_pass import one_pass
from benchmarks.protocols.protocol import Protocol
from trackers.errors import UserError
from trackers.tracker import Boxes

SEGMENTS = 20
MIN_FRAMES = 20
"""Least number of frames of the last segment."""


def segment_starts(truth: Boxes) -> list[int]:
    """Returns the frames (0-based) at which TRE starts: up to 20, spread evenly over those with a valid box.

    Args:
        truth: shape (n, 4); see `valid_box_mask`.

    Returns:
        Increasing frame numbers, from the first valid frame to one that leaves 20 frames. Fewer than 20 if
        the sequence has fewer valid frames; only the first if the sequence is shorter than 20 frames.
    """
    valid = np.flatnonzero(valid_box_mask(truth))
    usable = valid[valid <= len(truth) - MIN_FRAMES]
    if len(usable) == 0:
        return [int(start) for start in valid[:1]]
    # MATLAB's [floor(1 : E / 19 : E), E] for E usable frames.
    positions = np.append(np.floor(1 + np.arange(SEGMENTS - 1) * len(usable) / (SEGMENTS - 1)), len(usable))
    return [int(start) for start in np.unique(usable[positions.astype(int) - 1])]


def shifted_boxes(box: Boxes, width: int, height: int) -> Boxes:
    """Returns SRE's 12 initial boxes, in the toolkit's order.

    The box is shifted left, right, up and down by 10 % of w or h, rounded up. Then its top left, top right,
    bottom left and bottom right corner is moved outwards by 10 % of w and h. Then it is scaled about its
    center by 0.8, 0.9, 1.1 and 1.2. Boxes are rounded to whole pixels and clipped to the image.

    Args:
        box: shape (4,), 0-based.
        width: the image's width in pixels.
        height: the image's height.

    Returns:
        Shape (12, 4), 0-based.
    """
    x, y, w, h = box.tolist()
    right, bottom = x + w, y + h
    dx, dy = 0.1 * w, 0.1 * h
    step_x, step_y = np.ceil(dx), np.ceil(dy)
    left_out, top_out = _rounded(x - dx), _rounded(y - dy)
    right_out, bottom_out = _rounded(right + dx), _rounded(bottom + dy)
    boxes = [
        (x - step_x, y, w, h),
        (x + step_x, y, w, h),
        (x, y - step_y, w, h),
        (x, y + step_y, w, h),
        (left_out, top_out, right - left_out, bottom - top_out),
        (x, top_out, right_out - x, bottom - top_out),
        (left_out, y, right - left_out, bottom_out - y),
        (x, y, right_out - x, bottom_out - y),
    ]
    for scale in (0.8, 0.9, 1.1, 1.2):
        corner = x + (1 - scale) * w / 2, y + (1 - scale) * h / 2
        boxes.append((_rounded(corner[0]), _rounded(corner[1]), _rounded(scale * w), _rounded(scale * h)))
    shifted = np.array(boxes)
    shifted[:, :2] = np.maximum(shifted[:, :2], 0)
    shifted[:, 2:] = np.minimum(shifted[:, 2:], np.array([width, height]) - shifted[:, :2])
    return shifted


def _rounded(value: float) -> float:
    """Rounds halves away from zero, like MATLAB."""
    return float(np.copysign(np.floor(abs(value) + 0.5), value))


def _spatial(sequence: Sequence) -> list[Boxes]:
    if sequence.size is None:
        raise UserError(f"SRE clips boxes to the image, but the size of {sequence.name}'s images is unknown")
    return list(shifted_boxes(sequence.truth[0], *sequence.size))


TRE = Protocol(
    "tre",
    "TRE",
    lambda sequence: [one_pass(sequence, start) for start in segment_starts(sequence.truth)],
    needs_truth=True,
    open_loop=True,
)
SRE = Protocol(
    "sre",
    "SRE",
    lambda sequence: [one_pass(sequence, box=box) for box in _spatial(sequence)],
    open_loop=True,
)
