"""The tracker interfaces, which the whole project uses.

`Tracker` follows one target. `BatchTracker` follows many at once, each in a *slot*, so that a GPU can
serve many sequences with one network pass; `OneSlot` turns a batch tracker into a `Tracker`, so that both
share their code.

Conventions throughout the project:
    frame: RGB image, uint8 array of shape (H, W, 3). A tracker never changes it.
    box:   float64 array of shape (4,): x, y, w, h in pixels, 0-based and continuous: x, y is the top left
           corner (0, 0 is the outer corner of the first pixel) and x + w the right edge.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Frame: TypeAlias = NDArray[np.uint8]
Boxes: TypeAlias = NDArray[np.float64]
FrameBatch: TypeAlias = "Sequence[Frame | torch.Tensor]"
"""Frames as arrays, or as uint8 tensors (H, W, 3) on the tracker's device; see `TensorTracker`."""


class Tracker(ABC):
    """Follows one target through a sequence of frames.

    One object tracks many sequences, one after the other: `init` starts afresh and must keep no state of the
    previous sequence.
    """

    deterministic: bool = False
    """Whether the same frames always give the same boxes, so that runs need not be repeated."""
    model_files: tuple[Path, ...] = ()
    """Files besides its code and its weights that decide its boxes; a run records their digests."""

    @abstractmethod
    def init(self, frame: Frame, box: Boxes) -> None:
        """Starts to follow the target that `box`, shape (4,), encloses in `frame`."""

    @abstractmethod
    def update(self, frame: Frame) -> Boxes:
        """Returns the target's box, shape (4,), in the frame that follows the last one seen.

        It may also return a polygon, a mask, or that the target is absent, and a confidence with each: see
        `trackers.box_validation`.
        """

    def update_with_confidence(self, frame: Frame) -> object:
        """Does what `update` does; returns its result, or the pair of it and the tracker's confidence.

        This is what runs call. Only trackers whose `update` has to return the box alone override it.
        """
        return self.update(frame)

    def synchronize(self) -> None:  # noqa: B027 - most trackers use no device
        """Blocks until all pending device work has finished, so that timings are correct."""


class SelfTimedTracker(Tracker):
    """An adapter of ours to a tracker that gets its frames in another process or in another form."""

    own_seconds: float | None = None
    """Seconds that the last call took the tracker itself; None if the whole call was the tracker's."""


class BatchTracker(ABC):
    """Follows up to one target per slot; slots start and end independently.

    Implementations keep their state in tensors whose first axis is the slot. A slot never affects the boxes
    of another.
    """

    deterministic: bool = False
    """As `Tracker.deterministic`."""

    @abstractmethod
    def init(self, slots: Sequence[int], frames: Sequence[Frame], boxes: Boxes) -> None:
        """Starts a new target in each of `slots`.

        Args:
            slots: n distinct slot numbers, 0-based.
            frames: n frames, which may differ in size.
            boxes: shape (n, 4), one initial box per slot.
        """

    @abstractmethod
    def update(self, slots: Sequence[int], frames: Sequence[Frame]) -> Boxes:
        """Advances each of `slots` by one frame and returns their boxes, shape (n, 4).

        It may also return a list with what `Tracker.update` may return for each of `slots`.
        """

    def synchronize(self) -> None:  # noqa: B027 - most trackers use no device
        """As `Tracker.synchronize`."""


class TensorTracker(BatchTracker):
    """A batch tracker that also accepts frames that were decoded on its device.

    In one call, all frames are arrays or all are tensors, with any strides.
    """

    device: torch.device
    """The device of frames that are tensors."""

    @abstractmethod
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None: ...

    @abstractmethod
    def update(self, slots: Sequence[int], frames: FrameBatch) -> Boxes: ...

    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        """Starts an update and returns a function that waits for its boxes.

        They have shape (n, 4), or (n, 5) with the tracker's confidences in the last column. The next update
        may start before. Trackers that compute asynchronously override this; by default the
        update is finished when it returns.
        """
        boxes = self.update(slots, frames)
        return lambda: boxes

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        """Reserves memory for `count` frames of shape (H, W, 3); called in the tracker's own thread."""

    def place(self, shape: tuple[int, ...]) -> Frame | None:  # noqa: ARG002
        """Returns memory to decode a frame (H, W, 3) into, for a faster upload; None if there is none.

        It is reused when the last reference to it is gone. Any thread may call this.
        """
        return None


class OneSlot(Tracker):
    """A batch tracker with one slot, as a `Tracker`."""

    def __init__(self, batch: BatchTracker) -> None:
        self.batch = batch
        self.deterministic = batch.deterministic

    def init(self, frame: Frame, box: Boxes) -> None:
        self.batch.init([0], [frame], np.asarray(box, dtype=np.float64)[None])

    def update(self, frame: Frame) -> Boxes:
        box: Boxes = self.batch.update([0], [frame])[0]
        return box

    def update_with_confidence(self, frame: Frame) -> object:
        if not isinstance(self.batch, TensorTracker):
            return self.update(frame)
        [prediction] = split_confidences(self.batch.begin([0], [frame])())
        return prediction

    def synchronize(self) -> None:
        self.batch.synchronize()


def split_confidences(rows: Iterable[object]) -> list[object]:
    """Returns predictions from what `TensorTracker.begin` gives; rows of five become pairs."""
    return [
        (row[:4], float(row[4])) if isinstance(row, np.ndarray) and row.shape == (5,) else row for row in rows
    ]
