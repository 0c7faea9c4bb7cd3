"""The interface of data sets: named sequences of frames with ground truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.geometry.missing_boxes import usable_box_mask
from trackers.box_validation import MAX_COORDINATE
from trackers.errors import UserError, system_reason
from trackers.tracker import Boxes, Frame
from trackers.wording import counted, counted_of


class SequenceError(UserError):
    """Files of one sequence are missing or damaged; other sequences may be fine."""


@contextmanager
def as_sequence_error() -> Iterator[None]:
    """Turns a `UserError` or `OSError` into a `SequenceError` with the same message."""
    try:
        yield
    except SequenceError:
        raise
    except UserError as error:
        raise SequenceError(str(error)) from None
    except OSError as error:
        raise SequenceError(system_reason(error)) from None


class Frames(ABC):
    """The frames of one sequence, decoded on access. Safe to use from several threads at once."""

    @abstractmethod
    def __len__(self) -> int:
        """Returns the number of frames."""

    @abstractmethod
    def __getitem__(self, index: int) -> Frame:
        """Decodes frame `index` (0-based): RGB, uint8, shape (H, W, 3).

        Raises:
            SequenceError: the frame is missing or damaged.
        """

    def encoded(self, index: int) -> bytes | None:  # noqa: ARG002 - overridden where frames are files
        """Returns the content of frame `index`'s image file, in any format; None if it has no such file."""
        return None

    def path(self, index: int) -> Path | None:  # noqa: ARG002 - overridden where frames are files
        """Returns the JPEG or PNG file of frame `index`, for trackers that read images themselves.

        None if there is no such file, or if a reader may rotate it by its EXIF data. Such frames are passed
        as pixels.
        """
        return None

    @abstractmethod
    def fingerprint(self) -> str:
        """Returns a hex digest that changes when the frames do. Cheap: it need not read every pixel.

        Raises:
            SequenceError: a frame is missing.
        """


@dataclass(frozen=True)
class Sequence:
    """One target in a range of frames, with its location in each frame.

    Attributes:
        name: as spelled in published results on the data set.
        truth: float64, shape (frames, 4): x, y, w, h in pixels, 0-based, continuous. Rows that the
            annotators left empty are as in the file (minus the shift to 0-based).
        attributes: challenge attributes, such as `"OCC"` (occlusion), in the data set's order.
        open_frames: opens the frames; raises `SequenceError` if they are missing. Called only to run a
            tracker; scoring needs only the ground truth.
        polygons: float64, shape (frames, 8): x1, y1 to x4, y4, where ground truth is rotated boxes (VOT).
            `truth` then holds the upright boxes that trackers are initialized with.
        absent: bool, shape (frames,): the target is not visible. None without visibility flags.
        tags: attributes of single frames (VOT): bool, shape (frames,), by name.
        size: width and height of the images in pixels, if known without decoding frames.
        anchors: float64, shape (frames,): above 0 in frames from which a multi-start run goes forward, below
            0 where it goes backward (VOT2020 and later). None without anchors.
        truth_from_masks: whether `truth` holds the boxes around annotated masks.
    """

    name: str
    truth: Boxes
    attributes: tuple[str, ...]
    open_frames: Callable[[], Frames]
    polygons: Boxes | None = None
    absent: NDArray[np.bool_] | None = None
    tags: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    anchors: NDArray[np.float64] | None = None
    truth_from_masks: bool = False

    def __repr__(self) -> str:
        return f"<Sequence {self.name}: {counted(len(self.truth), 'frame')}>"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "tags": dict(self.tags)}  # a read-only view of a dictionary has no copies

    def frames(self) -> Frames:
        """Opens the frames: `sequence.frames()[0]` is the first, RGB, uint8, shape (H, W, 3).

        Raises:
            SequenceError: they are missing.
        """
        return self.open_frames()

    @property
    def regions(self) -> Boxes:
        """The ground truth as annotated: polygons, shape (frames, 8), or boxes, shape (frames, 4)."""
        return self.truth if self.polygons is None else self.polygons

    @property
    def first_box_only(self) -> bool:
        """Whether only the first box is known, as in test sets whose ground truth is kept on a server.

        The other rows of `truth` are NaN then.
        """
        return len(self.truth) > 1 and bool(np.isnan(self.truth[1:]).all())


def first_box_problem(sequence: Sequence) -> str:
    """Returns why no tracker can start in a sequence's first frame, in a sentence; "" if one can."""
    first = sequence.truth[0]
    if not usable_box_mask(first):
        return f"{sequence.name}: its first box, {first.tolist()}, is empty; no tracker can start"
    if np.abs(first).max() > MAX_COORDINATE:
        return f"{sequence.name}: its first box, {first.tolist()}, is beyond any image; no tracker can start"
    return ""


class Dataset(ABC):
    """A named collection of sequences, some of which may not be downloaded."""

    name: str
    """Name on the command line and in the results folder: `"otb2015"`."""
    title: str
    """Name in plots and tables: `"OTB2015"`."""
    attributes: tuple[str, ...] = ()
    """The abbreviations used in sequences' attributes, in the order in which they are shown."""
    one_based: bool = True
    """Whether its ground-truth files, and therefore most tools' results, use 1-based pixel coordinates."""
    scored_by_file_numbers: bool = False
    """Whether profiles test boxes by the numbers of its files, as toolkits do, even if these are 0-based.

    Otherwise they test them as if files were 1-based, so that the origin does not change the score."""
    takes_short_results: bool = False
    """Whether its own evaluation takes results that end early, and counts the missing frames as misses."""
    is_user_folder: bool = False
    """Whether it is a user's folder of videos, known only by its content."""
    all_names: tuple[str, ...]
    """All sequences of the data set, in its order, downloaded or not."""
    related: tuple[str, ...] = ()
    """Data sets with the same sequences under the same names; their runs are scored as runs on this one."""
    splits: tuple[str, ...] = ()
    """The values of `split`, the default first, for data sets that have several."""
    server: str = ""
    """The server that has its ground truth, if only the first boxes are published."""
    server_format: str = ""
    """The format of `sotbench export` that this server takes."""

    @property
    def total(self) -> int:
        """The number of sequences in the complete data set, of which this may be a part."""
        return len(self.all_names)

    def belongs_to_other_split(self, name: str) -> bool:  # noqa: ARG002 - overridden by data sets with parts
        """Returns whether `name` belongs to another split, whose sequences results may contain as well."""
        return False

    def __len__(self) -> int:
        return len(self.names())

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __repr__(self) -> str:
        return f"<{self.title}: {counted_of(len(self), self.total, 'sequence')}>"

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Returns the sequences whose ground truth is present, in the data set's order."""

    @abstractmethod
    def __getitem__(self, name: str) -> Sequence:
        """Reads one sequence's ground truth.

        Raises:
            KeyError: `name` is not in `all_names`.
            SequenceError: its files are missing or damaged.
        """
