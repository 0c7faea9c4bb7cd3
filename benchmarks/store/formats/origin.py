"""Whether a file counts pixels from 0 or from 1: declared by the user, or seen in the first boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.datasets import DATASETS, Dataset
from benchmarks.geometry.pixel_origin import shift_origin
from benchmarks.store.formats.base import Origin
from trackers.errors import UserError
from trackers.tracker import Boxes

TOLERANCE = 0.06
"""Pixels; files are written with one decimal or more."""
LEAST_SHARE = 0.1
"""Of the sequences, so many must speak for the origin that is chosen."""
CONSTANT_SHARE = 0.9
"""Of the sequences, so many must share an offset for it to be constant."""
LEAST_MAJORITY = 3
"""So many times as many as for the other."""

_SHIFT: dict[Origin, float] = {"zero": 0.0, "one": 1.0}


@dataclass(frozen=True)
class Votes:
    """How many sequences' first boxes are those of the ground truth.

    Attributes:
        zero: if pixels count from 0.
        one: if they count from 1.
        total: how many sequences were looked at.
    """

    zero: int
    one: int
    total: int

    @property
    def origin(self) -> Origin | None:
        """What the votes say, or None where they say nothing clearly."""
        winner: Origin = "one" if self.one > self.zero else "zero"
        most, least = max(self.zero, self.one), min(self.zero, self.one)
        clear = most > 0 and most >= LEAST_SHARE * self.total and most >= LEAST_MAJORITY * least
        return winner if clear else None


def count_votes(firsts: Iterable[tuple[Boxes, Boxes]]) -> Votes:
    """Compares where runs start with the ground truth there.

    A tracker's first box need not be the one that it was given: some resize the image, some move the box by
    half a pixel. Those sequences that agree with one origin exactly, or after rounding or truncation to whole
    pixels, decide; the others have no vote, nor have those that agree with both.

    Args:
        firsts: pairs of a first box as the file has it and the ground truth's, 0-based, each of shape (4,).
    """
    zero = one = total = 0
    for first, truth in firsts:
        total += 1
        fits = [_agree(first[:2], truth[:2] + shift) for shift in _SHIFT.values()]
        if fits == [True, False]:
            zero += 1
        elif fits == [False, True]:
            one += 1
    return Votes(zero, one, total)


def file_origin(dataset: Dataset) -> Origin:
    """What the data set's own ground-truth files call the first pixel, which tools keep to."""
    return "one" if dataset.one_based else "zero"


def named_origin(dataset: str) -> Origin:
    """As `file_origin`, of a data set that is known by name alone.

    Raises:
        UserError: it is a folder of the user's own, of which only its settings know.
    """
    if dataset not in DATASETS or dataset == "folder":
        raise UserError(
            "a folder of one's own may count pixels in either way; give --one-based or --zero-based, as its "
            "ground-truth files do"
        )
    return "one" if DATASETS.load(dataset).one_based else "zero"


def to_zero(boxes: Boxes, origin: Origin) -> Boxes:
    """Boxes or polygons as we count pixels, from those of a file."""
    return shift_origin(boxes, -_SHIFT[origin])


def from_zero(boxes: Boxes, origin: Origin) -> Boxes:
    """Boxes or polygons as a file counts pixels, from ours."""
    return shift_origin(boxes, _SHIFT[origin])


def _agree(corner: Boxes, expected: Boxes) -> bool:
    if np.abs(corner - expected).max() <= TOLERANCE:
        return True
    whole = np.trunc(expected), np.rint(expected)
    return any(np.array_equal(corner, each) for each in whole)


def constant_offset(firsts: Sequence[tuple[Boxes, Boxes]]) -> float | None:
    """By how many pixels all first boxes lie right of and below 0-based ground truth, if it is one number.

    pysot's trackers write the box that they were given half a pixel further right and down: from a center
    that is x + w / 2 they take (w - 1) / 2.

    Args:
        firsts: as for `count_votes`.

    Returns:
        A multiple of half a pixel that is no further than a pixel from 0 or from 1, or None.
    """
    offsets = np.array([first[:2] - truth[:2] for first, truth in firsts])
    offsets = offsets[np.isfinite(offsets).all(axis=1)]
    if not len(offsets):
        return None
    offset = float(np.rint(2 * np.median(offsets)) / 2)
    near = np.abs(offsets - offset).max(axis=1) <= TOLERANCE
    return offset if -1 <= offset <= 2 and near.mean() >= CONSTANT_SHARE else None


def nearest_origin(offset: float, dataset: Dataset) -> Origin:
    """What files call the first pixel whose boxes are `offset` pixels off 0-based ground truth.

    Raises:
        UserError: both are as near, and the data set's own files do not say.
    """
    if offset == 0.5:
        return file_origin(dataset)
    return "zero" if offset < 0.5 else "one"
