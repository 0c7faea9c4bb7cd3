"""Decoders of a batch's frames: Pillow in threads, or torchvision on the tracker's device."""

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
    """A frame that the device will decode.

    Attributes:
        data: the content of its file.
        shape: (H, W, 3), as of the decoded frame.
        frames, index: where it comes from.
    """

    data: bytes
    shape: tuple[int, int, int]
    frames: Frames
    index: int


PendingFrame: TypeAlias = Frame | EncodedFrame


class Decoder:
    """Pillow: the thread that reads a frame decodes it, into the tracker's own memory if it offers any."""

    name = "pillow"

    def __init__(self, tracker: TensorTracker | None = None) -> None:
        self._tracker = tracker

    def read(self, frames: Frames, index: int) -> PendingFrame:
        """Does the work that can be done ahead, in a thread. Raises as `Frames.__getitem__`."""
        frame = frames[index]
        place = None if self._tracker is None else self._tracker.place(frame.shape)
        if place is None:
            return frame
        place[:] = frame
        return place

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        """Prepares for a sequence's frames of `shape` (H, W, 3), of which `count` are in use at once."""
        if self._tracker is not None:
            self._tracker.reserve(shape, count)

    def decode(self, pending: Items[PendingFrame]) -> Items[PendingFrame | Tensor | SequenceError]:
        """Decodes the frames of one step; returns an error in the place of a damaged one."""
        return pending

    finish: Callable[[PendingFrame], Frame] | None = None
    """Decodes one frame to an array of the same pixels, in the tracker's own thread, for a tracker that runs
    alone; None if nothing is left to do. Raises as `Frames.__getitem__`."""

    def take_messages(self) -> list[str]:
        """Returns the messages to the user since the last call."""
        return []


class TorchvisionDecoder(Decoder):
    """torchvision: threads read the files, and the device decodes the JPEG files of a step all at once.

    Files that torchvision cannot decode go through Pillow, with a message; those that Pillow cannot decode
    either are damaged. A failing device is an error: other pixels would make other results.

    Args:
        tracker: provides the device.

    Raises:
        UserError: as `JpegDecoder`.
    """

    def __init__(self, tracker: TensorTracker) -> None:
        from trackers.jpeg import JpegDecoder

        super().__init__()
        self._decode = JpegDecoder(tracker.device)
        self.name = self._decode.name
        self._refused: dict[int, str] = {}
        self._reported = 0

    def read(self, frames: Frames, index: int) -> PendingFrame:
        from trackers.jpeg import jpeg_shape

        data = frames.encoded(index)
        shape = None if data is None else jpeg_shape(data)
        return frames[index] if data is None or shape is None else EncodedFrame(data, shape, frames, index)

    def decode(self, pending: Items[PendingFrame]) -> Items[Tensor | SequenceError]:
        decoded = iter(self._pixels([frame for frame in pending if isinstance(frame, EncodedFrame)]))
        return [
            next(decoded) if isinstance(frame, EncodedFrame) else self._upload(frame) for frame in pending
        ]

    def finish(self, pending: PendingFrame) -> Frame:
        try:
            (decoded,) = self.decode([pending])
        except RuntimeError as error:  # the device's: `decode` returns the errors of damaged files
            reason = str(error).partition("\n")[0]
            raise UserError(f"{self.name} fails on {self._decode.device} ({reason})") from error
        if isinstance(decoded, SequenceError):
            raise decoded
        pixels: Frame = decoded.contiguous().cpu().numpy()
        return pixels

    def take_messages(self) -> list[str]:
        messages = list(self._refused.values())[self._reported :]
        self._reported += len(messages)
        return messages

    def _pixels(self, jpegs: list[EncodedFrame]) -> Items[Tensor | SequenceError]:
        try:
            return self._decode([jpeg.data for jpeg in jpegs])
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            if len(jpegs) > 1:  # the error does not name the file
                return [self._pixels([jpeg])[0] for jpeg in jpegs]
            self._decode.try_out()  # raises if the device is at fault, not the file
            reason = str(error).partition("\n")[0]
        (jpeg,) = jpegs
        try:
            frame = jpeg.frames[jpeg.index]
        except SequenceError as damage:
            return [damage]
        # One message per sequence, whose files come from one encoder.
        path = jpeg.frames.path(jpeg.index) or f"frame {jpeg.index}"
        self._refused.setdefault(
            id(jpeg.frames), f"{path} is decoded by Pillow: {self.name} cannot decode it ({reason})"
        )
        return [self._upload(frame)]

    def _upload(self, frame: Frame) -> Tensor:
        import torch

        return torch.from_numpy(frame).to(self._decode.device)


def create_decoder(name: str, tracker: BatchTracker) -> Decoder:
    """Returns the decoder of this name for a tracker's frames.

    Raises:
        UserError: the tracker takes only arrays, or the decoder is not installed.
    """
    if name == "pillow":
        return Decoder(tracker if isinstance(tracker, TensorTracker) else None)
    if not isinstance(tracker, TensorTracker):
        raise UserError(
            f"--decoder {name} leaves frames on the device, but this tracker takes arrays; "
            "leave --decoder out"
        )
    return TorchvisionDecoder(tracker)
