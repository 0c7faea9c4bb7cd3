"""What OTB's two toolkits store: a list of runs per sequence, 1 for OPE, 20 for TRE, 12 for SRE.

Each run is a record with its boxes `res` and what they are (`type` in MATLAB, `resType` in Python: `rect`, or
one of several kinds of affine parameters), the frame it starts in (`startFrame`), where the sequence starts
(`annoBegin`, MATLAB), and how long it is (`len` in MATLAB, `endFrame` in Python). Boxes and frames count
from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocols import Trajectory
from benchmarks.store.formats.base import StoredRun
from benchmarks.store.formats.column_detection import require_boxes
from trackers.errors import UserError

RECTANGLES = "rect"
_RECTANGLE = 4
_MOST_COLUMNS = 12
"""No table has more, unless its columns are the frames."""


def read_otb_records(content: Any, where: str) -> list[StoredRun]:
    """Reads the records of one file, as their toolkit's parser returns them: a list, or one alone.

    Raises:
        UserError: they are no such records, or hold something else than boxes.
    """
    records = content if isinstance(content, list) else [content]
    if not records or not all(isinstance(record, Mapping) and "res" in record for record in records):
        raise UserError(
            f"{where}: holds no results of OTB's toolkits (records with 'res'); is it of this format?"
        )
    runs = [run for record in records for run in _read(record, where)]
    return [replace(run, several=len(runs)) for run in runs]


def make_otb_records(runs: Items[Trajectory]) -> list[dict[str, Any]]:
    """Records with the names that both toolkits share; boxes as given."""
    return [
        {
            "res": run.boxes,
            "startFrame": run.start + 1,
            "endFrame": run.start + len(run.boxes),
            "len": len(run.boxes),
            "annoBegin": 1,
        }
        for run in runs
    ]


def _read(record: Mapping[str, Any], where: str) -> list[StoredRun]:
    """The run of a record, or the runs of one whose boxes are stacked: shape (runs, n, 4)."""
    kind = str(record.get("type", record.get("resType", RECTANGLES)))
    if kind != RECTANGLES:
        raise UserError(
            f"{where}: holds '{kind[:40]}' and not boxes ('{RECTANGLES}'); convert its results to "
            "x, y, w, h with the toolkit that wrote them"
        )
    try:
        stacked = np.atleast_2d(np.asarray(record["res"], dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        raise UserError(
            f"{where}: its 'res' is no table of numbers; take the file from its source again"
        ) from None
    if stacked.ndim == 2:
        stacked = _upright(stacked)[None]
    if stacked.ndim != 3 or stacked.size == 0:
        raise UserError(f"{where}: its 'res' is no table of boxes; take the file from its source again")
    require_boxes(stacked.shape[2], where)
    start, begin = _whole(record.get("startFrame")), _whole(record.get("annoBegin", 1))
    end, length = _whole(record.get("endFrame")), _whole(record.get("len"))
    if length is None and start is not None and end is not None:
        length = end - start + 1
    offset = start - begin if start is not None and begin is not None else None
    return [StoredRun(where, boxes, offset=offset, length=length) for boxes in stacked]


def _upright(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """A table with a row for each frame: some write a column for each."""
    return table.T if len(table) == _RECTANGLE and table.shape[1] > _MOST_COLUMNS else table


def _whole(value: Any) -> int | None:
    """A frame number, or None for anything else."""
    return int(value) if isinstance(value, int | float | np.number) and abs(float(value)) < 1e9 else None
