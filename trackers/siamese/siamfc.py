"""SiamFC: a fixed template of the first frame, searched for in every other.

Sources: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, 2016; its inference
settings are those of huanglianghua/siamfc-pytorch.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.base import SiameseTracker, prepare_for_inference
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.response import cross_correlation
from trackers.siamese.search import SearchSettings, Targets

SCORE_SCALE = 1e-3


class SiamFC(SiameseTracker):
    """SiamFC for one or many targets.

    Args:
        weights: a .pth file of siamfc-pytorch or FDSiamFC, or a .safetensors file written by this project;
            None takes those that come with the project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: the network's width that `weights` must have, 1 for the full one; None takes what they have.
        precision: of the networks: float32; tf32, on a GPU; or bf16.
        context: see `SearchSettings`, as for all that follow.
        scales: number of scales.
        scale_step: ratio of neighbouring scales.
        scale_penalty: factor on the scores of a changed scale.
        scale_rate: how far the size follows the best scale.
        window_weight: share of the cosine window.
        scale_min: least size over first size.
        scale_max: greatest size over first size.

    Raises:
        UserError: the weights cannot be used, or a setting is out of range.
    """

    weights_name = "siamfc"

    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        precision: str = "float32",
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
        super().__init__(
            SearchSettings(
                context, scales, scale_step, scale_penalty, scale_rate, window_weight, scale_min, scale_max
            ),
            device,
            slots,
            precision,
        )
        path = self.default_weights() if weights is None else Path(weights)
        self.network = prepare_for_inference(load_embedding(path, width), self.device, precision)
        self.templates = torch.zeros(slots, self.network.widths[-1], 6, 6, device=self.device)

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        exemplars = self.search.exemplars(frames, frame_sizes, targets)
        self.templates.index_copy_(0, slots, self.network(exemplars) * SCORE_SCALE)

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        targets = self.targets.at(slots)
        regions = self.search.regions(frames, frame_sizes, targets)
        features = self.network(regions.flatten(0, 1)).unflatten(0, regions.shape[:2])
        peak = self.search.find(cross_correlation(features, self.templates[slots]))
        moved = self.search.moved(targets, peak)
        self.targets.put(slots, moved)
        self.adapt(slots, frames, frame_sizes, moved)
        return moved.boxes()

    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        """Changes the templates after a frame in which `targets` were found; SiamFC keeps the first ones."""


class SiamFCLite(SiamFC):
    """SiamFC with a network of 0.3 times the width."""

    weights_name = "siamfc-lite"
