"""SiamFC: a fixed template of the first frame, searched for in every other.

Sources: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, 2016; its inference
settings are those of huanglianghua/siamfc-pytorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from trackers.devices import keep_freed_memory, resolve_device
from trackers.errors import UserError
from trackers.siamese.backbone import Embedding, folded, for_cpu
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.response import cross_correlation
from trackers.siamese.search import Search, SearchSettings, Targets
from trackers.tracker import BatchTracker, Boxes, Frame

SCORE_SCALE = 1e-3


class SiamFC(BatchTracker):
    """SiamFC for one or many targets.

    Args:
        weights: a .pth file of siamfc-pytorch or FDSiamFC, or a .safetensors file written by this project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: the network's width that `weights` must have, 1 for the full one; None takes what they have.
        context: see `SearchSettings`, as for all that follow.
        scales: number of scales.
        scale_step: ratio of neighbouring scales.
        scale_penalty: factor on the scores of a changed scale.
        scale_rate: how far the size follows the best scale.
        window_weight: share of the cosine window.
        scale_min: least size over first size.
        scale_max: greatest size over first size.

    Raises:
        UserError: there are no weights, they cannot be used, or a setting is out of range.
    """

    deterministic = True

    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        *,
        context: float = SearchSettings.context,
        scales: int = SearchSettings.scales,
        scale_step: float = SearchSettings.scale_step,
        scale_penalty: float = SearchSettings.scale_penalty,
        scale_rate: float = SearchSettings.scale_rate,
        window_weight: float = SearchSettings.window_weight,
        scale_min: float = SearchSettings.scale_min,
        scale_max: float = SearchSettings.scale_max,
    ) -> None:
        if weights is None:
            raise UserError(
                "no trained weights of siamfc ship yet; give --weights FILE with a .pth of siamfc-pytorch or "
                "FDSiamFC, or a .safetensors file of this project"
            )
        if slots < 1:
            raise UserError(f"slots is {slots}; give 1 or more")
        settings = SearchSettings(
            context, scales, scale_step, scale_penalty, scale_rate, window_weight, scale_min, scale_max
        )
        self.device = torch.device(resolve_device(device))
        self.network = for_inference(load_embedding(Path(weights), width), self.device)
        self.search = Search(settings, self.device)
        self.targets = Targets(
            torch.zeros(slots, 2, dtype=torch.float64, device=self.device),
            torch.ones(slots, 2, dtype=torch.float64, device=self.device),
            torch.ones(slots, dtype=torch.float64, device=self.device),
            torch.zeros(slots, 3, device=self.device),
        )
        self.templates = torch.zeros(slots, self.network.widths[-1], 6, 6, device=self.device)

    @torch.inference_mode()
    def init(self, slots: Sequence[int], frames: Sequence[Frame], boxes: Boxes) -> None:
        boxes = np.array(boxes, dtype=np.float64)
        if not np.isfinite(boxes).all() or (boxes[:, 2:] <= 0).any():
            raise UserError(
                f"an initial box is not usable: {boxes.tolist()}; give finite x, y and w, h above 0"
            )
        for some in self._batches(len(slots)):
            index = torch.tensor(slots[some], device=self.device)
            pixels, sizes = upload(frames[some], self.device)
            targets = self.search.start(pixels, sizes, torch.from_numpy(boxes[some]).to(self.device))
            self.targets.put(index, targets)
            exemplars = self.search.exemplars(pixels, sizes, targets)
            self.templates.index_copy_(0, index, self.network(exemplars) * SCORE_SCALE)

    @torch.inference_mode()
    def update(self, slots: Sequence[int], frames: Sequence[Frame]) -> Boxes:
        moved = [
            self.step(torch.tensor(slots[some], device=self.device), *upload(frames[some], self.device))
            for some in self._batches(len(slots))
        ]
        boxes: Boxes = torch.cat(moved).cpu().numpy()
        return boxes

    def _batches(self, count: int) -> list[slice]:
        """Which of `count` slots are computed together: all on a GPU, each alone on a CPU.

        A CPU gains no time from a batch, and rounds differently with its size and with the padding of
        frames: one by one, a slot's boxes do not depend on the other slots at all.
        """
        together = 1 if self.device.type == "cpu" else max(count, 1)
        return [slice(start, start + together) for start in range(0, count, together)]

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        """One update as tensors only, all on the tracker's device, which is never waited for.

        Args:
            slots: (n,) int64, distinct.
            frames: (n, h, w, 3) uint8, see `upload`.
            frame_sizes: (n, 2) float64.

        Returns:
            The boxes (n, 4) float64, x, y, w, h.
        """
        targets = self.targets.at(slots)
        regions = self.search.regions(frames, frame_sizes, targets)
        features = self.network(regions.flatten(0, 1)).unflatten(0, regions.shape[:2])
        peak = self.search.find(cross_correlation(features, self.templates[slots]))
        moved = self.search.moved(targets, peak)
        self.targets.put(slots, moved)
        return moved.boxes()

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def for_inference(network: Embedding, device: torch.device) -> Embedding:
    """`network` in its fastest form for `device`: normalisation folded, fewer multiplications on a CPU."""
    network = folded(network)
    if device.type != "cpu":
        return network.to(device)
    keep_freed_memory()
    return for_cpu(network)


def upload(frames: Sequence[Frame], device: torch.device) -> tuple[Tensor, Tensor]:
    """Copies frames of any sizes to `device` as one batch.

    Args:
        frames: n arrays (h, w, 3) of uint8.
        device: where to.

    Returns:
        The frames (n, H, W, 3) uint8, each at the top left of as many zeros as the largest needs, and their
        widths and heights (n, 2) float64.
    """
    height = max(frame.shape[0] for frame in frames)
    width = max(frame.shape[1] for frame in frames)
    batch = torch.zeros(len(frames), height, width, 3, dtype=torch.uint8)
    array = batch.numpy()
    for place, frame in zip(array, frames, strict=True):
        place[: frame.shape[0], : frame.shape[1]] = frame
    sizes = torch.tensor([frame.shape[1::-1] for frame in frames], dtype=torch.float64)
    return batch.to(device), sizes.to(device)
