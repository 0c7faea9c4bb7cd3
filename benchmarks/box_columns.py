"""Column layouts of boxes in tables: corner and size, two corners, or center and size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trackers.tracker import Boxes

BOX_FORMS = {
    "xywh": "x, y, width, height",
    "xyxy": "the corners x1, y1, x2, y2",
    "cxcywh": "the center, width and height",
}
"""The layouts of a box's four columns, by their names for `--columns`."""
_HEADERS = {
    "xywh": (("x", "y", "w", "h"), ("x", "y", "width", "height"), ("left", "top", "width", "height")),
    "xyxy": (("x1", "y1", "x2", "y2"), ("xmin", "ymin", "xmax", "ymax"), ("left", "top", "right", "bottom")),
    "cxcywh": (("cx", "cy", "w", "h"), ("cx", "cy", "width", "height"), ("xc", "yc", "w", "h")),
}


@dataclass(frozen=True)
class Columns:
    """Where and how the rows of a table contain a box.

    Attributes:
        form: one of `BOX_FORMS`.
        skip: number of columns before the box.
        normalized: whether coordinates are fractions of the image's width and height.
    """

    form: str = "xywh"
    skip: int = 0
    normalized: bool = False

    @classmethod
    def from_options(cls, form: str | None, skip: int | None, normalized: bool) -> Columns | None:
        """Returns the columns that a user describes; None if nothing is said about them."""
        described = form or skip or normalized
        return cls(form or "xywh", skip or 0, normalized) if described else None

    @property
    def options(self) -> str:
        """The options of `import` that declare these columns."""
        words = [f"--columns {self.form}"] if self.form != "xywh" or not self.skip else []
        words += [f"--skip-columns {self.skip}"] if self.skip else []
        words += ["--normalized"] if self.normalized else []
        return " ".join(words)

    def boxes(self, table: NDArray[np.float64]) -> Boxes:
        """Returns the boxes x, y, w, h, shape (..., 4), of rows, shape (..., k), in the table's own units."""
        a, b, c, d = np.moveaxis(table[..., self.skip : self.skip + 4], -1, 0)
        if self.form == "xyxy":
            c, d = c - a, d - b
        elif self.form == "cxcywh":
            a, b = a - c / 2, b - d / 2
        return np.stack([a, b, c, d], axis=-1)


def header_columns(header: tuple[str, ...]) -> Columns | None:
    """Returns the columns that a header line names, or None if it names no box in a known layout."""
    for form, spellings in _HEADERS.items():
        for names in spellings:
            for skip in range(len(header) - 3):
                if header[skip : skip + 4] == names:
                    return Columns(form, skip)
    return None
