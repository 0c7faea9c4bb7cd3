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
from trackers.siamese.backbone import Embedding, folded, for_cpu
from trackers.siamese.graphs import Graphs, on_cuda
from trackers.siamese.precision import BFloat16, numerics
from trackers.siamese.search import Search, SearchSettings, Targets
from trackers.siamese.staging import Uploads, fetch, send, upload
from trackers.siamese.weights import shipped
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
        return shipped(cls.weights_name)

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
        self.graphs = Graphs(on_cuda(self.device), self.state) if self.device.type == "cuda" else None
        self.slots = slots
        self.uploads = Uploads(self.device) if self.device.type == "cuda" else None
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
        for some in self.batches(len(slots)):
            index = self.numbers(slots[some])
            pixels, sizes = self.uploaded(frames[some])
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
        return self.begun(self.step, slots, frames)

    def reserve(self, shape: tuple[int, ...], count: int) -> None:
        if self.uploads is not None:
            with self.device_context():
                self.uploads.pinned.reserve(shape, count)

    def place(self, shape: tuple[int, ...]) -> Frame | None:
        return None if self.uploads is None else self.uploads.pinned.place(shape)

    def computed(
        self,
        step: Callable[[Tensor, Tensor, Tensor], Tensor],
        slots: Sequence[int],
        frames: FrameBatch,
        variant: object = None,
    ) -> Boxes:
        """As `begun`; waits for the rows."""
        return self.begun(step, slots, frames, variant)()

    def begun(
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
            variant: see `Graphs`.
        """
        rows = [
            self.replayed(step, self.numbers(slots[some]), *self.uploaded(frames[some]), variant=variant)
            for some in self.batches(len(slots))
        ]
        return fetch(torch.cat(rows))

    def uploaded(self, frames: FrameBatch) -> tuple[Tensor, Tensor]:
        """Frames and their sizes on the device, see `upload`."""
        return upload(frames, self.device) if self.uploads is None else self.uploads(frames)

    def replayed(self, step: Callable[..., Tensor], *inputs: Tensor, variant: object = None) -> Tensor:
        """Takes a step, by a CUDA graph where that is faster; see `Graphs`."""
        count = len(inputs[0])
        if self.graphs is None or _FEW < count < self.slots:
            return step(*inputs)
        return self.graphs(step, *inputs, variant=variant)

    def device_context(self) -> AbstractContextManager[None]:
        """Makes the tracker's device the current one, and its precision the process's, for a while."""
        return device_context(self.device, self.numerics)

    def state(self) -> list[Tensor]:
        """All tensors that hold what the tracker knows of its targets."""
        return _tensors(vars(self).values())

    def numbers(self, values: Sequence[int] | Sequence[tuple[int, int]]) -> Tensor:
        """Whole numbers, on the device."""
        return send(torch.tensor(values), self.device)

    def batches(self, count: int) -> list[slice]:
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
            frames: (n, h, w, 3) uint8, see `trackers.siamese.staging.upload`.
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


_FEW = 4
"""Slots up to which a GPU waits for its kernels to be handed over rather than for the work itself.

A full batch is recorded as well: it is what comes most often, and the host has frames to see to meanwhile.
"""


def for_inference(network: Embedding, device: torch.device, precision: str) -> Embedding | BFloat16:
    """`network` in its fastest form for `device`: normalisation folded, fewer multiplications on a CPU."""
    network = folded(network)
    keep_freed_memory()
    if precision == "bf16":
        return BFloat16(network).to(device)
    return for_cpu(network) if device.type == "cpu" else network.to(device)
