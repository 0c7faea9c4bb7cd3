"""Fixtures: fake GPUs, and TensorFlow checkpoints as other programs write them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_cuda import cuda
from numpy.typing import NDArray

__all__ = ["cuda"]

Arrays = Mapping[str, NDArray[Any]]
KERNELS = (11, 5, 3, 3, 3)
GROUPS = (1, 2, 1, 2, 2)
TYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "float16": 19}
POLYNOMIAL = 0x82F63B78


@pytest.fixture
def released() -> Callable[[tuple[int, ...]], dict[str, NDArray[np.float32]]]:
    """Returns a function that draws variables of GradNet's released network, by name, at given widths."""
    return _released


@pytest.fixture
def write_bundle() -> Callable[..., None]:
    """Returns a function that writes a TensorFlow checkpoint."""
    return _write_bundle


def _released(widths: tuple[int, ...]) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    variables: dict[str, NDArray[np.float64]] = {}

    def layer(scope: str, kernel: int, inputs: int, outputs: int, norm: bool) -> None:
        scale = 0.5 / np.sqrt(kernel * kernel * inputs)
        if kernel == 11:
            scale /= 100  # pixels
        if scope == "t_scala5_zz":
            scale /= 30  # so that tanh does not saturate
        variables[f"siamese/{scope}/conv/weights"] = rng.normal(0, scale, (kernel, kernel, inputs, outputs))
        variables[f"siamese/{scope}/conv/biases"] = rng.normal(0, 0.1, outputs)
        if norm:
            # Variances as small as 1e-3, so that epsilon matters.
            variables[f"siamese/{scope}/bn/moving_variance"] = rng.uniform(1e-3, 0.1, outputs)
            variables[f"siamese/{scope}/bn/moving_mean"] = rng.normal(0, 0.1, outputs)
            variables[f"siamese/{scope}/bn/gamma"] = rng.uniform(0.5, 2, outputs)
            variables[f"siamese/{scope}/bn/beta"] = rng.normal(0, 0.3, outputs)

    for suffix in ("", "_z"):
        for index, (kernel, groups) in enumerate(zip(KERNELS, GROUPS, strict=True)):
            inputs = (3, *widths)[index] // groups
            layer(f"scala{index + 1}{suffix}", kernel, inputs, widths[index], index < 4)
    layer("t_scala5_zz", 3, widths[1], widths[1], True)
    return {name: value.astype(np.float32) for name, value in variables.items()}


def _write_bundle(prefix: Path, arrays: Arrays, shards: int = 1, block_size: int = 4096) -> None:
    header = _field(1, shards) + _field(3, _field(1, 1))
    data = [b""] * shards
    entries = {b"": header}
    for index, (name, values) in enumerate(sorted(arrays.items())):
        shard = index % shards
        content = values.tobytes()
        dims = b"".join(_field(2, _field(1, size)) for size in values.shape)
        entry = _field(1, TYPES[values.dtype.name]) + _field(2, dims)
        if shard:  # zeros are omitted
            entry += _field(3, shard)
        entry += _field(4, len(data[shard])) + _field(5, len(content))
        entries[name.encode()] = entry + b"\x35" + struct.pack("<I", _masked(content))
        data[shard] += content
    Path(f"{prefix}.index").write_bytes(_table(entries, block_size))
    for shard, content in enumerate(data):
        Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}").write_bytes(content)


def _table(entries: Mapping[bytes, bytes], block_size: int) -> bytes:
    out = b""
    handles: dict[bytes, bytes] = {}
    pending: dict[bytes, bytes] = {}

    def add(block: Mapping[bytes, bytes]) -> bytes:
        nonlocal out
        content = _block(block)
        handle = _varint(len(out)) + _varint(len(content))
        out += content + b"\0" + struct.pack("<I", _masked(content + b"\0"))
        return handle

    for key, value in sorted(entries.items()):
        pending[key] = value
        if sum(map(len, pending.values())) >= block_size:
            handles[key] = add(pending)
            pending = {}
    if pending:
        handles[max(pending)] = add(pending)
    footer = add({}) + add(handles)
    return out + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def _block(entries: Mapping[bytes, bytes]) -> bytes:
    out, last, restarts = b"", b"", [0]
    for index, (key, value) in enumerate(entries.items()):
        shared = 0
        if index % 16:
            while shared < min(len(last), len(key)) and last[shared] == key[shared]:
                shared += 1
        elif index:
            restarts.append(len(out))
        out += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        last = key
    return out + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _table_of_bytes() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ POLYNOMIAL if value & 1 else value >> 1
        table.append(value)
    return table


BYTES = _table_of_bytes()


def _masked(content: bytes) -> int:
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum = checksum >> 8 ^ BYTES[(checksum ^ byte) & 255]
    checksum ^= 0xFFFFFFFF
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
