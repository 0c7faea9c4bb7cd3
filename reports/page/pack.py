"""Numbers and text in the form in which a page carries them: compact, and never taken for markup."""

from __future__ import annotations

import base64
import json
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Json: TypeAlias = Any
"""What `json.dumps` takes."""

OVERLAP_STEPS = 250
ERROR_STEPS = 24.0
"""Steps per doubling of 1 + the error: 1.5 % at most between an error and what is shown of it."""
REGION_STEPS = 4.0
"""Steps per pixel."""
NO_BYTE = 255
NO_REGION = -(2**15)
"""What stands for "there is none"."""


def script_json(value: Json) -> str:
    """JSON that may stand between `<script>` and `</script>`, whatever text is in it.

    Everything but ASCII is escaped, so that names which are no valid Unicode (file names can be any bytes)
    are carried too; `<`, `>` and `&` as well, so that no text ends the element or begins a comment.
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def packed(array: NDArray[Any]) -> dict[str, str]:
    """An array as base64 of its little-endian numbers, with their type: `u1`, `u2`, `u4`, `i2` or `f8`."""
    kind = array.dtype.newbyteorder("<")
    content = np.ascontiguousarray(array, dtype=kind).tobytes()
    return {"type": f"{kind.kind}{kind.itemsize}", "data": base64.b64encode(content).decode()}


def packed_counts(counts: NDArray[np.int64]) -> dict[str, str]:
    """Whole numbers from 0 on, in two bytes each where that is enough."""
    small = counts.size == 0 or counts.max() < 2**16
    return packed(counts.astype(np.uint16 if small else np.uint32))


def overlap_bytes(overlaps: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Overlaps in [0, 1], in steps of 1 / 250; 255 for NaN."""
    with np.errstate(invalid="ignore"):
        steps = np.rint(np.clip(overlaps, 0, 1) * OVERLAP_STEPS)
    return np.where(np.isnan(steps), NO_BYTE, steps).astype(np.uint8)


def error_bytes(errors: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Centre errors in pixels, in steps that grow with them; 254 for 1,530 and more, 255 for NaN."""
    with np.errstate(invalid="ignore"):
        steps = np.minimum(np.rint(ERROR_STEPS * np.log2(1 + errors)), NO_BYTE - 1)
    return np.where(np.isnan(steps), NO_BYTE, steps).astype(np.uint8)


def region_steps(regions: NDArray[np.float64]) -> NDArray[np.int16]:
    """Boxes or polygons in pixels, in steps of a quarter up to 8,191; -32,768 where there is none."""
    finite = np.isfinite(regions).all(axis=-1, keepdims=True)
    steps = np.rint(np.clip(np.where(finite, regions, 0) * REGION_STEPS, NO_REGION + 1, 2**15 - 1))
    return np.where(finite, steps, NO_REGION).astype(np.int16)
