"""Trajectories as text: one line per frame.

A line is the region, `x,y,w,h` (or a polygon's eight numbers) at full precision. Where a supervised run has
no region, it is VOT's code instead: 1 initialised, 2 failed, 0 skipped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.boxfiles import format_rows, parse_rows
from benchmarks.protocols.protocol import Code, Trajectory
from trackers.errors import UserError


def format_trajectory(trajectory: Trajectory) -> tuple[str, str]:
    """Returns the text of the regions and that of the times."""
    times = format_rows(trajectory.seconds[:, None])
    rows = format_rows(trajectory.boxes)
    if trajectory.codes is not None:
        lines = [
            line if code == Code.TRACKED else str(code)
            for line, code in zip(rows.splitlines(), trajectory.codes.tolist(), strict=True)
        ]
        rows = "".join(line + "\n" for line in lines)
    return rows, times


def parse_trajectory(regions: str, times: str, where: str, start: int = 0) -> Trajectory:
    """Reads what `format_trajectory` wrote, to the bit.

    Raises:
        UserError: a line is neither a region nor a code, or there are not as many times as regions; `where`
            names the text.
    """
    boxes, codes = parse_regions(regions, where)
    seconds = parse_rows(times, 1, f"the times of {where}")[:, 0]
    if len(seconds) != len(boxes):
        raise UserError(f"{where}: {len(boxes)} regions and {len(seconds)} times")
    return Trajectory(boxes, seconds, codes, start)


def parse_regions(text: str, where: str) -> tuple[NDArray[np.float64], NDArray[np.int8] | None]:
    """Reads regions of four or eight numbers, and codes where there are any.

    Returns:
        Boxes (n, 4) or polygons (n, 8), NaN where a line is a code; codes of shape (n,), or None if every
        line is a region.

    Raises:
        UserError: a line is something else.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    known = {str(code.value): code for code in (Code.SKIPPED, Code.INITIALIZED, Code.FAILED)}
    codes = np.array([known.get(line.strip(), Code.TRACKED) for line in lines], dtype=np.int8)
    tracked = codes == Code.TRACKED
    columns = 4
    if tracked.any():
        columns = 8 if lines[int(np.argmax(tracked))].count(",") == 7 else 4
    if tracked.all():
        return parse_rows(text, columns, where), None
    regions = np.full((len(lines), columns), np.nan)
    kept = "\n".join(line for line, keep in zip(lines, tracked, strict=True) if keep)
    regions[tracked] = parse_rows(kept, columns, where)
    return regions, codes
