"""Frames on their way to a GPU: pinned memory to decode into, and a stream that copies them."""

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
"""Batches on a GPU have heights and widths of multiples of this, so that few graphs serve all sequences."""


class PinnedFramePool:
    """Pinned memory that is used over and over for frames of the same size in bytes.

    It is pinned in the thread that calls `reserve`, since CUDA must not be called by others while a graph is
    captured; any thread may take it.
    """

    def __init__(self) -> None:
        self._free: defaultdict[int, deque[Frame]] = defaultdict(deque)
        self._addresses: set[int] = set()

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        """Adds memory for `count` frames of this shape, unless as much lies unused."""
        size = math.prod(shape)
        for _ in range(count - len(self._free[size])):
            memory: Frame = torch.empty(size, dtype=torch.uint8, pin_memory=True).numpy()
            self._addresses.add(_address(memory))
            self._free[size].append(memory)

    def place(self, shape: tuple[int, ...]) -> Frame | None:
        """Memory for a frame, whose it is as long as the array lives; None if none is free."""
        try:
            memory = self._free[math.prod(shape)].pop()
        except IndexError:
            return None
        frame = memory.reshape(shape)
        weakref.finalize(frame, self._free[memory.size].append, memory).atexit = False
        return frame

    def __contains__(self, frame: object) -> bool:
        """Whether a frame lies at the beginning of such memory."""
        return isinstance(frame, np.ndarray) and _address(frame) in self._addresses


def _address(array: Frame) -> int:
    return int(array.__array_interface__["data"][0])


class FrameUploader:
    """Copies batches of frames to a GPU on a stream of their own, while that of the tracker computes.

    Args:
        device: where to.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.pinned = PinnedFramePool()
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._under_way: deque[tuple[torch.cuda.Event, FrameBatch]] = deque()

    def __call__(self, frames: FrameBatch) -> tuple[Tensor, Tensor]:
        """As `upload`; what is computed next on the current stream waits for it."""
        if isinstance(frames[0], Tensor):
            return upload(frames, self.device)
        present = torch.cuda.current_stream(self.device)
        with torch.cuda.stream(self._stream):
            batch, sizes = upload(frames, self.device, self.pinned)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record(self._stream)
        present.wait_event(done)
        for one in (batch, sizes):
            one.record_stream(present)
        # Memory that is still read must not be given to the next frame that is decoded.
        self._under_way.append((done, list(frames)))
        while self._under_way and self._under_way[0][0].query():  # type: ignore[no-untyped-call]
            self._under_way.popleft()
        return batch, sizes


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """Copies a tensor to `device` without waiting for what that is doing."""
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def upload(
    frames: FrameBatch, device: torch.device, pinned: PinnedFramePool | None = None
) -> tuple[Tensor, Tensor]:
    """Copies frames of any sizes to `device` as one batch.

    Args:
        frames: n arrays (h, w, 3) of uint8, or as many tensors on `device`.
        device: where to.
        pinned: what arrays may lie in; all those that do are copied as they are.

    Returns:
        The frames (n, H, W, 3) uint8, each at the top left of as many zeros as the largest needs, and their
        widths and heights (n, 2) float64. On a GPU, H and W are rounded up to `MULTIPLE`.
    """
    multiple = 1 if device.type == "cpu" else MULTIPLE
    height = -(-max(frame.shape[0] for frame in frames) // multiple) * multiple
    width = -(-max(frame.shape[1] for frame in frames) // multiple) * multiple
    sizes = torch.tensor([(frame.shape[1], frame.shape[0]) for frame in frames], dtype=torch.float64)
    if isinstance(frames[0], Tensor) or (pinned is not None and all(frame in pinned for frame in frames)):
        batch = torch.zeros(len(frames), height, width, 3, dtype=torch.uint8, device=device)
        for there, frame in zip(batch, frames, strict=True):
            tensor = frame if isinstance(frame, Tensor) else torch.from_numpy(frame)
            there[: tensor.shape[0], : tensor.shape[1]].copy_(tensor, non_blocking=True)
        return batch, send(sizes, device)
    batch = torch.empty(len(frames), height, width, 3, dtype=torch.uint8, pin_memory=device.type != "cpu")
    for place, frame in zip(batch.numpy(), frames, strict=True):
        rows, columns = frame.shape[:2]
        place[:rows, :columns] = frame
        place[rows:] = 0
        place[:rows, columns:] = 0
    return batch.to(device, non_blocking=True), send(sizes, device)


def fetch(rows: Tensor) -> Callable[[], Boxes]:
    """Begins to copy float64 numbers to the host, and returns what waits for them.

    On a CPU they are there.
    """
    if rows.device.type == "cpu":
        there: Boxes = rows.numpy()
        return lambda: there
    here = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=True)
    here.copy_(rows, non_blocking=True)
    done = torch.cuda.Event()  # type: ignore[no-untyped-call]
    done.record()

    def wait() -> Boxes:
        done.synchronize()
        return here.numpy().copy()

    return wait
