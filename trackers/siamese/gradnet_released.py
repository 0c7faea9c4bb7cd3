"""GradNet with the released tracker's rules: the corrected template's response is mixed into SiamFC's.

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.gradnet_base import GradNetBase
from trackers.siamese.response import (
    Peak,
    best_scale,
    cross_correlation,
    normalize,
    peak_offset,
)
from trackers.siamese.search import SEARCH_SIZE, Targets
from trackers.siamese.settings import ReleasedSettings
from trackers.siamese.update_policy import CURRENT, FIRST, UpdatePolicy
from trackers.tracker import Boxes, FrameBatch


class GradNetReleased(GradNetBase):
    """GradNet with the rules of the released tracker, which produced the published results.

    SiamFC's fixed template is matched at every scale; it selects the scale and decides which frames are
    reliable. The corrected template is matched at the middle scale, and its response is mixed into SiamFC's.
    Every few frames it is corrected by one gradient, on the best of the last reliable frames.

    See `GradNetBase` for the arguments and `ReleasedSettings` for the settings.
    """

    settings_type = ReleasedSettings
    settings: ReleasedSettings

    def load(self, weights: Path, width: float | None) -> None:
        super().load(weights, width)
        self.policies = [self._new_policy() for _ in range(self.slots)]
        self.fixed = torch.zeros_like(self.templates)
        self.crops = self.zeros(CURRENT + 1, 3, SEARCH_SIZE, SEARCH_SIZE)
        self.window_weights = torch.full((self.slots,), self.settings.window_weight, device=self.device)
        self.search_center = torch.zeros(self.slots, dtype=torch.bool, device=self.device)
        self.no_window = [False] * self.slots
        self.lost: set[int] = set()
        self.labels = self.search.labels(torch.zeros(1, 2, device=self.device))

    def _new_policy(self) -> UpdatePolicy:
        return UpdatePolicy(self.settings.interval, self.settings.trust)

    @torch.no_grad()
    def init(self, slots: Sequence[int], frames: FrameBatch, boxes: Boxes) -> None:
        super().init(slots, frames, boxes)
        for slot in slots:
            self.policies[slot] = self._new_policy()
            self._next_search(slot, skip_window=False, search_center=False)
        if self.settings.interval:
            self._update_templates([(slot, FIRST) for slot in slots])

    def start(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        exemplars = self.search.exemplars(frames, frame_sizes, targets)
        self.fixed.index_copy_(0, slots, self.fixed_templates(exemplars))
        self.set_exemplars(slots, exemplars)
        self.crops[slots, FIRST] = self.search.centered(frames, frame_sizes, targets)

    @torch.no_grad()
    def begin(self, slots: Sequence[int], frames: FrameBatch) -> Callable[[], Boxes]:
        found = self.run_steps(self._step_with_peak, slots, frames, variant=bool(self.lost))
        # The boxes are known now; a GPU makes the update steps while the next frame arrives.
        updates = []
        for slot, frame, (x, _, w, _, _, peak) in zip(slots, frames, found, strict=True):
            decision = self.policies[slot].observe(float(peak), bool(x + w > frame.shape[1]))
            if decision.store is not None:
                self.crops[slot, decision.store] = self.crops[slot, CURRENT]
            if decision.learn is not None:
                updates.append((slot, decision.learn))
            self._next_search(slot, decision.skip_window, decision.search_center)
        self._update_templates(updates)
        return lambda: found[:, :5]

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        return self._step_with_peak(slots, frames, frame_sizes)[:, :5]

    def _step_with_peak(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        """Does what `step` does, with the peak's score as a sixth column."""
        targets = self.targets.at(slots)
        peak = self._search_around(slots, frames, frame_sizes, targets)
        moved = self.search.moved(targets, peak)
        score = peak.score
        if self.lost:
            centered = replace(targets, center=frame_sizes / 2)
            other = self._search_around(slots, frames, frame_sizes, centered)
            better = self.search_center[slots] & (other.score > peak.score)
            moved = moved.where(better, self.search.moved(centered, other))
            score = torch.where(better, other.score, score)
        self.targets.put(slots, moved)
        self.crops[slots, CURRENT] = self.search.centered(frames, frame_sizes, moved)
        return torch.cat([self.rows(slots, moved, score), score[:, None].double()], dim=1)

    def _search_around(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Peak:
        """Finds the targets near `targets`; the peak's score is that of SiamFC's template alone."""
        features = self.embed(self.search.regions(frames, frame_sizes, targets))
        middle = features.shape[1] // 2
        fixed = self.search.upsample(cross_correlation(features, self.fixed[slots]))
        best = best_scale(fixed, self.search.penalties)
        corrected = self.search.upsample(
            cross_correlation(features[:, middle : middle + 1], self.templates[slots])
        )[:, 0]
        response = torch.lerp(normalize(best.response), normalize(corrected), self.settings.share)
        offset = peak_offset(response, self.search.window, self.window_weights[slots])
        return Peak(best.scale, offset, best.score)

    def _next_search(self, slot: int, skip_window: bool, search_center: bool) -> None:
        """Sets how the slot's next frame is searched; writes only changes to the device."""
        if skip_window != self.no_window[slot]:
            self.no_window[slot] = skip_window
            self.window_weights[slot] = 0.0 if skip_window else self.search.settings.window_weight
        if search_center != (slot in self.lost):
            self.lost ^= {slot}
            self.search_center[slot] = search_center

    def _update_templates(self, updates: Sequence[tuple[int, int]]) -> None:
        """Makes one update step for each (slot, index of the stored crop to learn from)."""
        for some in self.batch_slices(len(updates)):
            self.call_step(self._update_step, *self.index_tensor(updates[some]).T)

    def _update_step(self, slots: Tensor, index: Tensor) -> Tensor:
        """Makes one update step for each of `slots`, on its crop `index`; returns the new hidden features."""
        features = self.backbone(self.crops[slots, index])
        hidden = self.hidden[slots]
        corrected = self.network.step(hidden, features, self.labels.expand(len(slots), -1, -1)).hidden
        weak_rate, update_rate = self.settings.weak_rate, self.settings.update_rate
        rate = torch.where(index == CURRENT, weak_rate, update_rate)[:, None, None, None]
        learned = torch.lerp(hidden, corrected, rate)
        self.set_hidden(slots, learned)
        return learned


class GradNetReleasedLite(GradNetReleased):
    """`GradNetReleased` with networks of 0.3 times the width."""

    weights_name = "gradnet-lite"
