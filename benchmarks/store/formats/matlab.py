"""MATLAB's MAT-files of level 5 (`save -v6` and `-v7`): tables, text, structs and cell arrays.

The format is MathWorks' "MAT-File Format": a header of 128 bytes, then elements, each with a type and a
length (two uint32) and its data, padded to 8 bytes. The data of an array are elements again: flags,
dimensions, name and content. The reader is our own, because files of others may be damaged or malicious, and
some of those make `scipy.io.loadmat` crash the process. It creates nothing but numbers, text and containers.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.store.formats.members import MEMBER_LIMIT
from trackers.errors import UserError

_HEADER = 128
_HEADER_TEXT = 116
_LEVEL_7_3 = 0x0200
_DOUBLE, _MATRIX, _COMPRESSED = 9, 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_NUMERIC = range(6, 16)
"""The classes double, single and the integers of 8 to 64 bits."""
_COMPLEX = 0x0800
_DTYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ENCODINGS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_MAX_DEPTH = 8
"""Nesting of arrays; results have three levels: a cell array of structs of tables."""
_MAX_FIELDS = 1000
_EMPTY = np.empty((0, 0))


def read_variable(content: bytes, variable: str, where: str) -> Any:
    """Reads one variable of a file.

    Returns:
        A float for a single number, an array for more, a string, a dict for a struct, a list for a cell array
        or an array of structs; None if the file has no such variable.

    Raises:
        UserError: the file is damaged, of another level, or holds other data.
    """
    version, order = content[124:126], {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None:
        level = "a MAT-file of level 4" if _is_level_4(content) else "not a MAT-file"
        raise UserError(f"{where}: {level}; save it again with `save -v7`")
    [level] = struct.unpack(order + "H", version)
    if level == _LEVEL_7_3:
        raise UserError(f"{where}: saved as MATLAB 7.3; save it again with `save -v7`")
    unread = MEMBER_LIMIT
    try:
        for kind, data in _elements(content[_HEADER:], order):
            if kind == _COMPRESSED:
                data = zlib.decompressobj().decompress(data, unread + 1)
                unread -= len(data)
                if unread < 0:
                    raise UserError(
                        f"{where}: larger than {MEMBER_LIMIT >> 20} MiB unpacked, too large for results"
                    )
                kind, data = next(_elements(data, order))
            if kind == _MATRIX:
                name, value = _array(data, order, _MAX_DEPTH)
                if name == variable:
                    return value
    except (ValueError, struct.error, StopIteration, zlib.error) as error:
        raise UserError(f"{where}: a damaged MAT-file ({error or 'cut short'}); download it again") from None
    return None


def _is_level_4(content: bytes) -> bool:
    """Whether a file begins with the type, size and name length of a matrix of level 4."""
    if len(content) < 20:
        return False
    kind, _, _, imaginary, length = struct.unpack_from("<5I", content)
    return bool(kind < 53 and imaginary < 2 and 1 < length < 64)


def write_variable(variable: str, value: Any) -> bytes:
    """Writes a file with one variable: lists become cell arrays, dicts structs, numbers double, text char."""
    from scipy.io import savemat  # a third of a second, which reading should not cost

    file = io.BytesIO()
    savemat(file, {variable: _for_scipy(value)}, do_compression=True)
    # SciPy's header text holds the time; without it, the same results give the same bytes.
    return b"MATLAB 5.0 MAT-file".ljust(_HEADER_TEXT) + file.getvalue()[_HEADER_TEXT:]


def _for_scipy(value: Any) -> Any:
    if isinstance(value, list):
        cells = np.empty((1, len(value)), dtype=object)
        cells[0, :] = [_for_scipy(each) for each in value]
        return cells
    if isinstance(value, dict):
        return {name: _for_scipy(each) for name, each in value.items()}
    return value if isinstance(value, str) else np.asarray(value, dtype=np.float64)


def _elements(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yields type and data of each element."""
    place = 0
    while place < len(content):
        kind, length = struct.unpack_from(order + "II", content, place)
        place += 8
        if kind >> 16:  # a small element: its data, up to four bytes, take the place of the length
            kind, length = kind & 0xFFFF, kind >> 16
            data = content[place - 4 : place - 4 + min(length, 4)]
        else:
            data = content[place : place + length]
            place += length if kind == _COMPRESSED else length + -length % 8
        if len(data) < length:
            raise ValueError("cut short")
        yield kind, data


def _array(data: bytes, order: str, depth: int) -> tuple[str, Any]:
    """Returns name and value of an array."""
    if not data:
        return "", _EMPTY
    if depth == 0:
        raise ValueError("arrays are nested too deep")
    elements = _elements(data, order)
    [flags, *_] = np.frombuffer(next(elements)[1], order + "u4").tolist()
    shape = np.frombuffer(next(elements)[1], order + "i4").tolist()
    name = next(elements)[1].decode("latin-1")
    kind = flags & 0xFF
    if kind == _CELL:
        return name, [_array(inner, order, depth - 1)[1] for _, inner in elements]
    if kind == _STRUCT:
        return name, _structs(elements, order, depth)
    stored, content = next(elements, (_DOUBLE, b""))
    if kind == _CHAR and stored in _ENCODINGS:
        encoding = _ENCODINGS[stored]
        byte_order = {"<": "-le", ">": "-be"}[order] if encoding in ("utf-16", "utf-32") else ""
        return name, content.decode(encoding + byte_order)
    if kind not in _NUMERIC or flags & _COMPLEX or stored not in _DTYPES:
        raise ValueError(f"arrays of class {kind} are not supported")
    numbers = np.frombuffer(content, order + _DTYPES[stored]).astype(np.float64)
    # NumPy raises an error where the shape does not fit.
    return name, float(numbers[0]) if len(numbers) == 1 else numbers.reshape(shape, order="F")


def _structs(elements: Iterator[tuple[int, bytes]], order: str, depth: int) -> Any:
    """Returns the struct, or the list of structs, whose field names and fields follow."""
    [width] = np.frombuffer(next(elements)[1], order + "i4").tolist()
    text = next(elements)[1].decode("latin-1")
    if width < 1 or not 0 < len(text) <= width * _MAX_FIELDS:
        raise ValueError("a struct has no fields, or too many")
    fields = [text[place : place + width].partition("\0")[0] for place in range(0, len(text), width)]
    values = [_array(inner, order, depth - 1)[1] for _, inner in elements]
    if len(values) % len(fields):
        raise ValueError("cut short")
    starts = range(0, len(values), len(fields))
    structs = [dict(zip(fields, values[start:], strict=False)) for start in starts]
    return structs[0] if len(structs) == 1 else structs
