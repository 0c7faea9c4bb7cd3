"""What the GradNet trackers share: the networks, hidden features and the templates made of them.

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.base import SiameseTracker, prepare_for_inference
from trackers.siamese.checkpoint import load_gradnet
from trackers.siamese.gradnet_network import GradNetNetwork, prepare_for_updates
from trackers.siamese.search import SearchSettings


class GradNetBase(SiameseTracker):
    """The networks and hidden features of GradNet's two trackers.

    Args:
        settings: how targets are looked for.
        weights: a .safetensors file of this project; None takes those that come with the project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: the network's width that `weights` must have; None takes what they have.
        precision: of f_x, and of the other networks if it is tf32.
    """

    weights_name = "gradnet"

    def __init__(
        self,
        settings: SearchSettings,
        weights: Path | str | None,
        device: str,
        slots: int,
        width: float | None,
        precision: str,
    ) -> None:
        super().__init__(settings, device, slots, precision)
        path = self.default_weights() if weights is None else Path(weights)
        network = load_gradnet(path, width)
        self.backbone = prepare_for_inference(network.backbone, self.device, precision)
        self.network: GradNetNetwork = prepare_for_updates(network, self.device)
        widths = network.widths
        self.hidden = torch.zeros(slots, widths[1], 12, 12, device=self.device)
        self.templates = torch.zeros(slots, widths[-1], 6, 6, device=self.device)

    def set_exemplars(self, slots: Tensor, exemplars: Tensor) -> None:
        """Starts from the exemplars' hidden features."""
        self.set_hidden(slots, self.network.template.shallow(exemplars))

    def set_hidden(self, slots: Tensor, hidden: Tensor) -> None:
        """Changes hidden features, and the templates with them."""
        self.hidden.index_copy_(0, slots, hidden)
        self.templates.index_copy_(0, slots, self.network.template.deep(hidden) * self.network.score_scale)

    def embedded(self, regions: Tensor) -> Tensor:
        """Features of search regions (n, s, 3, 255, 255): (n, s, c, 22, 22)."""
        features: Tensor = self.backbone(regions.flatten(0, 1))
        return features.view(*regions.shape[:2], *features.shape[1:])


def assign_where(memory: Tensor, slots: Tensor, present: Tensor, chosen: Tensor) -> None:
    """Overwrites what `memory` holds for those of `slots` that are `chosen` (n,) with `present`, in place."""
    where = chosen.view(-1, *[1] * (present.dim() - 1))
    memory.index_copy_(0, slots, torch.where(where, present, memory[slots]))


def require_shares(**values: float) -> None:
    """Raises UserError for the first of `values` that is not from 0 to 1."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise UserError(f"{name} is {value}; give a number from 0 to 1")


def require_interval(interval: int) -> None:
    """Raises UserError if `interval` is below 0."""
    if interval < 0:
        raise UserError(f"interval is {interval}; give 1 or more frames, or 0 to never update")
