"""Parses and writes boxes as text, one per line, the format of every data set and most tools."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.regions import axis_aligned_boxes
from trackers.regular_files import read_regular
from trackers.tracker import Boxes
from trackers.wording import agree, counted

SEPARATORS = str.maketrans(",;\t", "   ")
"""Table for `str.translate` that turns separators between numbers into spaces."""
MAX_TEXT_BYTES = 1 << 26
"""Size limit of text files; a million boxes at full precision are smaller."""
MAX_COORDINATE = 1e9
"""Pixels, beyond any image. Areas of larger boxes exceed the range of floating point."""
_BRACKETS = str.maketrans("", "", "[](){}")
_MISSING = ("None", "null", "nan", "NaN")
"""Words that files have in place of a missing box."""
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


def parse_rows(text: str, columns: int, where: str) -> NDArray[np.float64]:
    """Parses `columns` numbers per line, separated by commas, tabs, semicolons or spaces.

    Empty lines are skipped; `nan` and `inf` count as numbers.

    Args:
        text: the lines.
        columns: how many numbers each line must have.
        where: the source of the text, for messages: a file's name.

    Returns:
        float64, shape (lines, columns).

    Raises:
        UserError: a line has another number of values or something other than a number, or the text has both
            commas and semicolons, so that commas may be decimal points.
    """
    if "," in text and ";" in text:
        raise UserError(
            f"{where}: has both commas and semicolons, so that 1,5;2 may be 1, 5, 2 or 1.5, 2; write decimal "
            "points, and one separator"
        )
    lines = text.translate(SEPARATORS).splitlines()
    rows = _parse_fast(lines, columns)
    if rows is not None:
        return rows
    fields_by_line = [
        (number, fields) for number, line in enumerate(lines, start=1) if (fields := line.split())
    ]
    for number, fields in fields_by_line:
        if len(fields) != columns:
            expected = f"{columns} {agree(columns, 'is', 'are')} expected"
            raise UserError(f"{where}: line {number} has {counted(len(fields), 'value')} where {expected}")
        for word in fields:
            if not _is_number(word):
                raise UserError(f"{where}: line {number} has '{word[:40]}' where a number is expected")
    return np.array([fields for _, fields in fields_by_line], dtype=np.float64).reshape(-1, columns)


def parse_table(text: str, where: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Parses a table of numbers, one row per frame, with any number of columns.

    Brackets around rows are dropped, lines that begin with `#` or `%` and a header line are skipped, and
    `None` and `null` become NaN.

    Returns:
        The numbers, shape (n, k) with n > 0 and k > 1; the words of the header in lower case, or ().

    Raises:
        UserError: there is no row, rows differ in length, a value is not a number, or numbers seem to have
            decimal commas.
    """
    lines = text.translate(_BRACKETS).splitlines()
    header: tuple[str, ...] = ()
    for index, line in enumerate(lines):
        comment = line.lstrip().startswith(("#", "%"))
        words = line.lstrip(" \t#%").translate(SEPARATORS).split()
        if not words:
            continue
        if not comment and (header or any(map(is_value, words))):
            break
        header = tuple(word.casefold() for word in words)
        lines[index] = ""  # not deleted, so that messages give the file's line numbers
    lines = [line if line.strip() not in _MISSING else f"{line} " * 4 for line in lines]
    _refuse_decimal_commas(lines, where)
    text = "\n".join(lines)
    columns = count_columns(text)
    if columns == 0:
        raise UserError(f"{where}: holds no boxes; download the file again or remove it")
    if any(word in text for word in ("None", "null")):
        text = re.sub(r"\b(None|null)\b", "nan", text)
    return parse_rows(text, columns, where), header


def parse_boxes_or_polygons(text: str, where: str) -> tuple[Boxes, Boxes | None]:
    """Parses ground truth of 4 numbers per line (boxes) or 8 (polygons); the first line tells which.

    Args:
        text: the lines.
        where: the source of the text, for messages.

    Returns:
        Upright boxes, shape (rows, 4), and the polygons, shape (rows, 8), or None if the text has boxes. All
        numbers are in the file's own pixel origin.

    Raises:
        UserError: the text is empty, or a line is invalid.
    """
    columns = 8 if count_columns(text) == 8 else 4
    rows = parse_rows(text, columns, where)
    if not len(rows):
        raise UserError(f"{where} is empty; download it again")
    require_in_range(rows, where)
    return (rows, None) if columns == 4 else (axis_aligned_boxes(rows), rows)


def is_value(word: str) -> bool:
    """Returns whether a word is a number or one of the words for a missing one."""
    try:
        float(word)
    except ValueError:
        return word in _MISSING
    return True


def _refuse_decimal_commas(lines: list[str], where: str) -> None:
    first = next((line for line in lines if line.strip()), "")
    fields = [field.strip() for field in (first.split(";") if ";" in first else first.split())]
    fields = [field for field in fields if field]
    if len(fields) >= 4 and all(map(_DECIMAL_COMMA.fullmatch, fields)):
        raise UserError(
            f"{where}: numbers such as {fields[0]} seem to have decimal commas; write decimal points"
        )


def count_columns(text: str) -> int:
    """Returns the number of words in the first line that is not blank; 0 if there is none."""
    first = next((line for line in text.translate(SEPARATORS).splitlines() if line.strip()), "")
    return len(first.split())


def require_in_range(rows: NDArray[np.float64], where: str) -> None:
    """Refuses finite numbers beyond `MAX_COORDINATE`.

    Raises:
        UserError: there is one.
    """
    if len(far := np.flatnonzero((np.isfinite(rows) & (np.abs(rows) > MAX_COORDINATE)).any(axis=1))):
        raise UserError(f"{where}: row {far[0] + 1} is beyond any image; download the file again")


def read_text(path: Path, limit: int = MAX_TEXT_BYTES, replace_undecodable: bool = False) -> str:
    """Reads a UTF-8 file of at most `limit` bytes, without byte-order mark and with Unix line ends.

    Args:
        path: the file.
        limit: bytes.
        replace_undecodable: whether bytes that are not UTF-8 become U+FFFD instead of an error.

    Raises:
        UserError: the file cannot be read, is not a regular file, is too large, or is not UTF-8 text.
    """
    try:
        text = read_regular(path, limit).decode(
            "utf-8-sig", errors="replace" if replace_undecodable else "strict"
        )
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file in UTF-8; save it as such") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def read_rows(path: Path, columns: int) -> NDArray[np.float64]:
    """Reads a file of boxes as `parse_rows` does.

    Raises:
        UserError: the file cannot be read, or a line is invalid.
    """
    return parse_rows(read_text(path), columns, str(path))


def format_rows(rows: NDArray[np.float64], separator: str = ",") -> str:
    """Formats an array of shape (lines, columns) as text; parsing it gives the same bits."""
    return "".join(separator.join(map(repr, row)) + "\n" for row in rows.tolist())


def _parse_fast(lines: list[str], columns: int) -> NDArray[np.float64] | None:
    """Parses lines with NumPy's parser, which is more than twice as fast; None if it fails."""
    # NumPy warns about text without numbers; like us, it skips blank lines.
    if not any(line.strip() for line in lines):
        return None
    try:
        rows = np.loadtxt(lines, comments=None, ndmin=2)
    except ValueError:
        return None
    return rows if rows.shape[1] == columns else None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    # Python accepts 1_000; in a table of boxes it is a typing error.
    return "_" not in word
