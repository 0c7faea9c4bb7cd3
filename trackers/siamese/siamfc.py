"""SiamFC: matches a fixed template of the first frame in every later frame.

Sources: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, 2016; its inference
settings are those of huanglianghua/siamfc-pytorch.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from torch import Tensor

from trackers.siamese.backbone import SCORE_SCALE, TEMPLATE_SIZE, embed_regions
from trackers.siamese.base import SiameseTracker, prepare_for_inference
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.response import cross_correlation
from trackers.siamese.search import Targets
from trackers.siamese.settings import SiamFCSettings, TrackerSettings


class SiamFC(SiameseTracker):
    """SiamFC for one or many targets.

    Weights are a .pth file of siamfc-pytorch or FDSiamFC, or a .safetensors file of this project. See
    `SiameseTracker` for the arguments and `SiamFCSettings` for the settings.
    """

    weights_name = "siamfc"
    settings_type: ClassVar[type[TrackerSettings]] = SiamFCSettings

    def load(self, weights: Path, width: float | None) -> None:
        self.network = prepare_for_inference(load_embedding(weights, width), self.device, self.precision)
        self.templates = self.zeros(self.network.widths[-1], TEMPLATE_SIZE, TEMPLATE_SIZE)

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        exemplars = self.search.exemplars(frames, frame_sizes, targets)
        self.templates.index_copy_(0, slots, self.network(exemplars) * SCORE_SCALE)

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        targets = self.targets.at(slots)
        features = embed_regions(self.network, self.search.regions(frames, frame_sizes, targets))
        peak = self.search.find(cross_correlation(features, self.templates[slots]))
        moved = self.search.moved(targets, peak)
        self.targets.put(slots, moved)
        self.adapt(slots, frames, frame_sizes, moved)
        return self.rows(slots, moved, peak.score)

    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        """Updates the templates after a frame in which `targets` were found; SiamFC keeps the first ones."""


class SiamFCLite(SiamFC):
    """SiamFC with a network of 0.3 times the width."""

    weights_name = "siamfc-lite"
