"""Compact encoding of numbers and text for embedding in HTML, safe against injection."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Json: TypeAlias = Any
"""Values for `json.dumps`, which may contain `Packed`."""

OVERLAP_STEPS = 250
ERROR_STEPS = 24.0
"""Steps per doubling of 1 + error: the shown error is off by at most 1.5 %."""
REGION_STEPS = 4.0
"""Steps per pixel."""
NO_BYTE = 255
NO_REGION = -(2**15)
"""The code of an undefined region, as `NO_BYTE` is that of an undefined overlap or error."""


@dataclass(frozen=True)
class Packed:
    """Numbers as bytes.

    Attributes:
        kind: `u1`, `u2`, `u4`, `i2` or `f8`: little-endian numbers; `s2` or `s4`: see `packed_deltas`.
        content: the bytes.
        width: for `s2` and `s4`, the length of a row.
    """

    kind: str
    content: bytes
    width: int = 0


def json_text(value: Json) -> str:
    """Encodes a value as JSON in ASCII, packed numbers in base64."""

    def in_base64(packed: Packed) -> dict[str, str | int]:
        text = base64.b64encode(packed.content).decode()
        return {"type": packed.kind, "data": text, "width": packed.width}

    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=in_base64)


def bundle(value: Json) -> str:
    """Encodes a value compressed, in base64: JSON, then the bytes of packed numbers, equal ones only once.

    The bytes are a zlib stream of: the JSON's length (four bytes, little-endian), the JSON in ASCII, in which
    `{"$packed": [kind, offset, length, width]}` refers to packed numbers, and their bytes.
    """
    blob: list[bytes] = []
    offsets: dict[bytes, int] = {}
    end = 0

    def reference(packed: Packed) -> dict[str, list[str | int]]:
        nonlocal end
        if packed.content not in offsets:
            offsets[packed.content] = end
            blob.append(packed.content)
            end += len(packed.content)
        offset = offsets[packed.content]
        return {"$packed": [packed.kind, offset, len(packed.content), packed.width]}

    text = json.dumps(value, separators=(",", ":"), allow_nan=False, default=reference).encode()
    content = b"".join([len(text).to_bytes(4, "little"), text, *blob])
    return base64.b64encode(zlib.compress(content, 6)).decode()


def script_json(value: Json) -> str:
    """Encodes a value as JSON that is safe between `<script>` and `</script>`.

    All but ASCII is escaped, since file names may be invalid Unicode, and `<`, `>` and `&`, so that no text
    ends the element or begins a comment.
    """
    text = json_text(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def packed(array: NDArray[Any]) -> Packed:
    """Packs an array as little-endian numbers: `u1`, `u2`, `u4`, `i2` or `f8`."""
    kind = array.dtype.newbyteorder("<")
    return Packed(f"{kind.kind}{kind.itemsize}", np.ascontiguousarray(array, dtype=kind).tobytes())


def packed_deltas(counts: NDArray[np.int64]) -> Packed:
    """Packs rows of integers that change little along a row, as curves do, by their differences.

    Each number minus the one before it in its row (0 before the first) is zigzag-coded (0, -1, 1, -2 become
    0, 1, 2, 3); all lowest bytes come first, then all next ones. This compresses to a third of the size.

    Args:
        counts: shape (rows, width), in [0, 2 ** 30].
    """
    steps = np.diff(counts, axis=1, prepend=0)
    coded = np.where(steps < 0, -2 * steps - 1, 2 * steps)
    size = 2 if coded.size == 0 or coded.max() < 2**16 else 4
    planes = coded.astype(f"<u{size}").reshape(-1, 1).view(np.uint8)
    return Packed(f"s{size}", np.ascontiguousarray(planes.T).tobytes(), counts.shape[1])


def packed_counts(counts: NDArray[np.int64]) -> Packed:
    """Packs non-negative integers, in two bytes each if that is enough, else four."""
    small = counts.size == 0 or counts.max() < 2**16
    return packed(counts.astype(np.uint16 if small else np.uint32))


def overlap_bytes(overlaps: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Encodes overlaps in [0, 1] in steps of 1 / 250; 255 for NaN."""
    with np.errstate(invalid="ignore"):
        steps = np.rint(np.clip(overlaps, 0, 1) * OVERLAP_STEPS)
    return np.where(np.isnan(steps), NO_BYTE, steps).astype(np.uint8)


def error_bytes(errors: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Encodes center errors in pixels in logarithmic steps; 254 for 1,530 and more, 255 for NaN."""
    with np.errstate(invalid="ignore"):
        steps = np.minimum(np.rint(ERROR_STEPS * np.log2(1 + errors)), NO_BYTE - 1)
    return np.where(np.isnan(steps), NO_BYTE, steps).astype(np.uint8)


def region_steps(regions: NDArray[np.float64]) -> NDArray[np.int16]:
    """Encodes boxes or polygons in pixels in steps of 1 / 4, up to 8,191; -32,768 for undefined ones."""
    finite = np.isfinite(regions).all(axis=-1, keepdims=True)
    steps = np.rint(np.clip(np.where(finite, regions, 0) * REGION_STEPS, NO_REGION + 1, 2**15 - 1))
    return np.where(finite, steps, NO_REGION).astype(np.int16)
