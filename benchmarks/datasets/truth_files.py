"""Reads the files that describe one sequence: boxes or polygons, per-frame flags, and properties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.box_text import (
    MAX_TEXT_BYTES,
    parse_boxes_or_polygons,
    read_rows,
    read_text,
    require_in_range,
)
from benchmarks.datasets.sequence import SequenceError, as_sequence_error
from trackers.regular_files import read_regular
from trackers.tracker import Boxes
from trackers.wording import counted


def read_truth(path: Path, rows: int) -> Boxes:
    """Reads a file of `rows` boxes.

    Returns:
        Shape (rows, 4), the numbers as in the file.

    Raises:
        SequenceError: the file is missing, unreadable, or has another number of rows.
    """
    boxes = read_boxes(path)
    expect_rows(path, len(boxes), rows)
    return boxes


def read_boxes(path: Path) -> Boxes:
    """Reads a file of boxes.

    Returns:
        Shape (rows, 4), the numbers as in the file.

    Raises:
        SequenceError: the file is missing, empty or unreadable.
    """
    with as_sequence_error():
        boxes = read_rows(path, columns=4)
        require_in_range(boxes, str(path))
    if not len(boxes):
        raise SequenceError(f"{path} is empty; download it again")
    return boxes


def read_regions(path: Path) -> tuple[Boxes, Boxes | None]:
    """Reads a file of boxes or polygons as `parse_boxes_or_polygons` does.

    Raises:
        SequenceError: the file is missing, empty or unreadable.
    """
    with as_sequence_error():
        return parse_boxes_or_polygons(read_text(path), str(path))


def expect_rows(path: Path, found: int, expected: int) -> None:
    """Checks that a file has one row per frame of its sequence.

    Raises:
        SequenceError: it has more or fewer.
    """
    if found != expected:
        raise SequenceError(
            f"{path}: {counted(found, 'row')}, expected {expected}: the file is truncated or from another "
            "release; download it again"
        )


def read_flags(path: Path) -> NDArray[np.bool_]:
    """Reads a file of one 0 or 1 per frame, separated by commas or white space; shape (flags,).

    Raises:
        SequenceError: the file cannot be read or contains anything else.
    """
    with as_sequence_error():
        content = read_regular(path, MAX_TEXT_BYTES)
    return parse_flags(content, str(path))


def read_any_flag(paths: Iterable[Path], rows: int) -> NDArray[np.bool_]:
    """Returns the frames that at least one of some flag files marks; shape (rows,).

    Raises:
        SequenceError: a file cannot be read, or has another number of flags.
    """
    marked = np.zeros(rows, dtype=bool)
    for path in paths:
        flags = read_flags(path)
        expect_rows(path, len(flags), rows)
        marked |= flags
    return marked


def parse_flags(content: bytes, where: str) -> NDArray[np.bool_]:
    """Parses the content of a flag file, which messages call `where`; see `read_flags`."""
    digits = content.removeprefix(b"\xef\xbb\xbf").translate(None, delete=b", \t\r\n")
    if other := set(digits) - set(b"01"):
        raise SequenceError(f"{where} has {chr(min(other))!r} where 0 or 1 is expected")
    flags: NDArray[np.bool_] = np.frombuffer(digits, dtype=np.uint8) == ord("1")
    return flags


def parse_properties(text: str) -> Mapping[str, str]:
    """Parses lines `name=value`; other lines are ignored."""
    parts = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, equals, value in parts if equals}
