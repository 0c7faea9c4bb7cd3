"""GradNet as its released tracker runs it: SiamFC finds and judges, a corrected template has its say.

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.backbone import STRIDE
from trackers.siamese.gradnet_base import GradNetBase, require_interval, require_shares
from trackers.siamese.response import (
    Peak,
    best_scale,
    binary_labels,
    cross_correlation,
    normalised,
    peak_offset,
)
from trackers.siamese.search import RESPONSE_SIZE, SEARCH_SIZE, SearchSettings, Targets
from trackers.siamese.update_policy import CURRENT, FIRST, UpdatePolicy
from trackers.tracker import Boxes, FrameBatch


class GradNetReleased(GradNetBase):
    """GradNet by the rules of the released tracker, whose boxes made the published figures.

    SiamFC's fixed template is searched for at every scale and decides on scale and trust. The corrected
    template is searched for at the middle scale, and its response is mixed into SiamFC's. Every few frames
    it is corrected by one gradient, on the best of the last reliable frames.

    Args:
        weights: a .safetensors file of this project; None takes those that come with the project.
        device: `"cpu"`, `"cuda"` or `"cuda:N"`.
        slots: how many targets can be followed at once.
        width: the network's width that `weights` must have; None takes what they have.
        precision: of f_x: float32; tf32, on a GPU, for the other networks too; or bf16.
        interval: frames from one update step to the next; 0 never updates.
        share: weight of the corrected template's response, 0..1.
        update_rate: how far the hidden feature moves to the corrected one, 0..1.
        weak_rate: the same when a weak peak among the first frames calls for it.
        trust: a frame is reliable when its peak reaches this share of the first frames' mean.
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
        share: float = 0.15,
        update_rate: float = 0.6,
        weak_rate: float = 0.7,
        trust: float = 0.5,
        scale_step: float = 1.04,
        scale_penalty: float = 0.97,
        scale_rate: float = 0.59,
        window_weight: float = 0.25,
    ) -> None:
        require_shares(share=share, update_rate=update_rate, weak_rate=weak_rate, trust=trust)
        require_interval(interval)
        settings = SearchSettings(
            scale_step=scale_step,
            scale_penalty=scale_penalty,
            scale_rate=scale_rate,
            window_weight=window_weight,
        )
        super().__init__(settings, weights, device, slots, width, precision)
        self.interval, self.share, self.trust = interval, share, trust
        self.update_rate, self.weak_rate = update_rate, weak_rate
        self.policies = [UpdatePolicy(interval, trust) for _ in range(slots)]
        self.fixed = torch.zeros_like(self.templates)
        self.crops = torch.zeros(slots, CURRENT + 1, 3, SEARCH_SIZE, SEARCH_SIZE, device=self.device)
        self.window_weights = torch.full((slots,), window_weight, device=self.device)
        self.search_centre = torch.zeros(slots, dtype=torch.bool, device=self.device)
        self.no_window = [False] * slots
        self.lost: set[int] = set()
        self.labels = binary_labels(torch.zeros(1, 2, device=self.device), RESPONSE_SIZE, STRIDE)

    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        super().init(slots, frames, boxes)
        for slot in slots:
            self.policies[slot] = UpdatePolicy(self.interval, self.trust)
            self._next_search(slot, skip_window=False, search_centre=False)
        if self.interval:
            self._update_templates([(slot, FIRST) for slot in slots])

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        exemplars = self.search.exemplars(frames, frame_sizes, targets)
        self.fixed.index_copy_(0, slots, self.backbone(exemplars) * self.network.score_scale)
        self.set_exemplars(slots, exemplars)
        self.crops[slots, FIRST] = self.search.centred(frames, frame_sizes, targets)

    @torch.no_grad()
    def update(self, slots: Sequence[int], frames: FrameBatch) -> Boxes:
        found = self.run_steps(self._step_with_peak, slots, frames, variant=bool(self.lost))
        # The boxes are known from here on; a GPU goes on learning while the next frame is on its way.
        lessons = []
        for slot, frame, (x, _, w, _, peak) in zip(slots, frames, found, strict=True):
            decision = self.policies[slot].observe(float(peak), bool(x + w > frame.shape[1]))
            if decision.store is not None:
                self.crops[slot, decision.store] = self.crops[slot, CURRENT]
            if decision.learn is not None:
                lessons.append((slot, decision.learn))
            self._next_search(slot, decision.skip_window, decision.search_centre)
        self._update_templates(lessons)
        return found[:, :4]

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        return self._step_with_peak(slots, frames, frame_sizes)[:, :4]

    def _step_with_peak(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        """`step`, with the peak as a fifth column."""
        targets = self.targets.at(slots)
        peak = self._search_around(slots, frames, frame_sizes, targets)
        moved = self.search.moved(targets, peak)
        score = peak.score
        if self.lost:
            centred = Targets(frame_sizes / 2, targets.first_size, targets.scale, targets.fill)
            other = self._search_around(slots, frames, frame_sizes, centred)
            better = self.search_centre[slots] & (other.score > peak.score)
            moved = moved.where(better, self.search.moved(centred, other))
            score = torch.where(better, other.score, score)
        self.targets.put(slots, moved)
        self.crops[slots, CURRENT] = self.search.centred(frames, frame_sizes, moved)
        return torch.cat([moved.boxes(), score[:, None].double()], dim=1)

    def _search_around(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Peak:
        features = self.embedded(self.search.regions(frames, frame_sizes, targets))
        middle = features.shape[1] // 2
        fixed = self.search.upsample(cross_correlation(features, self.fixed[slots]))
        best = best_scale(fixed, self.search.penalties)
        corrected = self.search.upsample(
            cross_correlation(features[:, middle : middle + 1], self.templates[slots])
        )[:, 0]
        response = torch.lerp(normalised(best.response), normalised(corrected), self.share)
        offset = peak_offset(response, self.search.window, self.window_weights[slots])
        return Peak(best.scale, offset, best.score)

    def _next_search(self, slot: int, skip_window: bool, search_centre: bool) -> None:
        """How the slot's next frame is searched; writes to the device only what changes."""
        if skip_window != self.no_window[slot]:
            self.no_window[slot] = skip_window
            self.window_weights[slot] = 0.0 if skip_window else self.search.settings.window_weight
        if search_centre != (slot in self.lost):
            self.lost ^= {slot}
            self.search_centre[slot] = search_centre

    def _update_templates(self, lessons: Sequence[tuple[int, int]]) -> None:
        """One update step for each (slot, place of the crop to learn from)."""
        for some in self.batch_slices(len(lessons)):
            self.call_step(self._update_step, *self.index_tensor(lessons[some]).T)

    def _update_step(self, slots: Tensor, places: Tensor) -> Tensor:
        """One update step for each of `slots`, on the crops in `places`; returns the hidden features."""
        features = self.backbone(self.crops[slots, places])
        hidden = self.hidden[slots]
        corrected = self.network.step(hidden, features, self.labels.expand(len(slots), -1, -1)).hidden
        rate = torch.where(places == CURRENT, self.weak_rate, self.update_rate)[:, None, None, None]
        learnt = torch.lerp(hidden, corrected, rate)
        self.set_hidden(slots, learnt)
        return learnt


class GradNetReleasedLite(GradNetReleased):
    """`GradNetReleased` with networks of 0.3 times the width."""

    weights_name = "gradnet-lite"
