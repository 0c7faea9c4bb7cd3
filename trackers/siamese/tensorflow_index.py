"""Checksums of a TensorFlow checkpoint's index, which TensorFlow itself passes over in silence.

The index is a table of LevelDB's: blocks of variables' names with their types, shapes and places, an index
of these blocks, and a footer of 48 bytes. Behind each block are its type and a checksum (CRC-32C, masked).
Source: google/leveldb, doc/table_format.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

_FOOTER = 48
_MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
_TRAILER = 5
"""Bytes after a block: its type, and the checksum."""
_PLAIN = 0
"""The type of a block that is not compressed."""


def is_sound(content: bytes) -> bool:
    """Returns whether all checksums of an index are right.

    Also False if the file is no such table, or its end is missing.
    """
    if len(content) < _FOOTER or content[-8:] != _MAGIC:
        return False
    try:
        _, _, place = _handle(content, len(content) - _FOOTER)  # of a block that describes the table
        offset, size, _ = _handle(content, place)
        if not _block_is_sound(content, offset, size):
            return False
        if content[offset + size] != _PLAIN:
            return True  # TensorFlow compresses none
        return all(_block_is_sound(content, *handle) for handle in _handles(content[offset : offset + size]))
    except IndexError:
        return False


def _handles(index: bytes) -> Iterator[tuple[int, int]]:
    """Yields the offset and the size of each block that the block `index` lists."""
    restarts = int.from_bytes(index[-4:], "little")
    end = len(index) - 4 * (restarts + 1)
    place = 0
    while place < end:
        _, place = _varint(index, place)  # what the key shares with the one before
        key, place = _varint(index, place)
        value, place = _varint(index, place)
        offset, size, _ = _handle(index, place + key)
        yield offset, size
        place += key + value


def _block_is_sound(content: bytes, offset: int, size: int) -> bool:
    end = offset + size + _TRAILER
    if end > len(content):
        return False
    stored = int.from_bytes(content[end - 4 : end], "little")
    found = _crc32c(content[offset : end - 4])
    return stored == ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _handle(content: bytes, place: int) -> tuple[int, int, int]:
    """Reads a block's offset and size; returns them and the place behind."""
    offset, place = _varint(content, place)
    size, place = _varint(content, place)
    return offset, size, place


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Reads a number of seven bits a byte, the lowest first; returns it and the place behind."""
    value = shift = 0
    while content[place] & 0x80:
        value |= (content[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
    return value | content[place] << shift, place + 1


def _crc32c(data: bytes) -> int:
    """CRC-32 by Castagnoli's polynomial, reflected."""
    table = _crc_table()
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


@cache
def _crc_table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        return value

    return tuple(map(entry, range(256)))
