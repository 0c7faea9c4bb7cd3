"""Times and regions in the text files of other tools."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import SEPARATORS, count_columns, format_rows, parse_rows
from benchmarks.protocols import Code
from trackers.errors import UserError
from trackers.regions import box_corners
from trackers.tracker import Boxes

_RECTANGLE, _POLYGON = 4, 8
_CODES = {0.0: Code.SKIPPED, 1.0: Code.INITIALIZED, 2.0: Code.FAILED}


def parse_times(text: str, where: str) -> NDArray[np.float64] | None:
    """Reads seconds: one line per frame, one column per run.

    Returns:
        Shape (n, runs); NaN for invalid times. None if the text is not a table of numbers, because bad times
        are no reason to refuse the boxes.
    """
    columns = count_columns(text)
    if columns == 0:
        return None
    try:
        seconds = parse_rows(text, columns, where)
    except UserError:
        return None
    return np.where(np.isfinite(seconds) & (seconds >= 0), seconds, np.nan)


def parse_vot_regions(text: str, where: str) -> tuple[Boxes, NDArray[np.int8] | None]:
    """Reads VOT's regions: each line is a code, a rectangle or a polygon of four corners.

    Returns:
        Boxes (n, 4), or polygons (n, 8) if any line is one, NaN where a line is a code; `Code` of each frame,
        shape (n,), or None if every line is a region.

    Raises:
        UserError: there are no regions, or a line is something else; masks are named as such.
    """
    rows = []
    for number, line in enumerate(text.translate(SEPARATORS).splitlines(), start=1):
        if line.lstrip().startswith("m"):
            raise UserError(f"{where}: line {number} is a mask; only rectangles and polygons can be scored")
        if fields := line.split():
            rows.append(parse_rows(line, len(fields), where)[0])
    return stack_regions(rows, where)


def stack_regions(rows: list[NDArray[np.float64]], where: str) -> tuple[Boxes, NDArray[np.int8] | None]:
    """Stacks codes (1 number), rectangles (4) and polygons (8) into arrays; see `parse_vot_regions`.

    Raises:
        UserError: there are no rows, or one is something else.
    """
    if not rows:
        raise UserError(f"{where}: holds no regions; download the file again or remove it")
    width = _POLYGON if any(len(row) == _POLYGON for row in rows) else _RECTANGLE
    regions = np.full((len(rows), width), np.nan)
    codes = np.full(len(rows), Code.TRACKED, dtype=np.int8)
    for index, row in enumerate(rows):
        if len(row) == 1 and row[0] in _CODES:
            codes[index] = _CODES[float(row[0])]
        elif len(row) == width:
            regions[index] = row
        elif len(row) == _RECTANGLE:
            regions[index] = box_corners(row)
        else:
            raise UserError(
                f"{where}: region {index + 1} is neither a code (0, 1 or 2), a rectangle nor a polygon of "
                "four corners"
            )
    return regions, None if (codes == Code.TRACKED).all() else codes


def format_times(seconds: list[NDArray[np.float64]]) -> bytes:
    """Formats the times of several runs over a sequence: one line per frame, one column per run."""
    return format_rows(np.stack(seconds, axis=1)).encode()
