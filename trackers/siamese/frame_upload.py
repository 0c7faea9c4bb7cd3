"""Copies frames to a GPU: pinned memory to decode into, and a stream for the copies."""

from __future__ import annotations

import math
import weakref
from collections import defaultdict, deque
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from trackers.tracker import Boxes, Frame, FrameBatch

MULTIPLE = 128
"""Batches on a GPU have heights and widths in multiples of this, so that few graphs serve all sequences."""


class PinnedFramePool:
    """A pool of pinned buffers, reused for frames of the same size in bytes.

    `reserve` pins memory in the calling thread, since no other thread may call CUDA while a graph is
    captured; any thread may take a buffer.
    """

    def __init__(self) -> None:
        self._free: defaultdict[int, deque[Frame]] = defaultdict(deque)
        self._addresses: set[int] = set()

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        """Pins memory until at least `count` frames of this shape are free."""
        size = math.prod(shape)
        for _ in range(count - len(self._free[size])):
            memory: Frame = torch.empty(size, dtype=torch.uint8, pin_memory=True).numpy()
            self._addresses.add(_address(memory))
            self._free[size].append(memory)

    def place(self, shape: tuple[int, ...]) -> Frame | None:
        """Returns a free buffer, or None; it is free again when the array is garbage-collected."""
        try:
            memory = self._free[math.prod(shape)].pop()
        except IndexError:
            return None
        frame = memory.reshape(shape)
        weakref.finalize(frame, self._free[memory.size].append, memory).atexit = False
        return frame

    def __contains__(self, frame: object) -> bool:
        """Returns whether a frame starts at one of the pool's buffers."""
        return isinstance(frame, np.ndarray) and _address(frame) in self._addresses


def _address(array: Frame) -> int:
    return int(array.__array_interface__["data"][0])


class FrameUploader:
    """Copies batches of frames to a GPU on a separate stream, while the tracker computes.

    Args:
        device: the GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.pinned = PinnedFramePool()
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._in_flight: deque[tuple[torch.cuda.Event, FrameBatch]] = deque()

    def __call__(self, frames: FrameBatch) -> tuple[Tensor, Tensor]:
        """Does what `upload` does; makes the current stream wait for the copy."""
        if isinstance(frames[0], Tensor):
            return upload(frames, self.device)
        current = torch.cuda.current_stream(self.device)
        with torch.cuda.stream(self._stream):
            batch, sizes = upload(frames, self.device, self.pinned)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record(self._stream)
        current.wait_event(done)
        for tensor in (batch, sizes):
            tensor.record_stream(current)
        # Keep the frames until they are copied, so that no other frame is decoded into their memory.
        self._in_flight.append((done, list(frames)))
        while self._in_flight and self._in_flight[0][0].query():  # type: ignore[no-untyped-call]
            self._in_flight.popleft()
        return batch, sizes


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """Copies a tensor to `device` without waiting for it."""
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def upload(
    frames: FrameBatch, device: torch.device, pinned: PinnedFramePool | None = None
) -> tuple[Tensor, Tensor]:
    """Copies frames of any sizes to `device` as one batch.

    Args:
        frames: n arrays (h, w, 3) of uint8, or n tensors on `device`.
        device: of the batch.
        pinned: the pool that arrays may come from; then they are copied without another copy on the host.

    Returns:
        The frames (n, H, W, 3) uint8, each at the top left and padded with zeros, and their
        widths and heights (n, 2) float64. On a GPU, H and W are rounded up to `MULTIPLE`.
    """
    multiple = 1 if device.type == "cpu" else MULTIPLE
    height = -(-max(frame.shape[0] for frame in frames) // multiple) * multiple
    width = -(-max(frame.shape[1] for frame in frames) // multiple) * multiple
    sizes = torch.tensor([(frame.shape[1], frame.shape[0]) for frame in frames], dtype=torch.float64)
    if isinstance(frames[0], Tensor) or (pinned is not None and all(frame in pinned for frame in frames)):
        batch = torch.zeros(len(frames), height, width, 3, dtype=torch.uint8, device=device)
        for target, frame in zip(batch, frames, strict=True):
            tensor = frame if isinstance(frame, Tensor) else torch.from_numpy(frame)
            target[: tensor.shape[0], : tensor.shape[1]].copy_(tensor, non_blocking=True)
        return batch, send(sizes, device)
    batch = torch.empty(len(frames), height, width, 3, dtype=torch.uint8, pin_memory=device.type != "cpu")
    for target, frame in zip(batch.numpy(), frames, strict=True):
        rows, columns = frame.shape[:2]
        target[:rows, :columns] = frame
        target[rows:] = 0
        target[:rows, columns:] = 0
    return batch.to(device, non_blocking=True), send(sizes, device)


def fetch(rows: Tensor) -> Callable[[], Boxes]:
    """Starts to copy rows of float64 to the host, and returns a function that waits for them."""
    if rows.device.type == "cpu":
        boxes: Boxes = rows.numpy()
        return lambda: boxes
    here = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=True)
    here.copy_(rows, non_blocking=True)
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]
    done.record()

    def wait() -> Boxes:
        done.synchronize()
        return here.numpy().copy()

    return wait
