"""Ground truth that is drawn as rotated boxes, and the upright boxes that trackers are started with."""

from __future__ import annotations

from pathlib import Path

from benchmarks.box_text import count_columns, parse_rows, read_text, require_in_range
from benchmarks.datasets.sequence import SequenceError
from trackers.errors import UserError
from trackers.regions import axis_aligned_boxes
from trackers.tracker import Boxes


def read_regions(path: Path) -> tuple[Boxes, Boxes | None]:
    """Reads ground truth of 4 numbers per line (boxes) or 8 (polygons), as they are written.

    Returns:
        Upright boxes, shape (rows, 4), and the polygons, shape (rows, 8), or None where there are none.

    Raises:
        SequenceError: the file is missing, empty or unreadable.
    """
    try:
        return parse_regions(read_text(path), str(path))
    except UserError as error:
        raise SequenceError(str(error)) from None


def parse_regions(text: str, where: str) -> tuple[Boxes, Boxes | None]:
    """What `read_regions` makes of the text of a file, called `where` in messages.

    Raises:
        UserError: the text is empty, or not what it should be.
    """
    columns = 8 if count_columns(text) == 8 else 4
    rows = parse_rows(text, columns, where)
    if not len(rows):
        raise UserError(f"{where} is empty; take it from the data set again")
    require_in_range(rows, where)
    return (rows, None) if columns == 4 else (axis_aligned_boxes(rows), rows)
