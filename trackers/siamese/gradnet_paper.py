"""GradNet as the paper describes it: the corrected template alone finds the target.

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019, section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.backbone import STRIDE
from trackers.siamese.gradnet_base import GradNetBase, assign_where, require_interval, require_shares
from trackers.siamese.response import binary_labels, cross_correlation
from trackers.siamese.search import RESPONSE_SIZE, UPSAMPLING, SearchSettings, Targets
from trackers.tracker import Boxes, FrameBatch


class GradNetPaper(GradNetBase):
    """GradNet, following the paper.

    A frame whose peak exceeds a share of the first tracked frame's becomes the trusted pair: its search
    region, labelled at the place where the target was found. The update step corrects the hidden feature on
    the trusted pair, and each corrected feature is the next frame's.

    Args:
        weights: a .safetensors file of this project; None takes those that come with the project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: the network's width that `weights` must have; None takes what they have.
        precision: of f_x: float32; tf32, on a GPU, for the other networks too; or bf16.
        interval: frames from one update step to the next; 1 updates on every frame, 0 never.
        trust: share of the first tracked frame's peak above which a frame is trusted.
        scale_step: see `SearchSettings`, as for all that follow.
        scale_penalty: factor on the scores of a changed scale.
        scale_rate: how far the size follows the best scale.
        window_weight: share of the cosine window.

    Raises:
        UserError: the weights cannot be used, or a setting is out of range.
    """

    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        precision: str = "float32",
        *,
        interval: int = 1,
        trust: float = 0.5,
        scale_step: float = 1.04,
        scale_penalty: float = 0.97,
        scale_rate: float = 0.59,
        window_weight: float = 0.25,
    ) -> None:
        require_shares(trust=trust)
        require_interval(interval)
        settings = SearchSettings(
            scale_step=scale_step,
            scale_penalty=scale_penalty,
            scale_rate=scale_rate,
            window_weight=window_weight,
        )
        super().__init__(settings, weights, device, slots, width, precision)
        self.interval, self.trust = interval, trust
        channels = self.templates.shape[1]
        side = RESPONSE_SIZE + self.templates.shape[-1] - 1
        self.features = torch.zeros(slots, channels, side, side, device=self.device)
        self.labels = torch.zeros(slots, RESPONSE_SIZE, RESPONSE_SIZE, device=self.device)
        self.thresholds = torch.zeros(slots, device=self.device)
        self.frames = [0] * slots

    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        super().init(slots, frames, boxes)
        for slot in slots:
            self.frames[slot] = 0
        self._update_templates(slots)

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        self.set_exemplars(slots, self.search.exemplars(frames, frame_sizes, targets))
        self.features.index_copy_(0, slots, self.backbone(self.search.centred(frames, frame_sizes, targets)))
        centred = binary_labels(torch.zeros(len(slots), 2, device=self.device), RESPONSE_SIZE, STRIDE)
        self.labels.index_copy_(0, slots, centred)
        # The first tracked frame's peak is above this, and takes its place.
        self.thresholds.index_fill_(0, slots, -torch.inf)

    @torch.no_grad()
    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        found = super().begin(slots, frames)
        for slot in slots:
            self.frames[slot] += 1
        self._update_templates(slots)
        return found

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        targets = self.targets.at(slots)
        features = self.embedded(self.search.regions(frames, frame_sizes, targets))
        peak = self.search.find(cross_correlation(features, self.templates[slots]))
        moved = self.search.moved(targets, peak)
        self.targets.put(slots, moved)

        thresholds = self.thresholds[slots]
        first = thresholds == -torch.inf
        trusted = first | (peak.score > self.trust * thresholds)
        self.thresholds.index_copy_(0, slots, torch.where(first, peak.score, thresholds))
        best = features.take_along_dim(peak.scale[:, None, None, None, None], dim=1)[:, 0]
        labels = binary_labels(peak.offset * (STRIDE / UPSAMPLING), RESPONSE_SIZE, STRIDE).float()
        assign_where(self.features, slots, best, trusted)
        assign_where(self.labels, slots, labels, trusted)
        return moved.boxes()

    def _update_templates(self, slots: Sequence[int]) -> None:
        """One update step on the trusted pair for each slot whose turn it is."""
        due = [slot for slot in slots if self.interval and self.frames[slot] % self.interval == 0]
        for some in self.batch_slices(len(due)):
            self.call_step(self._update_step, self.index_tensor(due[some]))

    def _update_step(self, slots: Tensor) -> Tensor:
        """One update step for each of `slots`; returns the hidden features."""
        learnt = self.network.step(self.hidden[slots], self.features[slots], self.labels[slots]).hidden
        self.set_hidden(slots, learnt)
        return learnt


class GradNetPaperLite(GradNetPaper):
    """`GradNetPaper` with networks of 0.3 times the width."""

    weights_name = "gradnet-lite"
