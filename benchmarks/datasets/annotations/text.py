"""Reads text tables of boxes with frame numbers, or with declared or named columns, such as MOTChallenge's.

MOT's `gt.txt` has the columns frame, target, left, top, width, height, and a flag that says whether the row
is evaluated (Milan et al., MOT16, arXiv 1603.00831, table 5). Frames and pixels count from 1.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_columns import Columns, header_columns
from benchmarks.box_text import SEPARATORS, is_value, parse_table, require_in_range
from benchmarks.datasets.annotations.track import Track, track_from_boxes
from trackers.errors import UserError
from trackers.tracker import Boxes
from trackers.wording import counted

MOT = Columns(skip=2)
_MOT_FLAG = 6
"""Index of MOT's column that says whether a row is evaluated; in results it is a confidence."""
_ABSENT_COLUMNS = ("absent", "out_of_view", "full_occlusion")
_FRAME_COLUMNS = ("frame", "frame_id", "frame_number", "frame_index", "image", "index")


def named_columns(text: str, where: str) -> Columns | None:
    """Returns the columns that a table's header names; None if it has no header.

    Raises:
        UserError: the header does not name a box in a known layout.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    words = first.strip(" \t#%").translate(SEPARATORS).split()
    if not words or any(is_value(word) or not word.isidentifier() for word in words):
        return None
    columns = header_columns(tuple(word.casefold() for word in words))
    if columns is None:
        raise UserError(
            f"{where}: its header names no known box columns; write x,y,w,h or x1,y1,x2,y2 or cx,cy,w,h, or "
            "declare the columns in sotbench.toml"
        )
    return columns


def read_tracks(
    text: str, where: str, columns: Columns, size: tuple[int, int] | None, mot: bool = False
) -> list[Track]:
    """Reads the targets of a table.

    Args:
        text: the table.
        where: its name, for messages.
        columns: its columns. With one skipped column, that column numbers the frames if the header says so or
            if its values never repeat. Two skipped columns are frame and target, as in MOT.
        size: width and height of the images, for normalized boxes.
        mot: whether to drop rows that are flagged as not evaluated.

    Raises:
        UserError: the table is damaged, or the columns are not as declared.
    """
    table, header = parse_table(text, where)
    if table.shape[1] < columns.skip + 4:
        raise UserError(
            f"{where}: rows of {counted(table.shape[1], 'number')} have no box after "
            f"{counted(columns.skip, 'skipped column')}; see skip_columns in sotbench.toml"
        )
    if mot and table.shape[1] > _MOT_FLAG:
        table = table[table[:, _MOT_FLAG] != 0]
        if not len(table):
            raise UserError(f"{where}: column 7 marks every row as not evaluated")
    boxes = columns.boxes(table)
    if columns.normalized:
        if size is None:
            raise UserError(f"{where}: normalized boxes need the size of the images, and there are none")
        boxes = boxes * np.array([*size, *size], dtype=np.float64)
    require_in_range(boxes, where)
    flags = _absent_flags(table, header)
    if columns.skip == 0 or not _has_frame_numbers(table, header, columns):
        return [Track("", 0, boxes, flags)]
    absent = np.zeros(len(boxes), bool) if flags is None else flags
    frames = _frames(table[:, 0], where)
    targets = table[:, 1] if columns.skip == 2 else np.zeros(len(table))
    by_target: dict[float, dict[int, Boxes]] = defaultdict(dict)
    for frame, target, box, hidden in zip(frames, targets.tolist(), boxes, absent, strict=True):
        if frame in by_target[target]:
            raise UserError(f"{where}: frame {frame} has two boxes of one target; see skip_columns")
        by_target[target][frame] = np.full(4, np.nan) if hidden else box
    return [track_from_boxes(f"{target:g}", rows, where) for target, rows in sorted(by_target.items())]


def _has_frame_numbers(table: NDArray[np.float64], header: tuple[str, ...], columns: Columns) -> bool:
    if columns.skip == 2 or (header and header[0] in _FRAME_COLUMNS):
        return True
    numbers = table[:, 0]
    return bool((numbers == np.rint(numbers)).all() and len(set(numbers.tolist())) == len(numbers) > 1)


def _frames(numbers: NDArray[np.float64], where: str) -> list[int]:
    """Returns 0-based frames: files count from 0 if they have a 0, and from 1 otherwise."""
    if not (
        np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all() and (abs(numbers) < 1e9).all()
    ):
        raise UserError(f"{where}: its first column does not hold frame numbers; see skip_columns")
    integers = numbers.astype(np.int64)
    frames: list[int] = (integers - (0 if 0 in integers else 1)).tolist()
    return frames


def _absent_flags(table: NDArray[np.float64], header: tuple[str, ...]) -> NDArray[np.bool_] | None:
    """Returns the frames that a column of the header flags as absent; None without such a column."""
    columns = [
        column for column, word in enumerate(header) if word in _ABSENT_COLUMNS and column < table.shape[1]
    ]
    if not columns:
        return None
    absent: NDArray[np.bool_] = (table[:, columns] != 0).any(axis=1)
    return absent
