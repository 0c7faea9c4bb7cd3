"""Tables of boxes with frame numbers, or with columns that are declared or named; MOTChallenge's among them.

MOT's `gt.txt` has frame, target, left, top, width, height, and whether the row counts (Milan et al., MOT16,
arXiv 1603.00831, table 5); frames and pixels count from 1.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_columns import Columns, header_columns
from benchmarks.box_text import SEPARATORS, is_value, parse_table, require_in_range
from benchmarks.datasets.annotations.track import Track, track_of
from trackers.errors import UserError
from trackers.tracker import Boxes

MOT = Columns(skip=2)
_COUNTS = 6
"""MOT's column that says whether a row counts; of results it is a confidence."""
_ABSENT = ("absent", "out_of_view", "full_occlusion")
_NUMBERS = ("frame", "frame_id", "frame_number", "frame_index", "image", "index")


def named_columns(text: str, where: str) -> Columns | None:
    """What the header of a table says of its columns, or None where it has none.

    Raises:
        UserError: it has one that names no box as we know it.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    words = first.strip(" \t#%").translate(SEPARATORS).split()
    if not words or any(is_value(word) or not word.isidentifier() for word in words):
        return None
    columns = header_columns(tuple(word.casefold() for word in words))
    if columns is None:
        raise UserError(
            f"{where}: its header names no box; write x,y,w,h or x1,y1,x2,y2 or cx,cy,w,h, or declare the "
            "columns in sotbench.toml"
        )
    return columns


def read_tracks(
    text: str, where: str, columns: Columns, size: tuple[int, int] | None, mot: bool = False
) -> list[Track]:
    """Reads the targets of a table.

    Args:
        text: the table.
        where: what messages call it.
        columns: what its columns are. One that is skipped numbers the frames if the header says so, and also
            where it never repeats itself; two are MOT's.
        size: width and height of the images, for normalized boxes.
        mot: whether rows that do not count are to be left out.

    Raises:
        UserError: it is damaged, or the columns are not as declared.
    """
    table, header = parse_table(text, where)
    if table.shape[1] < columns.skip + 4:
        raise UserError(
            f"{where}: rows of {table.shape[1]} numbers hold no box where {columns.skip} are skipped; see "
            "skip_columns in sotbench.toml"
        )
    if mot and table.shape[1] > _COUNTS:
        table = table[table[:, _COUNTS] != 0]
        if not len(table):
            raise UserError(f"{where}: no row counts; column 7 is 0 in all")
    boxes = columns.boxes(table)
    if columns.normalized:
        if size is None:
            raise UserError(f"{where}: normalized boxes need the size of the images, which are not there")
        boxes = boxes * np.array([*size, *size], dtype=np.float64)
    require_in_range(boxes, where)
    gone = _absent(table, header)
    if columns.skip == 0 or not _numbered(table, header, columns):
        return [Track("", 0, boxes, gone)]
    frames = _frames(table[:, 0], where)
    targets = table[:, 1] if columns.skip == 2 else np.zeros(len(table))
    by_target: dict[float, dict[int, Boxes]] = defaultdict(dict)
    for frame, target, box, absent in zip(
        frames, targets.tolist(), boxes, gone if gone is not None else np.zeros(len(boxes), bool), strict=True
    ):
        if frame in by_target[target]:
            raise UserError(f"{where}: frame {frame} has two boxes of one target; see skip_columns")
        by_target[target][frame] = np.full(4, np.nan) if absent else box
    return [track_of(f"{target:g}", rows, where) for target, rows in sorted(by_target.items())]


def _numbered(table: NDArray[np.float64], header: tuple[str, ...], columns: Columns) -> bool:
    if columns.skip == 2 or (header and header[0] in _NUMBERS):
        return True
    numbers = table[:, 0]
    return bool((numbers == np.rint(numbers)).all() and len(set(numbers.tolist())) == len(numbers) > 1)


def _frames(numbers: NDArray[np.float64], where: str) -> list[int]:
    """Frames from 0 on; files count from 0 if they have a 0, and from 1 otherwise."""
    if not (
        np.isfinite(numbers).all() and (numbers == np.rint(numbers)).all() and (abs(numbers) < 1e9).all()
    ):
        raise UserError(f"{where}: its first column has something else than frame numbers; see skip_columns")
    whole = numbers.astype(np.int64)
    frames: list[int] = (whole - (0 if 0 in whole else 1)).tolist()
    return frames


def _absent(table: NDArray[np.float64], header: tuple[str, ...]) -> NDArray[np.bool_] | None:
    """Frames that a column of the header says the target is absent in."""
    places = [place for place, word in enumerate(header) if word in _ABSENT and place < table.shape[1]]
    if not places:
        return None
    absent: NDArray[np.bool_] = (table[:, places] != 0).any(axis=1)
    return absent
