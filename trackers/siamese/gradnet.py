"""GradNet: SiamFC finds the size and judges; a template corrected by one gradient has its say in the place.

Source of the correction: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
On which frame it is made, and how the two templates are joined, is this project's own: docs/gradnet.md says
what each choice is worth. `gradnet-released` and `gradnet-paper` follow its authors' code and article.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.backbone import STRIDE
from trackers.siamese.gradnet_base import GradNetBase, assign_where, require_interval, require_shares
from trackers.siamese.response import (
    Peak,
    best_scale,
    binary_labels,
    cross_correlation,
    normalised,
    peak_offset,
    prominence,
)
from trackers.siamese.search import RESPONSE_SIZE, UPSAMPLING, SearchSettings, Targets
from trackers.tracker import Boxes, FrameBatch

THRESHOLD_FRAMES = 5  # frames whose peaks are all high enough, and whose mean later ones are measured by


class GradNet(GradNetBase):
    """GradNet by the rules that served best on validation videos.

    SiamFC's fixed template decides on the scale. At that scale its scores and the corrected template's are
    mixed, and the mixture's peak is the target's place. Every few frames the template is corrected, always
    from the first frame's hidden feature, by one gradient on the newest frame that is trusted: its search
    region, labeled where the target was found, so that a lesson needs no forward pass of f_x. All of this is
    computed as tensors, so that a GPU is never waited for.

    Args:
        weights: a .safetensors file of this project; None takes those that come with the project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: the network's width that `weights` must have; None takes what they have.
        precision: of f_x: float32; tf32, on a GPU, for the other networks too; or bf16.
        interval: frames from one update step to the next; 0 never updates.
        share: weight of the corrected template's scores, 0..1.
        trust: a frame is trusted only when the fixed template's peak reaches this share of the mean of the
            first five frames'; 0..1.
        sharpness: a frame is trusted only when the responses of both templates stand out by so many standard
            deviations at the target's place, 0 or more: an occluded target, or one beside a look-alike, makes
            a flat response, or one that is high elsewhere.
        first_rate: how far the hidden feature moves to the corrected one while only the first frame has been
            learned from, 0..1.
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
        interval: int = 5,
        share: float = 0.5,
        trust: float = 0.5,
        sharpness: float = 3.4,
        first_rate: float = 0.3,
        scale_step: float = 1.04,
        scale_penalty: float = 0.97,
        scale_rate: float = 0.59,
        window_weight: float = 0.25,
    ) -> None:
        require_shares(share=share, trust=trust, first_rate=first_rate)
        require_interval(interval)
        if not 0 <= sharpness < float("inf"):
            raise UserError(f"sharpness is {sharpness}; give a number of 0 or more")
        settings = SearchSettings(
            scale_step=scale_step,
            scale_penalty=scale_penalty,
            scale_rate=scale_rate,
            window_weight=window_weight,
        )
        super().__init__(settings, weights, device, slots, width, precision)
        self.interval, self.share, self.first_rate = interval, share, first_rate
        self.trust, self.sharpness = trust, sharpness
        channels = self.templates.shape[1]
        side = RESPONSE_SIZE + self.templates.shape[-1] - 1
        self.first_hidden = torch.zeros_like(self.hidden)
        self.fixed = torch.zeros_like(self.templates)
        # What is learned from: the newest trusted frame's features, and where the target is in them.
        self.features = torch.zeros(slots, channels, side, side, device=self.device)
        self.labels = torch.zeros(slots, RESPONSE_SIZE, RESPONSE_SIZE, device=self.device)
        self.early_peak = torch.zeros(slots, device=self.device)
        self.counts = torch.zeros(slots, device=self.device)
        self.frames = [0] * slots

    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        super().init(slots, frames, boxes)
        for slot in slots:
            self.frames[slot] = 0
        self._update_templates(slots)

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        exemplars = self.search.exemplars(frames, frame_sizes, targets)
        self.fixed.index_copy_(0, slots, self.backbone(exemplars) * self.network.score_scale)
        self.set_exemplars(slots, exemplars)
        self.first_hidden.index_copy_(0, slots, self.hidden[slots])
        self.features.index_copy_(0, slots, self.backbone(self.search.centred(frames, frame_sizes, targets)))
        centered = binary_labels(torch.zeros(len(slots), 2, device=self.device), RESPONSE_SIZE, STRIDE)
        self.labels.index_copy_(0, slots, centered)
        self.early_peak.index_fill_(0, slots, 0)
        self.counts.index_fill_(0, slots, 0)

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
        fixed = self.search.upsample(cross_correlation(features, self.fixed[slots]))
        best = best_scale(fixed, self.search.penalties)
        seen = features.take_along_dim(best.scale[:, None, None, None, None], dim=1)
        corrected = self.search.upsample(cross_correlation(seen, self.templates[slots]))[:, 0]
        response = normalised(torch.lerp(best.response, corrected, self.share))
        offset = peak_offset(response, self.search.window, self.search.settings.window_weight)
        moved = self.search.moved(targets, Peak(best.scale, offset, best.score))
        self.targets.put(slots, moved)

        stands_out = torch.minimum(prominence(best.response, offset), prominence(corrected, offset))
        trusted = self._observe(slots, best.score) & (stands_out >= self.sharpness)
        labels = binary_labels(offset * (STRIDE / UPSAMPLING), RESPONSE_SIZE, STRIDE)
        assign_where(self.features, slots, seen[:, 0], trusted)
        assign_where(self.labels, slots, labels, trusted)
        return moved.boxes()

    def _observe(self, slots: Tensor, peaks: Tensor) -> Tensor:
        """Takes note of the fixed template's peaks (n,); whether they are high enough (n,)."""
        counts, early_peak = self.counts[slots], self.early_peak[slots]
        early = counts < THRESHOLD_FRAMES
        early_peak = torch.where(early, early_peak + peaks / THRESHOLD_FRAMES, early_peak)
        self.early_peak.index_copy_(0, slots, early_peak)
        self.counts.index_copy_(0, slots, counts + 1)
        return early | (peaks >= self.trust * early_peak)

    def _update_templates(self, slots: Sequence[int]) -> None:
        """One update step for each of `slots` whose turn it is, on its newest trusted frame."""
        due = [slot for slot in slots if self.interval and self.frames[slot] % self.interval == 0]
        for some in self.batch_slices(len(due)):
            self.call_step(self._update_step, self.index_tensor(due[some]))

    def _update_step(self, slots: Tensor) -> Tensor:
        """One update step for each of `slots`; returns the hidden features."""
        first = self.first_hidden[slots]
        corrected = self.network.step(first, self.features[slots], self.labels[slots]).hidden
        rate = torch.where(self.counts[slots] == 0, self.first_rate, 1.0)[:, None, None, None]
        learned = torch.lerp(first, corrected, rate)
        self.set_hidden(slots, learned)
        return learned


class GradNetLite(GradNet):
    """GradNet with networks of 0.3 times the width."""

    weights_name = "gradnet-lite"
