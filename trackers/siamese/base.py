"""The base class of all Siamese trackers: settings, slots, frames on the device, batches and CUDA graphs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from inspect import Parameter, Signature, signature
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
from trackers.siamese.search import Search, Targets
from trackers.siamese.settings import TrackerSettings
from trackers.siamese.weights import bundled_weights
from trackers.tracker import Boxes, Frame, FrameBatch, TensorTracker

CONFIDENCE_FRAMES = 5
"""Updates whose peaks are the reference of a target's confidence."""
_LEAST_PEAK = 1e-3
"""Smallest reference of confidences."""

_LAUNCH_BOUND_SLOTS = 4
"""Up to this many slots an update is bound by kernel launches, so that graphs pay off.

A full batch is recorded too: it is the most frequent one, and frees the host to prepare frames.
"""


class SiameseTracker(TensorTracker):
    """Follows one or many targets by comparing templates with search regions.

    A subclass defines `load`, `start` and `step`, and names the dataclass of its settings: each field is a
    keyword of the constructor, and a name for `--set`.

    Args:
        weights: a file of weights; None takes those that come with the project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: width of the network that `weights` must have, 1 for the full one; None takes the file's.
        precision: of the networks: float32; tf32, on a GPU; or bf16. See `trackers/siamese/precision.py`.
        settings: fields of `settings_type`.

    Raises:
        UserError: the weights or the device cannot be used, the device does not support the precision, slots
            is below 1, or a setting is out of range.
        TypeError: there is no such setting.
    """

    deterministic = True
    weights_name: ClassVar[str]
    """Name of the bundled weights that are used by default."""
    settings_type: ClassVar[type[TrackerSettings]] = TrackerSettings
    __signature__: ClassVar[Signature | None]

    @classmethod
    def default_weights(cls) -> Path:
        """Returns the file that is used if no weights are given."""
        return bundled_weights(cls.weights_name)

    def __init_subclass__(cls, **options: Any) -> None:
        """Wraps overridden methods, so that they run on the tracker's device with its precision."""
        super().__init_subclass__(**options)
        for name in ("init", "update", "begin"):
            if name in vars(cls):
                setattr(cls, name, in_device_context(vars(cls)[name]))
        # None makes `inspect.signature` look at a constructor that the subclass defines.
        shared = cls.__init__ is SiameseTracker.__init__
        cls.__signature__ = _constructor_signature(cls.settings_type) if shared else None

    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        precision: str = "float32",
        **settings: Any,
    ) -> None:
        self.settings = self.settings_type(**settings)
        search = self.settings.search()
        if slots < 1:
            raise UserError(f"slots is {slots}; give 1 or more")
        self.device = torch.device(resolve_device(device))
        self.precision = precision
        self.numerics = numerics(precision, self.device)
        on_gpu = self.device.type == "cuda"
        self.graphs = GraphCache(cuda_capture(self.device), self.state) if on_gpu else None
        self.slots = slots
        self.uploads = FrameUploader(self.device) if on_gpu else None
        self.search = Search(search, self.device)
        self.targets = Targets(
            torch.zeros(slots, 2, dtype=torch.float64, device=self.device),
            torch.ones(slots, 2, dtype=torch.float64, device=self.device),
            torch.ones(slots, dtype=torch.float64, device=self.device),
            torch.zeros(slots, 3, device=self.device),
        )
        self.peak_sums = self.zeros()
        self.peak_counts = self.zeros()
        self.load(self.default_weights() if weights is None else Path(weights), width)

    @classmethod
    def check_settings(
        cls, *, device: str = "cpu", width: float | None = None, precision: str = "float32", **settings: Any
    ) -> None:
        """Checks the constructor's keywords, as far as that needs no weights.

        Raises:
            UserError: a value is invalid.
        """
        del width  # what it may be, the weights say
        if cls.__signature__ is None:
            return  # a subclass with a constructor, and keywords, of its own
        cls.settings_type(**settings).search()
        numerics(precision, torch.device(resolve_device(device)))

    @abstractmethod
    def load(self, weights: Path, width: float | None) -> None:
        """Loads the networks and allocates the tensors of all slots; called once, by the constructor.

        Raises:
            UserError: the weights cannot be used.
        """

    def zeros(self, *shape: int) -> Tensor:
        """Allocates a float32 tensor (slots, *shape) on the device."""
        return torch.zeros(self.slots, *shape, device=self.device)

    @abstractmethod
    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        """Starts to follow new targets, already in `self.targets`; arguments as for `step`."""

    @abstractmethod
    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        """Computes one update with tensors on the tracker's device only, without waiting for the device.

        Args:
            slots: (n,) int64, distinct.
            frames: (n, h, w, 3) uint8, see `trackers.siamese.frame_upload.upload`.
            frame_sizes: (n, 2) float64, widths and heights.

        Returns:
            The boxes (n, 4) float64, x, y, w, h; or (n, 5) with confidences, as `rows` returns them.
        """

    def rows(self, slots: Tensor, targets: Targets, peaks: Tensor) -> Tensor:
        """Returns what `step` returns: the boxes of `targets`, and the confidences that follow from `peaks`.

        A confidence is the peak of the response divided by the mean peak of the target's first
        `CONFIDENCE_FRAMES` updates, the current one included, and at least 0: about 1 while the target looks
        as it did at the start.

        Args:
            slots: (n,) int64, as for `step`.
            targets: n targets.
            peaks: (n,), the highest score of the response at the best scale.

        Returns:
            (n, 5) float64: x, y, w, h, confidence.
        """
        sums, counts = self.peak_sums[slots], self.peak_counts[slots]
        early = counts < CONFIDENCE_FRAMES
        sums, counts = torch.where(early, sums + peaks, sums), torch.where(early, counts + 1, counts)
        self.peak_sums.index_copy_(0, slots, sums)
        self.peak_counts.index_copy_(0, slots, counts)
        # Scores are logits; without a positive one there is nothing to compare with.
        confidences = (peaks / (sums / counts).clamp(min=_LEAST_PEAK)).clamp(min=0)
        return torch.cat([targets.boxes(), confidences[:, None].double()], dim=1)

    @in_device_context
    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        boxes = np.array(boxes, dtype=np.float64)
        if not np.isfinite(boxes).all() or (boxes[:, 2:] <= 0).any():
            raise UserError(
                f"an initial box is not usable: {boxes.tolist()}; give finite x, y and w, h above 0"
            )
        for batch in self.batch_slices(len(slots)):
            index = self.index_tensor(slots[batch])
            pixels, sizes = self.upload_frames(frames[batch])
            targets = self.search.start(pixels, sizes, send(torch.from_numpy(boxes[batch]), self.device))
            self.targets.put(index, targets)
            self.peak_sums.index_fill_(0, index, 0)
            self.peak_counts.index_fill_(0, index, 0)
            self.start(index, pixels, sizes, targets)

    @in_device_context
    @torch.no_grad()
    def update(self, slots: Sequence[int], frames: FrameBatch) -> Boxes:
        return self.begin(slots, frames)()[:, :4]

    @in_device_context
    @torch.no_grad()
    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        if type(self).update is not SiameseTracker.update:  # it needs the boxes before it returns
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
        """Does what `begin_steps` does, and waits for the rows."""
        return self.begin_steps(step, slots, frames, variant)()

    def begin_steps(
        self,
        step: Callable[[Tensor, Tensor, Tensor], Tensor],
        slots: Sequence[int],
        frames: FrameBatch,
        variant: object = None,
    ) -> Callable[[], Boxes]:
        """Uploads frames, runs `step` on each batch, and returns a function that waits for the rows.

        Args:
            step: computes a row per slot from slots, frames and frame sizes, as `self.step` does.
            slots: distinct numbers.
            frames: one per slot.
            variant: see `GraphCache`.
        """
        rows = [
            self.call_step(
                step, self.index_tensor(slots[batch]), *self.upload_frames(frames[batch]), variant=variant
            )
            for batch in self.batch_slices(len(slots))
        ]
        return fetch(torch.cat(rows))

    def upload_frames(self, frames: FrameBatch) -> tuple[Tensor, Tensor]:
        """Returns frames and their sizes on the device, see `upload`."""
        return upload(frames, self.device) if self.uploads is None else self.uploads(frames)

    def call_step(self, step: Callable[..., Tensor], *inputs: Tensor, variant: object = None) -> Tensor:
        """Calls `step`, through a CUDA graph where that is faster; see `GraphCache`."""
        count = len(inputs[0])
        if self.graphs is None or _LAUNCH_BOUND_SLOTS < count < self.slots:
            return step(*inputs)
        return self.graphs(step, *inputs, variant=variant)

    def device_context(self) -> AbstractContextManager[None]:
        """Returns a context with the tracker's device as the current one, and its precision in force."""
        return device_context(self.device, self.numerics)

    def state(self) -> list[Tensor]:
        """Returns all tensors that hold the state of targets."""
        return _tensors(vars(self).values())

    def index_tensor(self, values: Sequence[int] | Sequence[tuple[int, int]]) -> Tensor:
        """Copies integers to the device."""
        return send(torch.tensor(values), self.device)

    def batch_slices(self, count: int) -> list[slice]:
        """Splits `count` slots into batches: a single one on a GPU, one per slot on a CPU.

        A CPU gains no time from a batch, and rounds differently with its size and with the padding of
        frames: one by one, a slot's boxes do not depend on the other slots at all.
        """
        together = 1 if self.device.type == "cpu" else max(count, 1)
        return [slice(start, start + together) for start in range(0, count, together)]

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def _constructor_signature(settings_type: type[TrackerSettings]) -> Signature:
    """Returns the signature of `SiameseTracker.__init__` with the settings spelled out as keywords."""
    _, *shared, _ = signature(SiameseTracker.__init__).parameters.values()  # without self and **settings
    own = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
        for field in fields(settings_type)
    ]
    return Signature([*shared, *own])


def _tensors(values: Iterable[object]) -> list[Tensor]:
    """Collects the tensors in `values`, and in dataclasses among them."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif is_dataclass(value) and not isinstance(value, type):
            found += _tensors(vars(value).values())
    return found


def prepare_for_inference(network: Embedding, device: torch.device, precision: str) -> Embedding | BFloat16:
    """Returns `network` in its fastest form for `device`.

    Batch normalization is folded; on a CPU, convolutions take fewer multiplications.
    """
    network = fold_batch_norm(network)
    keep_freed_memory()
    if precision == "bf16":
        return BFloat16(network).to(device)
    return prepare_for_cpu(network) if device.type == "cpu" else network.to(device)
