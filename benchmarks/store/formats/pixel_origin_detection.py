"""Finds whether a file counts pixels from 0 or from 1: as the user declares, or as the first boxes show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benchmarks.datasets import DATASETS, Dataset
from benchmarks.store.formats.alignment import NEAR
from benchmarks.store.formats.base import Format, Origin
from trackers.errors import UserError
from trackers.tracker import Boxes
from trackers.wording import agree, counted

TOLERANCE = 0.06
"""Pixels; files are written with one decimal or more."""
MIN_VOTES = 0.1
"""Fraction of the sequences that must vote for the chosen origin."""
MIN_MAJORITY = 3
"""Required ratio between the votes for the two origins."""
MIN_CONSTANT = 0.9
"""Fraction of the sequences that must share an offset for it to be constant."""

FirstBoxes: TypeAlias = Sequence[tuple[Boxes, Boxes]]
"""Pairs of a first box as stored in the file and the ground truth's, 0-based, each of shape (4,)."""

FIRST_PIXEL: dict[Origin, int] = {"zero": 0, "one": 1}
"""The coordinates of the first pixel."""


@dataclass(frozen=True)
class Votes:
    """Number of sequences whose first box equals the ground truth.

    Attributes:
        zero: if it is 0-based.
        one: if it is 1-based.
        total: number of sequences, including those without a vote.
    """

    zero: int
    one: int
    total: int

    @property
    def origin(self) -> Origin | None:
        """The origin with a clear majority, or None."""
        winner: Origin = "one" if self.one > self.zero else "zero"
        most, least = max(self.zero, self.one), min(self.zero, self.one)
        clear = most > 0 and most >= MIN_VOTES * self.total and most >= MIN_MAJORITY * least
        return winner if clear else None


def count_votes(firsts: Iterable[tuple[Boxes, Boxes]]) -> Votes:
    """Compares first boxes with the ground truth.

    A tracker's first box need not be the one that it was given: some trackers resize the image, some move the
    box by half a pixel. Only sequences vote that agree with one origin, exactly or after rounding or
    truncation to whole pixels, and not with the other.

    Args:
        firsts: see `FirstBoxes`.
    """
    zero = one = total = 0
    for first, truth in firsts:
        total += 1
        fits = [_agree(first[:2], truth[:2] + pixels) for pixels in FIRST_PIXEL.values()]
        if fits == [True, False]:
            zero += 1
        elif fits == [False, True]:
            one += 1
    return Votes(zero, one, total)


def choose_origin(
    path: Path, firsts: FirstBoxes, dataset: Dataset, form: Format, protocol: str, incomplete: bool
) -> tuple[Origin, str]:
    """Chooses the origin that the first boxes show.

    Args:
        path: the files, for messages.
        firsts: see `FirstBoxes`.
        dataset: the data set of the results.
        form: the format of the files.
        protocol: the protocol of the runs.
        incomplete: whether all files have fewer rows than there are frames.

    Returns:
        The origin, and a note on how it was found.

    Raises:
        UserError: the first boxes do not show it.
    """
    votes = count_votes(firsts)
    if not votes.total:
        origin = file_origin(dataset)
        return origin, (
            f"the files hold no first boxes; pixels count from {FIRST_PIXEL[origin]}, as in the ground-truth "
            f"files of {dataset.title}"
        )
    tally = (
        f"of {counted(votes.total, 'first box')} {votes.one} {agree(votes.one, 'is', 'are')} 1-based ground "
        f"truth and {votes.zero} 0-based"
    )
    if votes.origin:
        return votes.origin, f"pixels count from {FIRST_PIXEL[votes.origin]}: {tally}"
    if (offset := constant_offset(firsts)) is not None:
        origin = nearest_origin(offset, dataset)
        distance = offset - FIRST_PIXEL[origin]
        whose = ", as pysot's trackers write them" if distance == 0.5 else ""
        return origin, (
            f"pixels count from {FIRST_PIXEL[origin]}: all first boxes are {distance:+g} pixels in x and y "
            f"off {FIRST_PIXEL[origin]}-based ground truth{whose}; boxes are kept as they are"
        )
    if protocol == "sre" and form.origin:
        # Its runs start from boxes that are shifted and scaled on purpose.
        return form.origin, f"pixels count from {FIRST_PIXEL[form.origin]}, as format '{form.name}' has it"
    remedy = (
        "all files have fewer rows than there are frames, so that the first box may be left out; "
        "download the whole files, or put the first box back"
        if incomplete
        else f"{_describe_far(firsts)}give --one-based or --zero-based"
    )
    raise UserError(f"{path}: {tally}, which does not tell how pixels count; {remedy}")


def file_origin(dataset: Dataset) -> Origin:
    """Returns the pixel origin of the data set's own ground-truth files, which tools keep to."""
    return "one" if dataset.one_based else "zero"


def named_origin(dataset: str) -> Origin:
    """As `file_origin`, of a data set of which only the name is known.

    Raises:
        UserError: it is a user's folder, whose origin is known from its settings only.
    """
    if dataset not in DATASETS or dataset == "folder":
        raise UserError(
            "a user's folder may be 0-based or 1-based; give --one-based or --zero-based, as its "
            "ground-truth files are"
        )
    return "one" if DATASETS.load(dataset).one_based else "zero"


def constant_offset(firsts: FirstBoxes) -> float | None:
    """Returns the offset of all first boxes from 0-based ground truth in x and y, if they share one.

    pysot's trackers write the box that they were given half a pixel further right and down: from a center
    that is x + w / 2 they subtract (w - 1) / 2.

    Args:
        firsts: see `FirstBoxes`.

    Returns:
        A multiple of half a pixel, at most one pixel from 0 or from 1, or None.
    """
    offsets = np.array([first[:2] - truth[:2] for first, truth in firsts])
    offsets = offsets[np.isfinite(offsets).all(axis=1)]
    if not len(offsets):
        return None
    offset = float(np.rint(2 * np.median(offsets)) / 2)
    near = np.abs(offsets - offset).max(axis=1) <= TOLERANCE
    return offset if -1 <= offset <= 2 and near.mean() >= MIN_CONSTANT else None


def nearest_origin(offset: float, dataset: Dataset) -> Origin:
    """Returns the origin nearest to `offset` pixels; halfway between them, that of the data set's files."""
    if offset == 0.5:
        return file_origin(dataset)
    return "zero" if offset < 0.5 else "one"


def _agree(corner: Boxes, expected: Boxes) -> bool:
    if np.abs(corner - expected).max() <= TOLERANCE:
        return True
    whole = np.trunc(expected), np.rint(expected)
    return any(np.array_equal(corner, each) for each in whole)


def _describe_far(firsts: FirstBoxes) -> str:
    """Returns a clause if no first box is near the ground truth: then more than the origin is wrong."""
    distances = [float(np.nan_to_num(np.abs(first - truth), nan=np.inf).max()) for first, truth in firsts]
    sides = [float(np.sqrt(max(truth[2], 0.0) * max(truth[3], 0.0))) for _, truth in firsts]
    if any(distance <= NEAR * side for distance, side in zip(distances, sides, strict=True)):
        return ""
    first, truth = (", ".join(f"{number:g}" for number in box) for box in firsts[0])
    return (
        f"none is near it, the first is {first} where ground truth is {truth} (0-based): see --dataset, and "
        "the order of the columns; only if these are the tracker's own first boxes, "
    )
