"""What a tracker answers, held against what a box is."""

from __future__ import annotations

import numpy as np

from trackers.errors import InvalidAnswer
from trackers.tracker import Boxes

FARTHEST = 1e6
"""Pixels: a box with a number beyond is no box. The widest JPEG has 65,535."""


def read_box(answer: object) -> Boxes:
    """Returns a copy of an answer as a box, shape (4,): a tracker may write to its own array afterwards.

    Raises:
        InvalidAnswer: it is none; the message says what it is.
    """
    try:
        given = np.array(answer)
        # A method without `return` gives None; text, dates and complex numbers are no numbers here.
        if answer is None or given.dtype.kind not in "biufO":
            raise ValueError
        box = given.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        what = f"a {type(answer).__name__}: {repr(answer)[:80]}"
        raise InvalidAnswer(f"the answer is {what}, not four numbers (x, y, w, h)") from None
    if box.shape != (4,):
        raise InvalidAnswer(f"the answer has shape {box.shape}, not (4,)")
    if not (np.isfinite(box).all() and box[2] >= 0 and box[3] >= 0):
        raise InvalidAnswer(f"{box.tolist()} is no box (x, y, w, h; finite, w and h not negative)")
    if np.abs(box).max() > FARTHEST:
        raise InvalidAnswer(f"{box.tolist()} is no box: no image reaches beyond {FARTHEST:.0f} px")
    return box
