"""The records of OTB's two toolkits: a list of runs per sequence, 1 for OPE, 20 for TRE, 12 for SRE.

Each run is a record with its boxes `res` and their type (`type` in MATLAB, `resType` in Python: `rect`, or
one of several kinds of affine parameters), its first frame (`startFrame`), the sequence's first frame
(`annoBegin`, MATLAB), and its length (`len` in MATLAB, `endFrame` in Python). Boxes and frames are 1-based.
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
_MAX_COLUMNS = 12
"""A table with more columns has a column for each frame."""


def read_otb_records(content: Any, where: str) -> list[StoredRun]:
    """Reads the parsed records of one file: a list, or a single one.

    Raises:
        UserError: they are not such records, or hold something else than boxes.
    """
    records = content if isinstance(content, list) else [content]
    if not records or not all(isinstance(record, Mapping) and "res" in record for record in records):
        raise UserError(
            f"{where}: holds no results of OTB's toolkits (records with 'res'); is it in this format?"
        )
    runs = [run for record in records for run in _read_record(record, where)]
    return [replace(run, run_count=len(runs)) for run in runs]


def make_otb_records(runs: Items[Trajectory]) -> list[dict[str, Any]]:
    """Returns the records of runs, with the keys of both toolkits; boxes as given."""
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


def _read_record(record: Mapping[str, Any], where: str) -> list[StoredRun]:
    """Returns the run of a record, or its runs where the boxes are stacked: shape (runs, n, 4)."""
    kind = str(record.get("type", record.get("resType", RECTANGLES)))
    if kind != RECTANGLES:
        raise UserError(
            f"{where}: holds '{kind[:40]}' and not boxes ('{RECTANGLES}'); convert its results to "
            "x, y, w, h with the toolkit that wrote them"
        )
    try:
        stacked = np.atleast_2d(np.asarray(record["res"], dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{where}: its 'res' is not a table of numbers; download the file again") from None
    if stacked.ndim == 2:
        stacked = _row_per_frame(stacked)[None]
    if stacked.ndim != 3 or stacked.size == 0:
        raise UserError(f"{where}: its 'res' is not a table of boxes; download the file again")
    require_boxes(stacked.shape[2], where)
    start, begin = _frame_number(record.get("startFrame")), _frame_number(record.get("annoBegin", 1))
    end, length = _frame_number(record.get("endFrame")), _frame_number(record.get("len"))
    if length is None and start is not None and end is not None:
        length = end - start + 1
    offset = start - begin if start is not None and begin is not None else None
    return [StoredRun(where, boxes, offset=offset, length=length) for boxes in stacked]


def _row_per_frame(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns a table with a row for each frame; some files have a column for each."""
    return table.T if len(table) == _RECTANGLE and table.shape[1] > _MAX_COLUMNS else table


def _frame_number(value: Any) -> int | None:
    """Returns a frame number, or None for anything else."""
    return int(value) if isinstance(value, int | float | np.number) and abs(float(value)) < 1e9 else None
