"""A data set as the rest of the project sees it: named sequences of frames with their ground truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

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

    @abstractmethod
    def fingerprint(self) -> str:
        """A hex digest that changes when the frames do. Cheap: it need not look at every pixel."""


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
    """

    name: str
    truth: Boxes
    attributes: tuple[str, ...]
    open_frames: Callable[[], Frames]


class Dataset(ABC):
    """A named collection of sequences, of which some may be absent from this machine."""

    name: str
    """What the command line and the results folder call it: `"otb2015"`."""
    title: str
    """What a figure calls it: `"OTB2015"`."""
    all_names: tuple[str, ...]
    """Every sequence the data set consists of, in its own order, present or not."""

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
