"""Ground truth that is drawn as rotated boxes, and the upright boxes that trackers are started with."""

from __future__ import annotations

from pathlib import Path

from benchmarks.boxfiles import read_rows
from benchmarks.datasets.sequence import SequenceError
from trackers.errors import UserError
from trackers.regions import upright_boxes
from trackers.tracker import Boxes


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
