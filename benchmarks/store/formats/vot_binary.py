"""Binary trajectories of the Python VOT toolkit (`.bin`, from version 0.5 on).

Little-endian: int16 version (1), uint32 number of regions, then for each region a byte with its type: 0 a
code (uint32), 1 a rectangle (4 float32), 2 a polygon (uint16 number of corners, then 2 float32 each). Masks
(3) and points (4) are refused, because they cannot be scored as boxes.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from benchmarks.store.formats.text import stack_regions
from trackers.errors import UserError
from trackers.tracker import Boxes

_HEADER = struct.Struct("<hI")
_CODE, _RECTANGLE, _POLYGON = 0, 1, 2
_CORNERS = 4


def parse_binary(content: bytes, where: str) -> tuple[Boxes, NDArray[np.int8] | None]:
    """Reads regions and codes, as `text.parse_vot_regions` does.

    Raises:
        UserError: the file is damaged, has another version, or holds masks or points.
    """
    try:
        version, count = _HEADER.unpack_from(content)
        if version != 1:
            raise UserError(
                f"{where}: version {version} of VOT's binary files, only 1 is supported; export as text"
            )
        rows = []
        place = _HEADER.size
        for index in range(count):
            kind = content[place]
            form = {_CODE: "<I", _RECTANGLE: "<4f", _POLYGON: f"<{2 * _CORNERS}f"}.get(kind)
            place += 1
            if kind == _POLYGON:
                [corners] = struct.unpack_from("<H", content, place)
                place += 2
                form = form if corners == _CORNERS else None
            if form is None:
                raise UserError(
                    f"{where}: region {index + 1} is neither a rectangle nor a polygon of four corners; "
                    "only these can be scored"
                )
            rows.append(np.array(struct.unpack_from(form, content, place), dtype=np.float64))
            place += struct.calcsize(form)
    except (struct.error, IndexError):
        raise UserError(f"{where}: cut short; download the file again") from None
    return stack_regions(rows, where)
