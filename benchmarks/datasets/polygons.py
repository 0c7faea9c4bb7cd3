"""Ground truth that is drawn as rotated boxes, and the upright boxes that trackers are started with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.boxfiles import read_rows
from benchmarks.datasets.sequence import SequenceError
from trackers.errors import UserError
from trackers.tracker import Boxes


def upright_boxes(polygons: Boxes) -> Boxes:
    """Upright boxes of the same centre and about the same area as rotated ones.

    The centre is the mean of the corners; the size is the axis-aligned extent times sqrt(A / E) plus 1, where
    A is the area of the rotated box (the product of two adjoining sides) and E the area of the extent: the
    rule by which trackers are started on VOT2015 to VOT2019 (as in got10k's and pysot's toolkits).

    Args:
        polygons: shape (..., 8): x1, y1 to x4, y4 in pixels.

    Returns:
        Shape (..., 4): x, y, w, h. A polygon without extent gives a box of 1 x 1 pixel around its centre.
    """
    corners = polygons.reshape(*polygons.shape[:-1], 4, 2)
    extent = np.ptp(corners, axis=-2)
    sides = np.linalg.norm(np.diff(corners[..., :3, :], axis=-2), axis=-1)
    area = extent.prod(axis=-1)
    share = np.divide(sides.prod(axis=-1), area, out=np.zeros_like(area), where=area > 0)
    size = extent * np.sqrt(share)[..., None] + 1
    return np.concatenate([corners.mean(axis=-2) - size / 2, size], axis=-1)


def read_regions(path: Path) -> tuple[Boxes, Boxes | None]:
    """Reads ground truth of 4 numbers per line (boxes) or 8 (polygons), as they are written.

    Returns:
        Upright boxes, shape (rows, 4), and the polygons, shape (rows, 8), or None where there are none.

    Raises:
        SequenceError: the file is missing, empty or unreadable.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            first = next((line for line in file if line.strip()), "")
        columns = 8 if len(first.replace(",", " ").replace(";", " ").split()) == 8 else 4
        rows = read_rows(path, columns)
    except OSError as error:
        raise SequenceError(f"{path}: {error.strerror}") from None
    except UserError as error:
        raise SequenceError(str(error)) from None
    if not len(rows):
        raise SequenceError(f"{path} is empty; take it from the data set again")
    return (rows, None) if columns == 4 else (upright_boxes(rows), rows)
