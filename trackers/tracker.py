"""What a tracker is: the two interfaces that everything else in the project speaks.

`Tracker` follows one target. `BatchTracker` follows many at once, each in a *slot*, so that a GPU can
serve many sequences with one network pass; `OneSlot` turns a batch tracker into a `Tracker`, so that both
are the same code.

Conventions, everywhere in the project:
    frame: RGB image, uint8 array of shape (H, W, 3). A tracker never changes it.
    box:   float64 array of shape (4,): x, y, w, h in pixels, 0-based and continuous: x, y is the top left
           corner (0, 0 is the outer corner of the first pixel) and x + w the right edge.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Frame: TypeAlias = NDArray[np.uint8]
Boxes: TypeAlias = NDArray[np.float64]
FrameBatch: TypeAlias = "Sequence[Frame | torch.Tensor]"
"""Frames as arrays, or as tensors (H, W, 3) of uint8 on the tracker's device; see `TensorTracker`."""


class Tracker(ABC):
    """Follows one target through a sequence of frames.

    One object serves many sequences, one after the other: `init` starts afresh and must leave nothing of
    the sequence before.
    """

    deterministic: bool = False
    """Whether the same frames always give the same boxes, so that repeating a run shows nothing new."""

    @abstractmethod
    def init(self, frame: Frame, box: Boxes) -> None:
        """Starts to follow what `box` (shape (4,)) encloses in `frame`."""

    @abstractmethod
    def update(self, frame: Frame) -> Boxes:
        """Returns the target's box, shape (4,), in the frame that follows the last one seen.

        `trackers.box_validation` lists what else is understood: polygons, masks, and that the target is absent.
        """

    def synchronize(self) -> None:  # noqa: B027 - most trackers have nothing to wait for
        """Waits until all work handed to a device is done, so that a clock read afterwards is true."""


class SelfTimedTracker(Tracker):
    """A tracker that gets its frames in another process or another form, by an adapter of ours."""

    own_seconds: float | None = None
    """How long the last call took the tracker itself; None where all of the call was the tracker's."""


def tracker_seconds(tracker: Tracker, elapsed: float) -> float:
    """The part of a call's `elapsed` seconds that was the tracker's own.

    A class of somebody else's that calls an attribute `own_seconds` is not asked: it would judge itself.
    """
    own = tracker.own_seconds if isinstance(tracker, SelfTimedTracker) else None
    return elapsed if own is None else min(max(own, 0.0), elapsed)


class BatchTracker(ABC):
    """Follows up to one target per slot; slots start and end independently of each other.

    Implementations keep their state in tensors whose first axis is the slot. What happens in one slot
    never changes the boxes of another.
    """

    deterministic: bool = False
    """As `Tracker.deterministic`."""

    @abstractmethod
    def init(self, slots: Sequence[int], frames: Sequence[Frame], boxes: Boxes) -> None:
        """Starts a new target in each of `slots`.

        Args:
            slots: distinct slot numbers, 0-based; n of them.
            frames: n frames, which may differ in size.
            boxes: shape (n, 4), one initial box per slot.
        """

    @abstractmethod
    def update(self, slots: Sequence[int], frames: Sequence[Frame]) -> Boxes:
        """Advances each of `slots` by one frame and returns their boxes, shape (n, 4)."""

    def synchronize(self) -> None:  # noqa: B027 - most trackers have nothing to wait for
        """Waits until all work handed to a device is done."""


class TensorTracker(BatchTracker):
    """A batch tracker that also takes frames that are on its device already, decoded there.

    In one call all frames are arrays, or all are tensors, of any strides.
    """

    device: torch.device
    """Where frames are wanted."""

    @abstractmethod
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None: ...

    @abstractmethod
    def update(self, slots: Sequence[int], frames: FrameBatch) -> Boxes: ...

    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        """Begins an update, and returns what waits for its boxes; the next may begin before.

        A tracker that leaves its device to work overrides this. Here the boxes are there at once.
        """
        found = self.update(slots, frames)
        return lambda: found

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        """Keeps memory ready for `count` frames (H, W, 3) that are to come; for the tracker's own thread."""

    def place(self, shape: tuple[int, ...]) -> Frame | None:  # noqa: ARG002
        """Memory to decode a frame (H, W, 3) into, from which it is uploaded faster; None: there is none.

        It is given back when nobody holds it any more. Any thread may ask.
        """
        return None


class OneSlot(Tracker):
    """A batch tracker with a single slot, as a `Tracker`."""

    def __init__(self, batch: BatchTracker) -> None:
        self.batch = batch
        self.deterministic = batch.deterministic

    def init(self, frame: Frame, box: Boxes) -> None:
        self.batch.init([0], [frame], np.asarray(box, dtype=np.float64)[None])

    def update(self, frame: Frame) -> Boxes:
        box: Boxes = self.batch.update([0], [frame])[0]
        return box

    def synchronize(self) -> None:
        self.batch.synchronize()
