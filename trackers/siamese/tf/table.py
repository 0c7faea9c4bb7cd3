"""Sorted tables of keys and values, as LevelDB and TensorFlow write them.

    file     blocks, then a footer of 48 bytes: where the lists of blocks lie, zeros, a magic number
    block    entries, the offsets of some of them and their count (uint32 each); behind it, outside its size,
             how it is compressed (one byte) and its checksum
    entry    how many bytes the key shares with the one before, how many follow, the length of the value
             (varints), the rest of the key, the value

One block lists the others: its values are their offsets and sizes.
Source: LevelDB, doc/table_format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from trackers.siamese.tf.crc32c import crc32c, masked
from trackers.siamese.tf.wire import DamagedError, varint

MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5
_MOST_ENTRIES = 100_000
_LONGEST_KEY = 1024
"""Keys share bytes, so that a small file could hold huge ones; names of variables have a hundred."""


def read_table(content: bytes) -> dict[bytes, bytes]:
    """Reads all keys and values of a table.

    Args:
        content: the whole file.

    Raises:
        DamagedError: it is no table, damaged, compressed, or holds more than any list of variables.
    """
    footer = content[-_FOOTER:]
    if len(footer) < _FOOTER or footer[-8:] != struct.pack("<Q", MAGIC):
        raise DamagedError("it does not end as a table does")
    _, place = _handle(footer, 0)  # of a list that TensorFlow leaves empty
    blocks, _ = _handle(footer, place)
    entries: dict[bytes, bytes] = {}
    last: bytes | None = None
    end = 0
    for _, value in _entries(_block(content, blocks)):
        (offset, size), _ = _handle(value, 0)
        # Also makes sure that no block is read more than once, which would take for ever on a hostile file.
        if offset < end:
            raise DamagedError("its blocks are out of order")
        end = offset + size + _TRAILER
        for key, found in _entries(_block(content, (offset, size))):
            if last is not None and key <= last:
                raise DamagedError("its names are out of order")
            if len(entries) == _MOST_ENTRIES:
                raise DamagedError(f"it has more than {_MOST_ENTRIES} names")
            entries[key] = found
            last = key
    return entries


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and the place behind them."""
    offset, place = varint(data, place)
    size, place = varint(data, place)
    return (offset, size), place


def _block(content: bytes, handle: tuple[int, int]) -> bytes:
    """A block's entries, without what follows them."""
    offset, size = handle
    end = offset + size
    if size < 4 or end + _TRAILER > len(content) - _FOOTER:
        raise DamagedError("a block reaches past its end")
    kind, checksum = struct.unpack_from("<BI", content, end)
    if masked(crc32c(content[offset : end + 1])) != checksum:
        raise DamagedError("a block has a wrong checksum")
    if kind:
        raise DamagedError("it is compressed, which TensorFlow's own are not")
    (restarts,) = struct.unpack_from("<I", content, end - 4)
    if 4 * restarts + 4 > size:
        raise DamagedError("a block has more offsets than it has room for")
    return content[offset : end - 4 - 4 * restarts]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    key = b""
    place = 0
    while place < len(block):
        shared, place = varint(block, place)
        rest, place = varint(block, place)
        size, place = varint(block, place)
        if shared > len(key) or shared + rest > _LONGEST_KEY or place + rest + size > len(block):
            raise DamagedError("an entry reaches past its block")
        key = key[:shared] + block[place : place + rest]
        place += rest + size
        yield key, block[place - size : place]
