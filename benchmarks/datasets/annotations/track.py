"""What a file of annotations says of one target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.tracker import Boxes

LONGEST = 1_000_000
"""Frames of a video: a number beyond is a mistake."""
MAX_ANNOTATION_BYTES = 1 << 30
"""Bytes: no file of XML or JSON is larger."""


@dataclass(frozen=True, eq=False)
class Track:
    """One target, from the first frame that it is annotated in to the last.

    Attributes:
        target: what the file calls it.
        first: the frame (0-based) of the first row.
        boxes: shape (n, 4): x, y, w, h as the file counts pixels; NaN where the target is not annotated.
        absent: bool, shape (n,): the target is not to be seen; None where the file does not say.
        images: the image of each of the n frames, where the file names them.
        size: width and height of the images, where the file says them.
    """

    target: str
    first: int
    boxes: Boxes
    absent: NDArray[np.bool_] | None = None
    images: tuple[str, ...] = ()
    size: tuple[int, int] | None = None


def track_of(
    target: str,
    boxes: Mapping[int, Boxes],
    where: str,
    images: Mapping[int, str] | None = None,
    size: tuple[int, int] | None = None,
) -> Track:
    """A target from its boxes, shape (4,), by frame (0-based); in frames between that have none it is absent.

    Raises:
        UserError: there is no box, or a frame's number is beyond any video.
    """
    if not boxes:
        raise UserError(f"{where}: target {target} has no box")
    first, last = min(boxes), max(boxes)
    if first < 0 or last >= LONGEST:
        raise UserError(f"{where}: target {target} is annotated in frame {first if first < 0 else last}")
    rows = np.full((last - first + 1, 4), np.nan)
    for frame, box in boxes.items():
        rows[frame - first] = box
    absent = np.isnan(rows).any(axis=1)
    named = tuple((images or {}).get(frame, "") for frame in range(first, last + 1))
    return Track(target, first, rows, absent, named if all(named) else (), size)
