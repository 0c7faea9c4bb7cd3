"""Ground truth of VOT's sequences: boxes, polygons or masks, and the anchors of multi-start runs.

A line of `groundtruth.txt` is one of

    x,y,w,h                     a box; NaN where the target is absent
    x1,y1,...,x4,y4             a polygon
    m x0,y0,w,h,n0,n1,...       a mask of w x h pixels at (x0, y0): n0 pixels outside, n1 inside, and so on by
                                rows (VOT2020 and later); read as the box around its pixels
    0                           no region: the target is absent

Source: the VOT toolkit's file format (https://votchallenge.github.io/vot-toolkit).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import SEPARATORS, parse_boxes_or_polygons, parse_rows, read_text, require_in_range
from benchmarks.datasets.sequence import SequenceError, as_sequence_error
from trackers.errors import UserError
from trackers.regions import axis_aligned_boxes
from trackers.tracker import Boxes
from trackers.wording import counted


class VOTTruth(NamedTuple):
    """The ground truth of n frames.

    Attributes:
        boxes: shape (n, 4): x, y, w, h; NaN where the target is absent.
        polygons: shape (n, 8), if the file has polygons, else None.
        from_masks: whether any of the boxes is that around a mask.
    """

    boxes: Boxes
    polygons: Boxes | None
    from_masks: bool = False


def read_vot_truth(path: Path) -> VOTTruth:
    """Reads a file of regions, one per line.

    Raises:
        SequenceError: the file is missing, empty or damaged.
    """
    with as_sequence_error():
        return parse_vot_truth(read_text(path), str(path))


def parse_vot_truth(text: str, where: str) -> VOTTruth:
    """Parses lines of regions, which messages call `where`; see `VOTTruth`.

    Raises:
        UserError: the text is empty, or a line is not a region.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not any(line[0] == "m" or line.isdigit() for line in lines):
        return VOTTruth(*parse_boxes_or_polygons(text, where))
    boxes = np.full((len(lines), 4), np.nan)
    polygons = np.full((len(lines), 8), np.nan)
    kinds = set()
    for index, line in enumerate(lines):
        if line[0] == "m":
            boxes[index] = mask_box(line, f"{where}: line {index + 1}")
            kinds.add("mask")
            continue
        words = line.translate(SEPARATORS).split()
        if len(words) == 1:
            continue
        row = parse_rows(line, 8 if len(words) == 8 else 4, f"{where}: region {index + 1}")[0]
        kinds.add("polygon" if len(row) == 8 else "box")
        boxes[index] = axis_aligned_boxes(row) if len(row) == 8 else row
        polygons[index] = row if len(row) == 8 else np.nan
    require_in_range(boxes, where)
    return VOTTruth(boxes, polygons if kinds == {"polygon"} else None, "mask" in kinds)


def mask_box(text: str, where: str) -> Boxes:
    """Returns the box around the pixels of a mask as VOT writes it: `m x0,y0,w,h,n0,n1,...`.

    Returns:
        Shape (4,): x, y, w, h; NaN if no pixel is set.

    Raises:
        UserError: the text is not a mask.
    """
    words = text.removeprefix("m").translate(SEPARATORS).split()
    try:
        x, y, width, height, *runs = map(int, words)
    except ValueError:
        raise UserError(f"{where} is not a mask m x,y,w,h,n0,n1,... of whole numbers") from None
    ends = np.cumsum(np.array(runs or [0], dtype=np.int64))
    if min(width, height, *runs, 0) < 0 or ends[-1] > width * height:
        raise UserError(f"{where} is a mask of {width} x {height} pixels with runs of {ends[-1]}")
    first, last = ends[:-1][::2], ends[1::2] - 1  # of each run of pixels that are set
    first, last = first[first <= last], last[first <= last]
    if not len(first):
        return np.full(4, np.nan)
    top, bottom = first // width, last // width
    # A run over several rows includes the last pixel of its first row and the first pixel of its last one.
    left = np.where(top == bottom, first % width, 0).min()
    right = np.where(top == bottom, last % width, width - 1).max()
    corner = np.array([x + left, y + top.min()], dtype=np.float64)
    return np.concatenate([corner, [right - left + 1, bottom.max() - top.min() + 1]])


def read_anchors(path: Path, length: int) -> NDArray[np.float64]:
    """Reads `anchor.value`: one number per frame, above 0 where a run starts forward, below 0 backward.

    Returns:
        Shape (length,); 0 beyond the end of the file, as in the toolkit.

    Raises:
        SequenceError: the file cannot be read, is not a column of numbers, or has more than `length`.
    """
    with as_sequence_error():
        values = parse_rows(read_text(path), 1, str(path))[:, 0]
    if len(values) > length or not np.isfinite(values).all():
        raise SequenceError(
            f"{path}: {counted(len(values), 'finite number')} expected, at most one for each of "
            f"{counted(length, 'frame')}"
        )
    return np.concatenate([values, np.zeros(length - len(values))])
