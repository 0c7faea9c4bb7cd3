"""Reads files beside the ground truth of a user's folder: frames without the target, and attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import read_text
from benchmarks.datasets.sequence import SequenceError, as_sequence_error
from benchmarks.datasets.truth_files import expect_rows, read_any_flag
from trackers.regular_files import may_exist

ATTRIBUTES_FILE = "attributes.txt"
HIDDEN_FILES = ("full_occlusion.txt", "out_of_view.txt")
"""LaSOT's flags of frames in which the target is not visible."""
_COVER_FILE = "cover.label"
"""GOT-10k's file: the visible part of the target in eighths, from 0 to 8."""
_ABSENCE_FILES = ("absence.label", "absent.txt", "absent.label")


def read_absent(truth: Path, name: str, rows: int) -> NDArray[np.bool_] | None:
    """Returns the frames in which the target is not visible, shape (rows,); None if no file says so.

    `cover.label` takes precedence, as in GOT-10k's toolkit. If ground truth is not in the sequence's folder,
    `<sequence>_absent.txt` or `absent/<sequence>.txt` beside it is read.

    Args:
        truth: the ground-truth file.
        name: the sequence's name.
        rows: the number of frames.

    Raises:
        SequenceError: a file is damaged, or has another number of rows.
    """
    folder = truth.parent
    if may_exist(path := folder / _COVER_FILE):
        cover = _read_cover(path)
        expect_rows(path, len(cover), rows)
        absent: NDArray[np.bool_] = cover == 0
        return absent
    if truth.stem != name:
        for other in _ABSENCE_FILES:
            if may_exist(path := folder / other):
                return read_any_flag([path], rows)
        if hidden := [folder / other for other in HIDDEN_FILES if may_exist(folder / other)]:
            return read_any_flag(hidden, rows)
    for path in (folder / f"{name}_absent.txt", folder / "absent" / f"{name}.txt"):
        if may_exist(path):
            return read_any_flag([path], rows)
    return None


def read_attributes(folder: Path) -> tuple[str, ...]:
    """Returns the words of `attributes.txt`; () if there is no such file.

    Raises:
        SequenceError: the file cannot be read.
    """
    path = folder / ATTRIBUTES_FILE
    return tuple(dict.fromkeys(_words(path))) if may_exist(path) else ()


def _words(path: Path) -> list[str]:
    with as_sequence_error():
        return read_text(path, replace_undecodable=True).replace(",", " ").split()


def _read_cover(path: Path) -> NDArray[np.int64]:
    words = _words(path)
    if other := [word for word in words if not (word.isascii() and word.isdigit() and len(word) < 3)]:
        raise SequenceError(f"{path} has {other[0][:40]!r} where a number from 0 to 8 is expected")
    return np.array([int(word) for word in words], dtype=np.int64)
