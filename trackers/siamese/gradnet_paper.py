"""GradNet as the paper describes it: the corrected template alone finds the target.

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019, section 3.4.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.gradnet_base import PeriodicUpdates
from trackers.siamese.response import cross_correlation
from trackers.siamese.search import Targets
from trackers.siamese.settings import PaperSettings


class GradNetPaper(PeriodicUpdates):
    """GradNet, following the paper.

    A frame whose peak exceeds a share of the first tracked frame's becomes the trusted pair: its search
    region, labeled at the position where the target was found. The update step corrects the hidden feature on
    the trusted pair, and each corrected feature is the start of the next correction.

    Its weights were trained on corrections that are carried on; those of `gradnet` drift within a few dozen
    frames. See `GradNetBase` for the arguments and `PaperSettings` for the settings.
    """

    weights_name = "gradnet-paper"
    settings_type = PaperSettings
    settings: PaperSettings

    def load(self, weights: Path, width: float | None) -> None:
        super().load(weights, width)
        self.thresholds = self.zeros()

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        super().start(slots, frames, frame_sizes, targets)
        # The first tracked frame's peak exceeds this, and replaces it.
        self.thresholds.index_fill_(0, slots, -torch.inf)

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        targets = self.targets.at(slots)
        features = self.embed(self.search.regions(frames, frame_sizes, targets))
        peak = self.search.find(cross_correlation(features, self.templates[slots]))
        moved = self.search.moved(targets, peak)
        self.targets.put(slots, moved)

        thresholds = self.thresholds[slots]
        first = thresholds == -torch.inf
        trusted = first | (peak.score > self.settings.trust * thresholds)
        self.thresholds.index_copy_(0, slots, torch.where(first, peak.score, thresholds))
        at_scale = features.take_along_dim(peak.scale[:, None, None, None, None], dim=1)[:, 0]
        self.store_trusted(slots, trusted, at_scale, peak.offset)
        return self.rows(slots, moved, peak.score)

    def _update_step(self, slots: Tensor) -> Tensor:
        learned = self.network.step(self.hidden[slots], self.features[slots], self.labels[slots]).hidden
        self.set_hidden(slots, learned)
        return learned


class GradNetPaperLite(GradNetPaper):
    """`GradNetPaper` with networks of 0.3 times the width."""

    weights_name = "gradnet-paper-lite"
