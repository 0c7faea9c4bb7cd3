"""GradNet: SiamFC's template, corrected by one gradient of what was seen lately.

Source of the correction: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
When it is made, on which frame, and how the two templates are joined, is this project's; docs/gradnet.md says
what each choice is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.backbone import STRIDE
from trackers.siamese.gradnet_base import GradNetBase, require_interval, require_shares
from trackers.siamese.response import centred_labels, cross_correlation
from trackers.siamese.search import RESPONSE_SIZE, UPSAMPLING, SearchSettings, Targets
from trackers.tracker import Boxes, FrameBatch


class GradNet(GradNetBase):
    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        precision: str = "float32",
        *,
        interval: int = 5,
        share: float = 0.3,
        trust: float = 0.6,
        first_rate: float = 1.0,
        carry: float = 0.0,
        scale_step: float = SearchSettings.scale_step,
        scale_penalty: float = SearchSettings.scale_penalty,
        scale_rate: float = SearchSettings.scale_rate,
        window_weight: float = SearchSettings.window_weight,
    ) -> None:
        require_shares(share=share, trust=trust)
        require_interval(interval)
        settings = SearchSettings(
            scale_step=scale_step,
            scale_penalty=scale_penalty,
            scale_rate=scale_rate,
            window_weight=window_weight,
        )
        super().__init__(settings, weights, device, slots, width, precision)
        self.interval, self.share, self.trust = interval, share, trust
        self.first_rate, self.carry = first_rate, carry
        channels = self.templates.shape[1]
        side = RESPONSE_SIZE + self.templates.shape[-1] - 1
        self.first_hidden = torch.zeros_like(self.hidden)
        self.fixed = torch.zeros_like(self.templates)
        self.features = torch.zeros(slots, channels, side, side, device=self.device)
        self.labels = torch.zeros(slots, RESPONSE_SIZE, RESPONSE_SIZE, device=self.device)
        self.thresholds = torch.zeros(slots, device=self.device)
        self.counts = torch.zeros(slots, device=self.device)
        self.frames = [0] * slots

    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        super().init(slots, frames, boxes)
        for slot in slots:
            self.frames[slot] = 0
        if self.interval:
            self._learn(slots)

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        exemplars = self.search.exemplars(frames, frame_sizes, targets)
        self.fixed.index_copy_(0, slots, self.backbone(exemplars) * self.network.score_scale)
        self.take_up(slots, exemplars)
        self.first_hidden.index_copy_(0, slots, self.hidden[slots])
        self.templates.index_copy_(0, slots, self.fixed[slots])
        self.features.index_copy_(0, slots, self.backbone(self.search.centred(frames, frame_sizes, targets)))
        centred = centred_labels(torch.zeros(len(slots), 2, device=self.device), RESPONSE_SIZE, STRIDE)
        self.labels.index_copy_(0, slots, centred)
        self.thresholds.index_fill_(0, slots, 0)
        self.counts.index_fill_(0, slots, 0)

    @torch.no_grad()
    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        found = super().begin(slots, frames)
        for slot in slots:
            self.frames[slot] += 1
        if self.interval:
            self._learn([slot for slot in slots if self.frames[slot] % self.interval == 0])
        return found

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        targets = self.targets.at(slots)
        features = self.embedded(self.search.regions(frames, frame_sizes, targets))
        peak = self.search.find(cross_correlation(features, self.templates[slots]))
        moved = self.search.moved(targets, peak)
        self.targets.put(slots, moved)
        best = features.take_along_dim(peak.scale[:, None, None, None, None], dim=1)[:, 0]
        fixed = cross_correlation(best[:, None], self.fixed[slots])[:, 0].amax((1, 2))
        counts = self.counts[slots]
        young = counts < 5
        thresholds = torch.where(young, self.thresholds[slots] + fixed / 5, self.thresholds[slots])
        self.thresholds.index_copy_(0, slots, thresholds)
        self.counts.index_copy_(0, slots, counts + 1)
        reliable = young | (fixed >= self.trust * thresholds)
        labels = centred_labels(peak.offset * (STRIDE / UPSAMPLING), RESPONSE_SIZE, STRIDE)
        for memory, present in ((self.features, best), (self.labels, labels.float())):
            chosen = reliable.view(-1, *[1] * (present.dim() - 1))
            memory.index_copy_(0, slots, torch.where(chosen, present, memory[slots]))
        return moved.boxes()

    def _learn(self, slots: Sequence[int]) -> None:
        """One update step for each of `slots`, on the newest reliable frame."""
        for some in self.batches(len(slots)):
            self.replayed(self._lesson, self.numbers(slots[some]))

    def _lesson(self, slots: Tensor) -> Tensor:
        first = self.first_hidden[slots]
        base = torch.lerp(first, self.hidden[slots], self.carry) if self.carry else first
        learnt = self.network.step(base, self.features[slots], self.labels[slots]).hidden
        if self.first_rate != 1:
            rate = torch.where(self.counts[slots] == 0, self.first_rate, 1.0)[:, None, None, None]
            learnt = torch.lerp(base, learnt, rate)
        self.hidden.index_copy_(0, slots, learnt)
        corrected = self.network.template.deep(learnt) * self.network.score_scale
        self.templates.index_copy_(0, slots, torch.lerp(self.fixed[slots], corrected, self.share))
        return learnt


class GradNetLite(GradNet):
    """GradNet with networks of 0.3 times the width."""

    weights_name = "gradnet-lite"
