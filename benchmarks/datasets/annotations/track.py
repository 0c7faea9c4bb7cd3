"""The annotations of one target, as every reader of annotation files returns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.tracker import Boxes

MAX_FRAMES = 1_000_000
"""Frames of a video; larger frame numbers are mistakes."""
MAX_ANNOTATION_BYTES = 1 << 30
"""Size limit of annotation files."""


@dataclass(frozen=True, eq=False)
class Track:
    """One target, from its first annotated frame to its last.

    Attributes:
        target: its name in the file.
        first: the frame (0-based) of the first row.
        boxes: shape (n, 4): x, y, w, h in the file's own pixel origin; NaN in frames without an annotation.
        absent: bool, shape (n,): the target is not visible; None if the file does not say.
        images: the image of each of the n frames, if the file names them.
        size: width and height of the images, if the file has them.
    """

    target: str
    first: int
    boxes: Boxes
    absent: NDArray[np.bool_] | None = None
    images: tuple[str, ...] = ()
    size: tuple[int, int] | None = None


def track_from_boxes(
    target: str,
    boxes: Mapping[int, Boxes],
    where: str,
    images: Mapping[int, str] | None = None,
    size: tuple[int, int] | None = None,
) -> Track:
    """Builds a track; the target is absent in frames without a box.

    Args:
        target: its name in the file.
        boxes: boxes, shape (4,), by frame (0-based).
        where: the file's name, for messages.
        images: image names by frame.
        size: width and height of the images.

    Raises:
        UserError: there is no box, or a frame number is out of range.
    """
    if not boxes:
        raise UserError(f"{where}: target {target} has no box")
    first, last = min(boxes), max(boxes)
    if first < 0 or last >= MAX_FRAMES:
        raise UserError(f"{where}: target {target} is annotated in frame {first if first < 0 else last}")
    rows = np.full((last - first + 1, 4), np.nan)
    for frame, box in boxes.items():
        rows[frame - first] = box
    absent = np.isnan(rows).any(axis=1)
    names = tuple((images or {}).get(frame, "") for frame in range(first, last + 1))
    return Track(target, first, rows, absent, names if all(names) else (), size)
