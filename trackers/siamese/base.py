"""What all Siamese trackers share: slots, frames on the device, and the order of events."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from trackers.device_context import device_context, in_device_context
from trackers.devices import keep_freed_memory, resolve_device
from trackers.errors import UserError
from trackers.siamese.backbone import Embedding, fold_batch_norm, prepare_for_cpu
from trackers.siamese.frame_upload import FrameUploader, fetch, send, upload
from trackers.siamese.graphs import GraphCache, cuda_capture
from trackers.siamese.precision import BFloat16, numerics
from trackers.siamese.search import Search, SearchSettings, Targets
from trackers.siamese.weights import bundled_weights
from trackers.tracker import Boxes, Frame, FrameBatch, TensorTracker


class SiameseTracker(TensorTracker):
    """Follows one or many targets by comparing templates with search regions.

    Args:
        settings: how targets are looked for.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        precision: of the networks, see `trackers/siamese/precision.py`.

    Raises:
        UserError: the device is not there or cannot compute in this precision, or slots is below 1.
    """

    deterministic = True
    weights_name: ClassVar[str]
    """Which of the shipped weights are taken where none are given."""

    @classmethod
    def default_weights(cls) -> Path:
        """The file that is used where no weights are given."""
        return bundled_weights(cls.weights_name)

    def __init_subclass__(cls, **options: Any) -> None:
        """What a subclass does in place of these methods is done within `device_context` as well."""
        super().__init_subclass__(**options)
        for name in ("init", "update", "begin"):
            if name in vars(cls):
                setattr(cls, name, in_device_context(vars(cls)[name]))

    def __init__(self, settings: SearchSettings, device: str, slots: int, precision: str) -> None:
        if slots < 1:
            raise UserError(f"slots is {slots}; give 1 or more")
        self.device = torch.device(resolve_device(device))
        self.precision = precision
        self.numerics = numerics(precision, self.device)
        self.graphs = (
            GraphCache(cuda_capture(self.device), self.state) if self.device.type == "cuda" else None
        )
        self.slots = slots
        self.uploads = FrameUploader(self.device) if self.device.type == "cuda" else None
        self.search = Search(settings, self.device)
        self.targets = Targets(
            torch.zeros(slots, 2, dtype=torch.float64, device=self.device),
            torch.ones(slots, 2, dtype=torch.float64, device=self.device),
            torch.ones(slots, dtype=torch.float64, device=self.device),
            torch.zeros(slots, 3, device=self.device),
        )

    @in_device_context
    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        boxes = np.array(boxes, dtype=np.float64)
        if not np.isfinite(boxes).all() or (boxes[:, 2:] <= 0).any():
            raise UserError(
                f"an initial box is not usable: {boxes.tolist()}; give finite x, y and w, h above 0"
            )
        for some in self.batch_slices(len(slots)):
            index = self.index_tensor(slots[some])
            pixels, sizes = self.upload_frames(frames[some])
            targets = self.search.start(pixels, sizes, send(torch.from_numpy(boxes[some]), self.device))
            self.targets.put(index, targets)
            self.start(index, pixels, sizes, targets)

    @in_device_context
    @torch.no_grad()
    def update(self, slots: Sequence[int], frames: FrameBatch) -> Boxes:
        return self.begin(slots, frames)()

    @in_device_context
    @torch.no_grad()
    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        if type(self).update is not SiameseTracker.update:  # something is done once the boxes are known
            return super().begin(slots, frames)
        return self.begin_steps(self.step, slots, frames)

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        if self.uploads is not None:
            with self.device_context():
                self.uploads.pinned.reserve(shape, count)

    def place(self, shape: tuple[int, ...]) -> Frame | None:
        return None if self.uploads is None else self.uploads.pinned.place(shape)

    def run_steps(
        self,
        step: Callable[[Tensor, Tensor, Tensor], Tensor],
        slots: Sequence[int],
        frames: FrameBatch,
        variant: object = None,
    ) -> Boxes:
        """As `begin_steps`; waits for the rows."""
        return self.begin_steps(step, slots, frames, variant)()

    def begin_steps(
        self,
        step: Callable[[Tensor, Tensor, Tensor], Tensor],
        slots: Sequence[int],
        frames: FrameBatch,
        variant: object = None,
    ) -> Callable[[], Boxes]:
        """Uploads the frames, takes a `step` with each batch of them; returns what waits for a row per slot.

        Args:
            step: computes rows of slots, frames and their sizes, as `self.step`.
            slots: distinct numbers.
            frames: as many.
            variant: see `GraphCache`.
        """
        rows = [
            self.call_step(
                step, self.index_tensor(slots[some]), *self.upload_frames(frames[some]), variant=variant
            )
            for some in self.batch_slices(len(slots))
        ]
        return fetch(torch.cat(rows))

    def upload_frames(self, frames: FrameBatch) -> tuple[Tensor, Tensor]:
        """Frames and their sizes on the device, see `upload`."""
        return upload(frames, self.device) if self.uploads is None else self.uploads(frames)

    def call_step(self, step: Callable[..., Tensor], *inputs: Tensor, variant: object = None) -> Tensor:
        """Takes a step, by a CUDA graph where that is faster; see `GraphCache`."""
        count = len(inputs[0])
        if self.graphs is None or _LAUNCH_BOUND_SLOTS < count < self.slots:
            return step(*inputs)
        return self.graphs(step, *inputs, variant=variant)

    def device_context(self) -> AbstractContextManager[None]:
        """Makes the tracker's device the current one, and its precision the process's, for a while."""
        return device_context(self.device, self.numerics)

    def state(self) -> list[Tensor]:
        """All tensors that hold what the tracker knows of its targets."""
        return _tensors(vars(self).values())

    def index_tensor(self, values: Sequence[int] | Sequence[tuple[int, int]]) -> Tensor:
        """Whole numbers, on the device."""
        return send(torch.tensor(values), self.device)

    def batch_slices(self, count: int) -> list[slice]:
        """Which of `count` slots are computed together: all on a GPU, each alone on a CPU.

        A CPU gains no time from a batch, and rounds differently with its size and with the padding of
        frames: one by one, a slot's boxes do not depend on the other slots at all.
        """
        together = 1 if self.device.type == "cpu" else max(count, 1)
        return [slice(start, start + together) for start in range(0, count, together)]

    @abstractmethod
    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        """Takes up new targets, already in `self.targets`; arguments as for `step`."""

    @abstractmethod
    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        """One update as tensors only, all on the tracker's device, which is never waited for.

        Args:
            slots: (n,) int64, distinct.
            frames: (n, h, w, 3) uint8, see `trackers.siamese.frame_upload.upload`.
            frame_sizes: (n, 2) float64.

        Returns:
            The boxes (n, 4) float64, x, y, w, h.
        """

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def _tensors(values: Iterable[object]) -> list[Tensor]:
    """The tensors among `values`, and those in dataclasses there."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif is_dataclass(value) and not isinstance(value, type):
            found += _tensors(vars(value).values())
    return found


_LAUNCH_BOUND_SLOTS = 4
"""Slots up to which a GPU waits for its kernels to be handed over rather than for the work itself.

A full batch is recorded as well: it is what comes most often, and the host has frames to see to meanwhile.
"""


def prepare_for_inference(network: Embedding, device: torch.device, precision: str) -> Embedding | BFloat16:
    """`network` in its fastest form for `device`: normalisation folded, fewer multiplications on a CPU."""
    network = fold_batch_norm(network)
    keep_freed_memory()
    if precision == "bf16":
        return BFloat16(network).to(device)
    return prepare_for_cpu(network) if device.type == "cpu" else network.to(device)
