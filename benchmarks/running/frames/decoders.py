"""How the frames of a batch are decoded: by Pillow in threads, or all at once on the tracker's device."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Items
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.datasets import Frames, SequenceError
from trackers.devices import is_out_of_memory
from trackers.errors import UserError
from trackers.tracker import BatchTracker, Frame, TensorTracker

if TYPE_CHECKING:
    from torch import Tensor

DECODERS = ("pillow", "torchvision")


@dataclass(frozen=True)
class EncodedFrame:
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


PendingFrame: TypeAlias = Frame | EncodedFrame


class Decoder:
    """Pillow: a frame is decoded by the thread that reads it, into memory of the tracker's if it has any."""

    name = "pillow"

    def __init__(self, tracker: TensorTracker | None = None) -> None:
        self._tracker = tracker

    def read(self, frames: Frames, index: int) -> PendingFrame:
        """Does what can be done ahead, in a thread. Raises as `Frames.__getitem__`."""
        frame = frames[index]
        place = None if self._tracker is None else self._tracker.place(frame.shape)
        if place is None:
            return frame
        place[:] = frame
        return place

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        """Prepares for a sequence's frames (H, W, 3), of which `count` are held at once."""
        if self._tracker is not None:
            self._tracker.reserve(shape, count)

    def decoded(self, waiting: Items[PendingFrame]) -> Items[PendingFrame | Tensor | SequenceError]:
        """Does the rest for the frames of one step; what is damaged gives an error in its place."""
        return waiting

    finish: Callable[[PendingFrame], Frame] | None = None
    """What is left to do, in the tracker's own thread, to have a frame as an array of the same pixels, for a
    tracker that runs alone; raises as `Frames.__getitem__`."""

    def told(self) -> list[str]:
        """What a person should know since this was last asked, in sentences."""
        return []


class TorchvisionDecoder(Decoder):
    """Threads read files; those that are whole JPEG files are decoded by torchvision, all of a step at once.

    What torchvision cannot decode goes through Pillow, which is told, and what Pillow cannot decode either is
    damaged. A device that fails is no reason to go on with another decoder's pixels.

    Args:
        tracker: whose device it is.

    Raises:
        UserError: as `JpegDecoder`.
    """

    def __init__(self, tracker: TensorTracker) -> None:
        from trackers.jpeg import JpegDecoder

        super().__init__()
        self._decode = JpegDecoder(tracker.device)
        self.name = self._decode.name
        self._refused: dict[int, str] = {}
        self._told = 0

    def read(self, frames: Frames, index: int) -> PendingFrame:
        from trackers.jpeg import jpeg_shape

        data = frames.encoded(index)
        shape = None if data is None else jpeg_shape(data)
        return frames[index] if data is None or shape is None else EncodedFrame(data, shape, frames, index)

    def decoded(self, waiting: Items[PendingFrame]) -> Items[Tensor | SequenceError]:
        found = iter(self._pixels([one for one in waiting if isinstance(one, EncodedFrame)]))
        return [next(found) if isinstance(one, EncodedFrame) else self._upload(one) for one in waiting]

    def finish(self, waiting: PendingFrame) -> Frame:
        try:
            (found,) = self.decoded([waiting])
        except RuntimeError as error:  # the device's: a damaged file is found among what is decoded
            reason = str(error).partition("\n")[0]
            raise UserError(f"{self.name} fails on {self._decode.device} ({reason})") from error
        if isinstance(found, SequenceError):
            raise found
        pixels: Frame = found.contiguous().cpu().numpy()
        return pixels

    def told(self) -> list[str]:
        lines = list(self._refused.values())[self._told :]
        self._told += len(lines)
        return lines

    def _pixels(self, jpegs: list[EncodedFrame]) -> Items[Tensor | SequenceError]:
        try:
            return self._decode([jpeg.data for jpeg in jpegs])
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            if len(jpegs) > 1:  # whose fault it is, is not said
                return [self._pixels([jpeg])[0] for jpeg in jpegs]
            self._decode.try_out()  # raises where it is not the file's fault
            reason = str(error).partition("\n")[0]
        (jpeg,) = jpegs
        try:
            frame = jpeg.frames[jpeg.index]
        except SequenceError as damage:
            return [damage]
        # One sentence for a sequence, whose files are of one make.
        path = jpeg.frames.path(jpeg.index) or f"frame {jpeg.index}"
        self._refused.setdefault(
            id(jpeg.frames), f"{path} is decoded by Pillow: {self.name} refuses it ({reason})"
        )
        return [self._upload(frame)]

    def _upload(self, frame: Frame) -> Tensor:
        import torch

        return torch.from_numpy(frame).to(self._decode.device)


def create_decoder(name: str, tracker: BatchTracker) -> Decoder:
    """The decoder of this name for a tracker's frames.

    Raises:
        UserError: the tracker takes arrays only, or the decoder is not there.
    """
    if name == "pillow":
        return Decoder(tracker if isinstance(tracker, TensorTracker) else None)
    if not isinstance(tracker, TensorTracker):
        raise UserError(
            f"--decoder {name} leaves frames on the device, and this tracker takes them as arrays; "
            "leave --decoder out"
        )
    return TorchvisionDecoder(tracker)
