"""GradNet: SiamFC's template selects the scale; a gradient-corrected template helps to localize the target.

Source of the correction: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
Which frames the template is corrected on, and how the two templates are combined, is this project's design:
docs/gradnet.md gives the gain of each choice. `gradnet-released` and `gradnet-paper` follow the authors' code
and article.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.gradnet_base import PeriodicUpdates
from trackers.siamese.response import (
    Peak,
    best_scale,
    cross_correlation,
    normalize,
    peak_offset,
    prominence,
)
from trackers.siamese.search import Targets
from trackers.siamese.settings import GradNetSettings
from trackers.siamese.update_policy import THRESHOLD_FRAMES


class GradNet(PeriodicUpdates):
    """GradNet with the update rules that performed best on validation videos.

    SiamFC's template, a slow running average of the target's appearance, selects the scale. At that scale its
    scores and the corrected template's are mixed, and the peak of the mixture is the target's position. Every
    few frames the template is corrected, always from the first frame's hidden feature, by one gradient on the
    latest trusted frame: its search region, labeled where the target was found, so that an update step needs
    no forward pass of f_x. All of this is computed with tensors, so that a GPU is never waited for.

    See `GradNetBase` for the arguments and `GradNetSettings` for the settings.
    """

    settings_type = GradNetSettings
    settings: GradNetSettings

    def load(self, weights: Path, width: float | None) -> None:
        super().load(weights, width)
        self.first_hidden = torch.zeros_like(self.hidden)
        self.siamfc_templates = torch.zeros_like(self.templates)
        self.early_peak = self.zeros()
        self.counts = self.zeros()

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        super().start(slots, frames, frame_sizes, targets)
        self.early_peak.index_fill_(0, slots, 0)
        self.counts.index_fill_(0, slots, 0)

    def set_exemplars(self, slots: Tensor, exemplars: Tensor) -> None:
        super().set_exemplars(slots, exemplars)
        self.siamfc_templates.index_copy_(0, slots, self.fixed_templates(exemplars))
        self.first_hidden.index_copy_(0, slots, self.hidden[slots])

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        targets = self.targets.at(slots)
        features = self.embed(self.search.regions(frames, frame_sizes, targets))
        responses = self.search.upsample(cross_correlation(features, self.siamfc_templates[slots]))
        best = best_scale(responses, self.search.penalties)
        at_scale = features.take_along_dim(best.scale[:, None, None, None, None], dim=1)
        corrected = self.search.upsample(cross_correlation(at_scale, self.templates[slots]))[:, 0]
        response = normalize(torch.lerp(best.response, corrected, self.settings.share))
        offset = peak_offset(response, self.search.window, self.search.settings.window_weight)
        moved = self.search.moved(targets, Peak(best.scale, offset, best.score))
        self.targets.put(slots, moved)

        sharpness = torch.minimum(prominence(best.response, offset), prominence(corrected, offset))
        is_high = self._observe(slots, best.score)
        self.store_trusted(slots, is_high & (sharpness >= self.settings.sharpness), at_scale[:, 0], offset)
        if self.settings.average:
            self._average(slots, is_high, self.search.exemplars(frames, frame_sizes, moved))
        return self.rows(slots, moved, best.score)

    def _average(self, slots: Tensor, chosen: Tensor, exemplars: Tensor) -> None:
        """Moves SiamFC's templates of the `chosen` (n,) slots towards those of exemplars (n, 3, 127, 127)."""
        rate = (chosen * self.settings.average)[:, None, None, None]
        templates = torch.lerp(self.siamfc_templates[slots], self.fixed_templates(exemplars), rate)
        self.siamfc_templates.index_copy_(0, slots, templates)

    def _observe(self, slots: Tensor, peaks: Tensor) -> Tensor:
        """Records SiamFC's peaks (n,); returns whether they are high enough (n,)."""
        counts, early_peak = self.counts[slots], self.early_peak[slots]
        early = counts < THRESHOLD_FRAMES
        early_peak = torch.where(early, early_peak + peaks / THRESHOLD_FRAMES, early_peak)
        self.early_peak.index_copy_(0, slots, early_peak)
        self.counts.index_copy_(0, slots, counts + 1)
        return early | (peaks >= self.settings.trust * early_peak)

    def _update_step(self, slots: Tensor) -> Tensor:
        first = self.first_hidden[slots]
        corrected = self.network.step(first, self.features[slots], self.labels[slots]).hidden
        only_first = self.counts[slots] == 0  # no frame but the first has been learned from
        rate = torch.where(only_first, self.settings.first_rate, 1.0)[:, None, None, None]
        learned = torch.lerp(first, corrected, rate)
        self.set_hidden(slots, learned)
        return learned


class GradNetLite(GradNet):
    """GradNet with networks of 0.3 times the width."""

    weights_name = "gradnet-lite"
