"""Boxes as text, one per line: how every data set and most tools write them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.regular_files import read_regular

SEPARATORS = str.maketrans(",;\t", "   ")
"""Turns what stands between the numbers of a line into spaces, for `str.translate`."""
MAX_TEXT_BYTES = 1 << 26
"""Bytes: a million boxes at full precision have fewer."""
MAX_COORDINATE = 1e9
"""Pixels: no box is there. Beyond it, areas leave the range of floating point."""
_NO_BRACKETS = str.maketrans("", "", "[](){}")
_MISSING = ("None", "null", "nan", "NaN")
"""What files have in place of a box that there is not."""
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


def parse_rows(text: str, columns: int, where: str) -> NDArray[np.float64]:
    """Reads `columns` numbers per line, separated by commas, tabs, semicolons or spaces.

    Empty lines are skipped; `nan` and `inf` count as numbers.

    Args:
        text: the lines.
        columns: how many numbers each line must have.
        where: what the text is, for messages: a file's name.

    Returns:
        float64, shape (lines, columns).

    Raises:
        UserError: a line has another number of values, something that is no number, or commas beside
            semicolons, one of which may be decimal points.
    """
    if "," in text and ";" in text:
        raise UserError(
            f"{where}: has both commas and semicolons, so that 1,5;2 may be 1, 5, 2 or 1.5, 2; write decimal "
            "points, and one separator"
        )
    lines = text.translate(SEPARATORS).splitlines()
    rows = _parse_at_once(lines, columns)
    if rows is not None:
        return rows
    fields_by_line = [
        (number, fields) for number, line in enumerate(lines, start=1) if (fields := line.split())
    ]
    for number, fields in fields_by_line:
        if len(fields) != columns:
            raise UserError(f"{where}: line {number} has {len(fields)} values where {columns} are expected")
        for word in fields:
            if not _is_number(word):
                raise UserError(f"{where}: line {number} has '{word[:40]}' where a number is expected")
    return np.array([fields for _, fields in fields_by_line], dtype=np.float64).reshape(-1, columns)


def parse_table(text: str, where: str) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Reads a table of numbers, one row per frame, whatever its columns mean.

    Brackets around rows are dropped, lines that begin with `#` or `%` and a first line of names are no rows,
    and `None` and `null` are not a number.

    Returns:
        Shape (n, k), n > 0, k > 1, as written; the words of its header, lower-case, if it has one.

    Raises:
        UserError: there is no row, the rows differ in length, a value is no number, or the numbers may have
            decimal commas.
    """
    lines = text.translate(_NO_BRACKETS).splitlines()
    header: tuple[str, ...] = ()
    for index, line in enumerate(lines):
        comment = line.lstrip().startswith(("#", "%"))
        words = line.lstrip(" \t#%").translate(SEPARATORS).split()
        if not words:
            continue
        if not comment and (header or any(map(is_value, words))):
            break
        header = tuple(word.casefold() for word in words)
        lines[index] = ""  # kept, so that messages count the file's lines
    lines = [line if line.strip() not in _MISSING else f"{line} " * 4 for line in lines]
    _refuse_decimal_commas(lines, where)
    text = "\n".join(lines)
    columns = count_columns(text)
    if columns == 0:
        raise UserError(f"{where}: holds no boxes; take the file from its source again or remove it")
    if any(word in text for word in ("None", "null")):
        text = re.sub(r"\b(None|null)\b", "nan", text)
    return parse_rows(text, columns, where), header


def is_value(word: str) -> bool:
    """Whether a word stands for a number, or for a missing one."""
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
    """How many words stand in the first line that has any; 0 where none has."""
    first = next((line for line in text.translate(SEPARATORS).splitlines() if line.strip()), "")
    return len(first.split())


def require_in_range(rows: NDArray[np.float64], where: str) -> None:
    """Refuses numbers that are finite and beyond any image.

    Raises:
        UserError: there is one.
    """
    if len(far := np.flatnonzero((np.isfinite(rows) & (np.abs(rows) > MAX_COORDINATE)).any(axis=1))):
        raise UserError(f"{where}: row {far[0] + 1} is beyond any image; take the file from its source again")


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """Reads a text file of at most `limit` bytes; a byte-order mark is skipped.

    Raises:
        UserError: it cannot be read, is no plain file of a bounded size, or no text.
    """
    try:
        text = read_regular(path, limit).decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise UserError(f"{path}: not a text file in UTF-8; save it as such") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def read_rows(path: Path, columns: int) -> NDArray[np.float64]:
    """Reads a file of boxes as `parse_rows` does.

    Raises:
        UserError: the file cannot be read, or a line is not as expected.
    """
    return parse_rows(read_text(path), columns, str(path))


def format_rows(rows: NDArray[np.float64], separator: str = ",") -> str:
    """Writes an array of shape (lines, columns) as text; reading it gives the same bits."""
    return "".join(separator.join(map(repr, row)) + "\n" for row in rows.tolist())


def _parse_at_once(lines: list[str], columns: int) -> NDArray[np.float64] | None:
    """What NumPy's parser, more than twice as fast, makes of clean lines; None where it balks."""
    # Of text without numbers NumPy warns; it skips blank lines as we do.
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
    # Python's own spelling of a long number, 1_000, is a typing error in a table of boxes.
    return "_" not in word
