"""How the frames of a batch are decoded: by Pillow in threads, or all at once on the tracker's device."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.datasets import Frames, SequenceError
from trackers.errors import UserError
from trackers.tracker import BatchTracker, Frame, TensorTracker

if TYPE_CHECKING:
    from torch import Tensor

DECODERS = ("pillow", "torchvision")


@dataclass(frozen=True)
class Jpeg:
    """A frame that is to be decoded on the device.

    Attributes:
        data: its file.
        shape: (H, W, 3), as of a frame that is decoded.
        frames, index: where it is from.
    """

    data: bytes
    shape: tuple[int, int, int]
    frames: Frames
    index: int


Waiting: TypeAlias = Frame | Jpeg


class Decoder:
    """Pillow: a frame is decoded by the thread that reads it."""

    name = "pillow"

    def read(self, frames: Frames, index: int) -> Waiting:
        """Does what can be done ahead, in a thread. Raises as `Frames.__getitem__`."""
        return frames[index]

    def decoded(self, waiting: Items[Waiting]) -> Items[Waiting | Tensor | SequenceError]:
        """Does the rest for the frames of one step; what is damaged gives an error in its place."""
        return waiting

    def frame(self, frames: Frames, index: int) -> Frame:
        """The same pixels of one frame, for a tracker that runs alone. Raises as `Frames.__getitem__`."""
        return frames[index]


class TorchvisionDecoder(Decoder):
    """Threads read files; those that are whole JPEG files are decoded by torchvision, all of a step at once.

    What torchvision cannot decode goes through Pillow, and what Pillow cannot decode either is damaged.

    Args:
        tracker: whose device it is.

    Raises:
        UserError: as `JpegDecoder`.
    """

    def __init__(self, tracker: TensorTracker) -> None:
        from trackers.jpeg import JpegDecoder

        self._decode = JpegDecoder(tracker.device)
        self.name = self._decode.name

    def read(self, frames: Frames, index: int) -> Waiting:
        from trackers.jpeg import jpeg_shape

        data = frames.encoded(index)
        shape = None if data is None else jpeg_shape(data)
        return frames[index] if data is None or shape is None else Jpeg(data, shape, frames, index)

    def decoded(self, waiting: Items[Waiting]) -> Items[Tensor | SequenceError]:
        found = iter(self._pixels([one for one in waiting if isinstance(one, Jpeg)]))
        return [next(found) if isinstance(one, Jpeg) else self._upload(one) for one in waiting]

    def frame(self, frames: Frames, index: int) -> Frame:
        (found,) = self.decoded([self.read(frames, index)])
        if isinstance(found, SequenceError):
            raise found
        pixels: Frame = found.contiguous().cpu().numpy()
        return pixels

    def _pixels(self, jpegs: list[Jpeg]) -> Items[Tensor | SequenceError]:
        try:
            return self._decode([jpeg.data for jpeg in jpegs])
        except RuntimeError as error:
            if type(error).__name__ == "OutOfMemoryError":
                raise
            if len(jpegs) > 1:  # whose fault it is, is not said
                return [self._pixels([jpeg])[0] for jpeg in jpegs]
        try:
            return [self._upload(jpegs[0].frames[jpegs[0].index])]
        except SequenceError as error:
            return [error]

    def _upload(self, frame: Frame) -> Tensor:
        import torch

        return torch.from_numpy(frame).to(self._decode.device)


def decoder_for(name: str, tracker: BatchTracker) -> Decoder:
    """The decoder of this name for a tracker's frames.

    Raises:
        UserError: the tracker takes arrays only, or the decoder is not there.
    """
    if name == "pillow":
        return Decoder()
    if not isinstance(tracker, TensorTracker):
        raise UserError(
            f"--decoder {name} leaves frames on the device, and this tracker takes them as arrays; "
            "leave --decoder out"
        )
    return TorchvisionDecoder(tracker)
