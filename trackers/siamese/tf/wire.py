"""Whole numbers of variable length, and the Protocol Buffers messages made of them.

Seven bits to a byte, the lowest first; the top bit says that more follow. A message is a row of fields: a
number that holds the field's own number and its kind, then the value.
Source: Protocol Buffers documentation, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST = 10  # bytes of a varint of 64 bits


class DamagedError(Exception):
    """Bytes are not what they should be. The message says what is wrong with them."""


def varint(data: bytes, place: int) -> tuple[int, int]:
    """Reads a number at `place`.

    Returns:
        The number, 0 to 2^64 - 1, and the place behind it.

    Raises:
        DamagedError: it is cut short or too long.
    """
    value = 0
    for index, byte in enumerate(data[place : place + _LONGEST]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            if value >> 64:
                break
            return value, place + index + 1
    raise DamagedError("a number in it is cut short or too long")


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a message's fields; a value is a number, or bytes for all that has a length.

    Raises:
        DamagedError: the message is cut short, or holds a kind of field that is out of use.
    """
    place = 0
    while place < len(message):
        key, place = varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = varint(message, place)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, place = varint(message, place)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise DamagedError("a message in it has a field of an unknown kind")
        content = message[place : place + size]
        if len(content) < size:
            raise DamagedError("a message in it is cut short")
        place += size
        yield key >> 3, content if kind == _BYTES else int.from_bytes(content, "little")
