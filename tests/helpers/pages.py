"""The data of an HTML page, read as its scripts read it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from reports.page.pack import Packed


def unbundled(text: str) -> Any:
    """Returns the input of `bundle`, with packed numbers as `{"type", "width", "bytes"}`."""
    content = zlib.decompress(base64.b64decode(text, validate=True))
    begin = 4 + int.from_bytes(content[:4], "little")

    def numbers(found: dict[str, Any]) -> Any:
        if "$packed" not in found:
            return found
        kind, place, length, width = found["$packed"]
        return {"type": kind, "width": width, "bytes": content[begin + place : begin + place + length]}

    return json.loads(content[4:begin], object_hook=numbers)


def part_of(path: Path, part: str = "data") -> Any:
    """Returns the data in one of a page's elements."""
    pattern = rf'<script type="text/plain" id="{part}">(.*?)</script>'
    [text] = re.findall(pattern, path.read_text(encoding="utf-8"))
    return unbundled(text)


def numbers_of(packed: dict[str, Any] | Packed) -> np.ndarray:
    """Returns packed numbers as an array; steps have a row each."""
    if isinstance(packed, Packed):
        packed = {"type": packed.kind, "width": packed.width, "bytes": packed.content}
    content = packed["bytes"] if "bytes" in packed else base64.b64decode(packed["data"])
    kind = packed["type"]
    if not kind.startswith("s"):
        return np.frombuffer(content, dtype=f"<{kind}")
    planes = np.frombuffer(content, np.uint8).reshape(int(kind[1]), -1).astype(np.int64)
    coded = sum(plane << (8 * place) for place, plane in enumerate(planes))
    steps = np.where(coded % 2, -(coded + 1) // 2, coded // 2)
    return steps.reshape(-1, packed["width"]).cumsum(axis=1)
