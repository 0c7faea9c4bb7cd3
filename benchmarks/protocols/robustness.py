"""Temporal and spatial robustness evaluation: TRE and SRE (Wu, Lim, Yang, CVPR 2013 and PAMI 2015).

Both are one-pass runs that start elsewhere: TRE at 20 frames of the sequence, SRE from 12 boxes beside the
true one. The rules are those of the authors' MATLAB toolkit; its list of start frames that are left out
because of occlusion is not public with the data set, so only frames without a valid box are left out here.
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
SHORTEST = 20
"""The last segment has at least this many frames."""


def segment_starts(truth: Boxes) -> list[int]:
    """The frames (0-based) at which TRE starts: up to 20, spread evenly over those with a valid box.

    Args:
        truth: shape (n, 4). A box is valid if it is finite and positive in 1-based numbers.

    Returns:
        Rising frame numbers; the first is the first valid frame, and the last leaves 20 frames. Fewer than 20
        where the sequence has fewer valid frames; the first alone where it is shorter than 20 frames.
    """
    valid = np.flatnonzero(valid_box_mask(truth))
    usable = valid[valid <= len(truth) - SHORTEST]
    if len(usable) == 0:
        return [int(start) for start in valid[:1]]
    # MATLAB's [floor(1 : E / 19 : E), E] for E usable frames.
    places = np.append(np.floor(1 + np.arange(SEGMENTS - 1) * len(usable) / (SEGMENTS - 1)), len(usable))
    return [int(start) for start in np.unique(usable[places.astype(int) - 1])]


def shifted_boxes(box: Boxes, width: int, height: int) -> Boxes:
    """SRE's 12 initial boxes, in the toolkit's order.

    Shifts left, right, up and down by 10 % of w or h, rounded up; the corner at the top left, top right,
    bottom left and bottom right moved outwards by 10 % of both; scaled by 0.8, 0.9, 1.1 and 1.2 about the
    centre. Rounded to whole pixels and clipped to the image.

    Args:
        box: shape (4,), 0-based.
        width: of the image, in pixels.
        height: likewise.

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
    """Rounds halves away from zero, as MATLAB does."""
    return float(np.copysign(np.floor(abs(value) + 0.5), value))


def _spatial(sequence: Sequence) -> list[Boxes]:
    if sequence.size is None:
        raise UserError(f"SRE clips to the image, and the size of {sequence.name}'s images is not known")
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
