"""The text format of trajectories: one line per frame.

A line is the region, `x,y,w,h` (or a polygon's eight numbers) at full precision. Where a supervised run has
no region, it is VOT's code: 1 initialized, 2 failed, 0 skipped.
"""

from __future__ import annotations

from io import StringIO

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import SEPARATORS, format_rows, parse_rows
from benchmarks.protocols.protocol import Code, Trajectory
from trackers.errors import UserError
from trackers.wording import counted


def format_trajectory(trajectory: Trajectory) -> tuple[str, str]:
    """Returns the texts of the regions and of the times."""
    return format_regions(trajectory.boxes, trajectory.codes), format_rows(trajectory.seconds[:, None])


def format_regions(
    boxes: NDArray[np.float64], codes: NDArray[np.int8] | None = None, separator: str = ","
) -> str:
    """Formats regions at full precision, one per line, and codes where there is no region."""
    rows = format_rows(boxes, separator)
    if codes is None:
        return rows
    return "".join(
        line if code == Code.TRACKED else f"{code}\n"
        for line, code in zip(rows.splitlines(keepends=True), codes.tolist(), strict=True)
    )


def parse_trajectory(
    regions: str,
    times: str | None,
    where: str,
    start: int = 0,
    backward: bool = False,
    confidences: str | None = None,
) -> Trajectory:
    """Parses the texts of `format_trajectory`, exactly; without `times`, seconds are NaN.

    Args:
        regions: a region or code per line.
        times: the seconds, one number per line.
        where: what messages call the text.
        start: as in `Trajectory`.
        backward: as in `Trajectory`.
        confidences: one number per line; None if there are none.

    Raises:
        UserError: a line is neither a region nor a code, or the texts differ in their number of lines.
    """
    boxes, codes = parse_regions(regions, where)
    seconds, values = np.full(len(boxes), np.nan), None
    if times is not None:
        seconds = _column(times, "time", len(boxes), where)
    if confidences is not None:
        values = _column(confidences, "confidence", len(boxes), where)
    return Trajectory(boxes, seconds, codes, start, backward, values)


def _column(text: str, what: str, rows: int, where: str) -> NDArray[np.float64]:
    """Parses a number per line."""
    column = parse_rows(text, 1, f"the {what}s of {where}")[:, 0]
    if len(column) != rows:
        regions, others = counted(rows, "region"), counted(len(column), what)
        raise UserError(f"{where}: {regions} and {others}")
    return column


def parse_regions(text: str, where: str) -> tuple[NDArray[np.float64], NDArray[np.int8] | None]:
    """Parses regions of four or eight numbers, and codes.

    Returns:
        Boxes (n, 4) or polygons (n, 8), NaN where a line is a code; codes of shape (n,), or None if every
        line is a region.

    Raises:
        UserError: a line is something else.
    """
    if not _has_codes(text):
        columns = _columns(text)
        rows = _plain_rows(text, columns)
        return (parse_rows(text, columns, where) if rows is None else rows), None
    known = {str(code.value): code for code in (Code.SKIPPED, Code.INITIALIZED, Code.FAILED)}
    lines = [line for line in text.splitlines() if line.translate(SEPARATORS).strip()]
    tracked = [line for line in lines if line.strip() not in known]
    columns = _columns("\n".join(tracked[:1]))
    codes = np.array([known.get(line.strip(), Code.TRACKED) for line in lines], dtype=np.int8)
    regions = np.full((len(lines), columns), np.nan)
    regions[codes == Code.TRACKED] = parse_rows("\n".join(tracked), columns, where)
    return regions, codes


def _plain_rows(text: str, columns: int) -> NDArray[np.float64] | None:
    """Parses text of `format_rows` as `parse_rows` does, a quarter faster; None for other text."""
    if ";" in text or not any(character.isdigit() for character in text[:40]):
        return None
    try:
        rows = np.loadtxt(StringIO(text), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None
    return rows if rows.shape[1] == columns else None


def _has_codes(text: str) -> bool:
    """Whether any line is a code; one quick search, because most files are long and have none."""
    blank = any(character in text for character in " \t\r")
    plain = "\n" + ("\n".join(map(str.strip, text.splitlines())) if blank else text) + "\n"
    ends = np.flatnonzero(np.frombuffer(plain.encode(errors="replace"), np.uint8) == ord("\n"))
    if not (np.diff(ends) == 2).any():  # no line of one character
        return False
    return any(f"\n{code.value}\n" in plain for code in (Code.SKIPPED, Code.INITIALIZED, Code.FAILED))


def _columns(text: str) -> int:
    """Returns the expected numbers per line: eight if the first line is a polygon, else four."""
    first = text.lstrip().partition("\n")[0]
    return 8 if first.count(",") == 7 else 4
