"""A data set as the rest of the project sees it: named sequences of frames with their ground truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.missing_boxes import usable_box_mask
from trackers.box_validation import MAX_COORDINATE
from trackers.errors import UserError
from trackers.tracker import Boxes, Frame


class SequenceError(UserError):
    """Files of one sequence are missing or damaged; other sequences may be fine."""


class Frames(ABC):
    """The frames of one sequence, decoded when asked for. Safe to use from several threads at once."""

    @abstractmethod
    def __len__(self) -> int:
        """How many frames there are."""

    @abstractmethod
    def __getitem__(self, index: int) -> Frame:
        """Decodes frame `index` (0-based): RGB, uint8, shape (H, W, 3).

        Raises:
            SequenceError: the frame is missing or damaged.
        """

    def encoded(self, index: int) -> bytes | None:  # noqa: ARG002 - as for `path`
        """The image file that frame `index` is, whatever its format; None where there is none."""
        return None

    def path(self, index: int) -> Path | None:  # noqa: ARG002 - for those that have files
        """The JPEG or PNG file that frame `index` is, for trackers that read images themselves.

        None where there is none, or where a reader may turn it by its EXIF data: such frames are handed over
        as pixels.
        """
        return None

    @abstractmethod
    def fingerprint(self) -> str:
        """A hex digest that changes when the frames do. Cheap: it need not look at every pixel.

        Raises:
            SequenceError: a frame is missing.
        """


@dataclass(frozen=True)
class Sequence:
    """One target to follow: a stretch of video and where the target is in each frame.

    Attributes:
        name: as the data set's published results spell it.
        truth: float64, shape (frames, 4): x, y, w, h in pixels, 0-based, continuous. Rows that the
            annotators left empty stay as they are in the file (minus the shift to 0-based).
        attributes: what makes it hard, in the data set's own abbreviations (`"OCC"`), in its own order.
        open_frames: finds the frames; raises `SequenceError` where they are missing. Ground truth alone is
            enough to score results, so this is only called to run a tracker.
        polygons: where ground truth is drawn as rotated boxes (VOT): float64, shape (frames, 8): x1, y1 to
            x4, y4. `truth` then holds the upright boxes that trackers are initialised with.
        absent: where the data set says so (LaSOT): bool, shape (frames,): the target is not to be seen.
        tags: attributes that hold for some frames only (VOT): bool, shape (frames,), by name.
        size: width and height of the images in pixels, where the ground truth's files tell it.
    """

    name: str
    truth: Boxes
    attributes: tuple[str, ...]
    open_frames: Callable[[], Frames]
    polygons: Boxes | None = None
    absent: NDArray[np.bool_] | None = None
    tags: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    size: tuple[int, int] | None = None

    @property
    def first_box_only(self) -> bool:
        """Whether the first box alone is known, as in test sets whose ground truth is on a server.

        Rows of `truth` after the first are NaN then.
        """
        return len(self.truth) > 1 and bool(np.isnan(self.truth[1:]).all())


def start_problem(sequence: Sequence) -> str:
    """Why no tracker can start in the first frame of a sequence, in a sentence; empty if one can."""
    first = sequence.truth[0]
    if not usable_box_mask(first):
        return f"{sequence.name}: its first box, {first.tolist()}, is empty; no tracker can start"
    if np.abs(first).max() > MAX_COORDINATE:
        return f"{sequence.name}: its first box, {first.tolist()}, is beyond any image; no tracker can start"
    return ""


class Dataset(ABC):
    """A named collection of sequences, of which some may be absent from this machine."""

    name: str
    """What the command line and the results folder call it: `"otb2015"`."""
    title: str
    """What a figure calls it: `"OTB2015"`."""
    attributes: tuple[str, ...] = ()
    """The abbreviations that sequences' attributes are taken from, in the order in which they are shown."""
    one_based: bool = True
    """Whether its own ground-truth files, and with them most tools' results, call the first pixel (1, 1)."""
    is_user_folder: bool = False
    """Whether it is a folder of the user's own, of which nothing is known but what lies in it."""
    all_names: tuple[str, ...]
    """Every sequence the data set consists of, in its own order, present or not."""
    related: tuple[str, ...] = ()
    """Data sets that hold the same sequences under the same names: their runs are scored as runs on this."""

    @property
    def total(self) -> int:
        """How many sequences the whole data set has, of which this may be a part."""
        return len(self.all_names)

    def in_other_part(self, name: str) -> bool:  # noqa: ARG002 - for those that are a part of something
        """Whether a sequence is none of these, but one that results may well hold: of another part."""
        return False

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The sequences whose ground truth is present, in the data set's order."""

    @abstractmethod
    def __getitem__(self, name: str) -> Sequence:
        """Reads one sequence's ground truth.

        Raises:
            KeyError: `name` is not in `all_names`.
            SequenceError: its files are missing or damaged.
        """
