"""TensorFlow's checkpoints (format V2, "tensor bundles").

    PREFIX.index                    a table: for each variable its type, shape, place and checksum
    PREFIX.data-00000-of-00001      the variables' values, one after the other, in one such file or more

Source: TensorFlow, core/protobuf/tensor_bundle.proto and core/util/tensor_bundle. The reader is our own:
TensorFlow would be a heavy dependency for it. Files are not trusted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trackers.errors import UserError
from trackers.siamese.tf.crc32c import crc32c, masked
from trackers.siamese.tf.table import read_table
from trackers.siamese.tf.wire import DamagedError, fields

FLOATS: dict[int, np.dtype[np.floating]] = {1: np.dtype("<f4"), 2: np.dtype("<f8"), 19: np.dtype("<f2")}
"""TensorFlow's numbers of the types that weights may have."""
LARGEST_INDEX = 1 << 24
LARGEST_VARIABLE = 1 << 26
"""Bytes; the largest of a Siamese tracker has 3.5 million."""
_MOST_DIMENSIONS = 8
_LONGEST_DIMENSION = 1 << 31
_BIG_ENDIAN = 1
_FIRST_KEY = b""  # of the header, which describes the whole


@dataclass(frozen=True)
class Variable:
    """What the index says of one variable.

    Attributes:
        dtype: TensorFlow's number of its type.
        shape: its dimensions.
        shard: which of the data files it is in.
        offset: where in the file, in bytes.
        size: in bytes.
        checksum: masked CRC-32C of the bytes; None where there is none.
        sliced: whether it is stored in pieces, as partitioned variables are.
    """

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int | None
    sliced: bool


class Bundle:
    """A checkpoint: a list of variables, whose values are read when asked for.

    Args:
        path: the files' prefix, the .index file, or one of the data files.

    Attributes:
        index: the .index file.
        variables: by name.

    Raises:
        UserError: the index is missing, damaged or not that of a checkpoint.
    """

    def __init__(self, path: Path) -> None:
        self.prefix = prefix_of(path)
        self.index = Path(f"{self.prefix}.index")
        content = _content(self.index)
        try:
            table = read_table(content)
            if _FIRST_KEY not in table:
                raise DamagedError("it has no header")
            self.shards = _shards(table.pop(_FIRST_KEY))
            self.variables = {
                name.decode(errors="backslashreplace"): _variable(entry) for name, entry in table.items()
            }
        except DamagedError as error:
            raise UserError(
                f"{self.index} is damaged or is not the index of a TensorFlow checkpoint ({error}); "
                "fetch it again"
            ) from None

    def read(self, name: str) -> NDArray[np.floating]:
        """Reads the values of a variable that holds floating-point numbers.

        Raises:
            KeyError: there is none of that name.
            UserError: it holds something else, or its file is missing, cut short or damaged.
        """
        variable = self.variables[name]
        dtype = FLOATS.get(variable.dtype)
        if dtype is None or variable.sliced:
            what = "is stored in pieces" if variable.sliced else f"is of type {variable.dtype}"
            raise UserError(
                f"{self.index}: {name} {what}; save the checkpoint with whole variables of float32"
            )
        if variable.size != math.prod(variable.shape) * dtype.itemsize or variable.shard >= self.shards:
            raise UserError(
                f"{self.index} is damaged ({name} of shape {variable.shape} cannot have {variable.size} "
                f"bytes in data file {variable.shard} of {self.shards}); fetch it again"
            )
        if variable.size > LARGEST_VARIABLE:
            raise UserError(
                f"{self.index}: {name} has {variable.size} bytes, more than a tracker's network has; give "
                "the checkpoint of a tracker"
            )
        data = self._bytes(variable)
        if variable.checksum not in (None, masked(crc32c(data))):
            raise UserError(f"{self._data(variable)} is damaged (wrong checksum of {name}); fetch it again")
        values: NDArray[np.floating] = np.frombuffer(data, dtype).reshape(variable.shape)
        return values

    def _bytes(self, variable: Variable) -> bytes:
        path = self._data(variable)
        if not path.is_file():
            raise UserError(f"there is no file {path}; put all files of the checkpoint side by side")
        with path.open("rb") as file:
            there = file.seek(0, 2)
            if variable.offset + variable.size > there:
                raise UserError(
                    f"{path} is cut short ({there} bytes, at least {variable.offset + variable.size} are "
                    "listed in the index); fetch it again"
                )
            file.seek(variable.offset)
            return file.read(variable.size)

    def _data(self, variable: Variable) -> Path:
        return Path(f"{self.prefix}.data-{variable.shard:05d}-of-{self.shards:05d}")


def prefix_of(path: Path) -> Path:
    """What the names of a checkpoint's files begin with, given it or one of them."""
    return Path(re.sub(r"\.(index|data-\d{5}-of-\d{5})$", "", str(path)))


def _content(index: Path) -> bytes:
    if not index.is_file():
        raise UserError(f"there is no file {index}; give the prefix of a TensorFlow checkpoint's files")
    if index.stat().st_size > LARGEST_INDEX:
        raise UserError(f"{index} is larger than any index of a TensorFlow checkpoint; check the path")
    return index.read_bytes()


def _shards(header: bytes) -> int:
    """The number of data files, from the message BundleHeaderProto."""
    found = dict(fields(header))
    if found.get(2) == _BIG_ENDIAN:
        raise DamagedError("its numbers are big-endian")
    return _number(found, 1)


def _variable(entry: bytes) -> Variable:
    """Reads the message BundleEntryProto."""
    sizes: list[int] = []
    found: dict[int, int | bytes] = {}
    for number, value in fields(entry):
        if number == 2 and isinstance(value, bytes):
            sizes = [
                _number(dict(fields(dim)), 1)
                for kind, dim in fields(value)
                if kind == 2 and isinstance(dim, bytes)
            ]
        found[number] = value
    if len(sizes) > _MOST_DIMENSIONS or any(size >= _LONGEST_DIMENSION for size in sizes):
        raise DamagedError("it has a variable of an impossible shape")
    return Variable(
        dtype=_number(found, 1),
        shape=tuple(sizes),
        shard=_number(found, 3),
        offset=_number(found, 4),
        size=_number(found, 5),
        checksum=_number(found, 6) if 6 in found else None,
        sliced=7 in found,
    )


def _number(message: dict[int, int | bytes], field: int) -> int:
    """A number of a message: 0 where it is left out, as Protocol Buffers do with zeros."""
    value = message.get(field, 0)
    if isinstance(value, bytes):
        raise DamagedError("a message in it has text where a number is expected")
    return value
