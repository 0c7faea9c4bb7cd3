"""Base classes of the GradNet trackers: networks, hidden features, templates, and periodic update steps.

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.backbone import HIDDEN_SIZE, TEMPLATE_SIZE, embed_regions
from trackers.siamese.base import SiameseTracker, prepare_for_inference
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.gradnet_network import GradNetNetwork, prepare_for_updates
from trackers.siamese.search import FEATURE_SIZE, RESPONSE_SIZE, Targets
from trackers.siamese.settings import UpdateSettings
from trackers.tracker import Boxes, FrameBatch


class GradNetBase(SiameseTracker):
    """Holds the networks, and the hidden features and templates of all slots.

    Weights are a .safetensors file of this project. The precision is that of f_x; tf32 holds for the other
    networks too, bf16 does not. See `SiameseTracker` for the arguments.
    """

    weights_name = "gradnet"
    settings_type = UpdateSettings
    settings: UpdateSettings

    def load(self, weights: Path, width: float | None) -> None:
        network = load_gradnet(weights, width)
        self.backbone = prepare_for_inference(network.backbone, self.device, self.precision)
        self.network: GradNetNetwork = prepare_for_updates(network, self.device)
        widths = network.widths
        self.hidden = self.zeros(widths[1], HIDDEN_SIZE, HIDDEN_SIZE)
        self.templates = self.zeros(widths[-1], TEMPLATE_SIZE, TEMPLATE_SIZE)

    def set_exemplars(self, slots: Tensor, exemplars: Tensor) -> None:
        """Computes hidden features and templates of new targets from their exemplars (n, 3, 127, 127)."""
        self.set_hidden(slots, self.network.template.shallow(exemplars))

    def set_hidden(self, slots: Tensor, hidden: Tensor) -> None:
        """Replaces hidden features (n, c, 12, 12), and the templates computed from them."""
        self.hidden.index_copy_(0, slots, hidden)
        self.templates.index_copy_(0, slots, self.network.template.deep(hidden) * self.network.score_scale)

    def fixed_templates(self, exemplars: Tensor) -> Tensor:
        """Returns SiamFC's templates (n, c, 6, 6) of exemplars (n, 3, 127, 127)."""
        features: Tensor = self.backbone(exemplars)
        return features * self.network.score_scale

    def embed(self, regions: Tensor) -> Tensor:
        """Returns f_x of search regions (n, s, 3, 255, 255): (n, s, c, 22, 22)."""
        return embed_regions(self.backbone, regions)


class PeriodicUpdates(GradNetBase):
    """A GradNet that makes an update step every `interval` frames, on its last trusted frame.

    A subclass defines `step`, which calls `store_trusted`, and `_update_step`.
    """

    def load(self, weights: Path, width: float | None) -> None:
        super().load(weights, width)
        # The last trusted frame: features of its search region, labeled where the target was found.
        self.features = self.zeros(self.templates.shape[1], FEATURE_SIZE, FEATURE_SIZE)
        self.labels = self.zeros(RESPONSE_SIZE, RESPONSE_SIZE)
        self.frames = [0] * self.slots

    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        super().init(slots, frames, boxes)
        for slot in slots:
            self.frames[slot] = 0
        self._update_templates(slots)

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        self.set_exemplars(slots, self.search.exemplars(frames, frame_sizes, targets))
        self.features.index_copy_(0, slots, self.backbone(self.search.centered(frames, frame_sizes, targets)))
        self.labels.index_copy_(0, slots, self.search.labels(torch.zeros(len(slots), 2, device=self.device)))

    # Defined here rather than in `update`, so that the boxes need not be known before it returns.
    @torch.no_grad()
    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        wait = super().begin(slots, frames)
        for slot in slots:
            self.frames[slot] += 1
        self._update_templates(slots)
        return wait

    def store_trusted(self, slots: Tensor, trusted: Tensor, features: Tensor, offset: Tensor) -> None:
        """Stores a frame as the one to learn from, for those of `slots` that are `trusted`.

        Args:
            slots: (n,) int64.
            trusted: (n,) bool.
            features: (n, c, 22, 22), f_x of the search regions.
            offset: (n, 2), from the regions' center to the targets, in up-sampled cells.
        """
        for memory, current in ((self.features, features), (self.labels, self.search.labels(offset))):
            chosen = trusted.view(-1, *[1] * (current.dim() - 1))
            memory.index_copy_(0, slots, torch.where(chosen, current, memory[slots]))

    def _update_templates(self, slots: Sequence[int]) -> None:
        """Makes one update step for each of `slots` whose interval has passed."""
        interval = self.settings.interval
        due = [slot for slot in slots if interval and self.frames[slot] % interval == 0]
        for batch in self.batch_slices(len(due)):
            self.call_step(self._update_step, self.index_tensor(due[batch]))

    @abstractmethod
    def _update_step(self, slots: Tensor) -> Tensor:
        """Makes one update step for each of `slots`; returns the new hidden features."""
