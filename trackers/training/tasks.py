"""What is trained: the networks, and the loss of a batch of pairs."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import defaultdict
from pathlib import Path

import torch
from torch import Tensor, nn

from trackers.errors import UserError
from trackers.siamese.backbone import SCORE_SCALE, STRIDE, Embedding
from trackers.siamese.checkpoint import PREFIX, load_embedding, write
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_network import GradNetNetwork
from trackers.siamese.response import (
    balanced_logistic_loss,
    binary_labels,
    cross_correlation,
    gaussian_labels,
    location_loss,
)
from trackers.siamese.siamfc import SiamFC
from trackers.tracker import OneSlot, Tracker
from trackers.training.distillation import Teacher, distillation_losses
from trackers.training.sampling import Pairs
from trackers.training.widening import widen


class Task(nn.Module):
    """A network in training."""

    architecture: str
    distinct: bool = False
    """Whether the pairs of a batch must be of different clips."""
    regions: int = 1
    """Search regions that each target needs."""

    def rate_factor(self, name: str) -> float:
        """Factor on the learning rate of the parameter `name`."""
        del name
        return 1.0

    @abstractmethod
    def loss(self, pairs: Pairs, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to be lowered, and the figures to be logged; `progress` runs from 0 to 1."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """What the tracker needs, by the names in its weights file."""

    @abstractmethod
    def tracker(self, weights: Path, device: str) -> Tracker:
        """The tracker that these weights are for."""

    def save(self, path: Path, dtype: torch.dtype = torch.float32) -> None:
        """Writes a weights file, its kernels as `dtype`.

        All else is small, and statistics of pixels of 0 to 255 are beyond half precision's range.
        """
        tensors = {
            name: value.detach().cpu().to(dtype if value.dim() > 1 else None)
            for name, value in self.tensors().items()
            if not name.endswith("num_batches_tracked")
        }
        write(path, tensors, self.architecture)


class SiamFCTask(Task):
    """SiamFC: the balanced logistic loss, and the distance to a teacher where there is one.

    Args:
        widths: of the network.
        teacher: weights of a trained SiamFC.
        distillation: weight of the distance to it at the start; it falls to `last_distillation` as cosine.
        last_distillation: the weight at the end.
        start: weights of a trained SiamFC, at most as wide, to begin with; None begins at random.
        location: weight of `location_loss`, which asks for the peak's place, beside the logistic loss.
    """

    architecture = "siamfc"

    def __init__(
        self,
        widths: tuple[int, ...],
        teacher: Path | None = None,
        distillation: float = 1.0,
        last_distillation: float = 0.2,
        start: Path | None = None,
        location: float = 0.0,
    ) -> None:
        super().__init__()
        self.location = location
        network = widen(load_embedding(start), widths) if start else init_weights(Embedding(widths))
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.teacher = Teacher(teacher, widths[-1]) if teacher else None
        self.distillation = (distillation, last_distillation)

    def loss(self, pairs: Pairs, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        last = torch.channels_last
        features = (
            self.network(pairs.exemplars.contiguous(memory_format=last)),
            self.network(pairs.searches.contiguous(memory_format=last)),
        )
        raw = cross_correlation(features[1][:, None], features[0])[:, 0]
        labels = binary_labels(pairs.offsets, raw.shape[-1], STRIDE)
        tracking = balanced_logistic_loss(raw * SCORE_SCALE, labels).mean()
        parts = {"tracking": tracking.detach()}
        total = tracking
        if self.location:
            located = location_loss(
                raw * SCORE_SCALE, gaussian_labels(pairs.offsets, raw.shape[-1], STRIDE)
            ).mean()
            parts["location"] = located.detach()
            total = total + self.location * located
        if self.teacher is not None:
            by_feature, by_score = distillation_losses(features, self.teacher.targets(pairs), raw)
            parts |= {"feature": by_feature.detach(), "score": by_score.detach()}
            total = total + _between(*self.distillation, progress) * (by_feature + by_score)
        return total, parts

    def tracker(self, weights: Path, device: str) -> Tracker:
        return OneSlot(SiamFC(weights, device))

    def tensors(self) -> dict[str, Tensor]:
        return {PREFIX + name: value for name, value in self.network.state_dict().items()}


OBJECTIVES = ("later", "paper", "released")


class GradNetTask(Task):
    """GradNet: U_2 learns what to make of a gradient; f_2 and U_1 learn with it, slowly.

    f_x is frozen. f_2 and U_1 begin as f_x and keep its statistics. Three objectives:

    `later` - the corrected template is judged on another region of the same target than the one that gave
    the gradient, by the place of the peak. U_2 begins at no correction, so that it becomes only what helps.
    The regions of a target are visited in order: each is a lesson for the next. Half of the targets carry
    the corrected feature on, the others begin each lesson from the first one. A share of the pairs begins
    from another target's exemplar, which only the gradient can put right (template generalization,
    Li et al. 2019, section 3.3). Labels of lessons are as wrong as a tracker's own.

    `paper` - the k pairs of a group come from k different clips and all use the first one's exemplar. Only
    the loss after the correction, on the region that gave the gradient, is lowered.

    `released` - as `paper`, with one template for each group, corrected by the group's summed gradient, as
    the released code does.

    Args:
        backbone: trained weights of SiamFC.
        objective: one of `OBJECTIVES`.
        k: `paper` and `released`: pairs that share an exemplar; 1 is training without template
            generalization.
        score_scale: factor on the raw correlation.
        regions: `later`: search regions per target, of which all but the last give a lesson.
        foreign: `later`: share of the pairs that begin from another target's exemplar.
        label_noise: `later`: standard deviation of the labels' error in lessons, in pixels per axis.
        own_labels: `later`: share of lessons that are labeled where the present template finds the target.
        template_rate: learning rate of f_2 and U_1, as a share of U_2's.
    """

    architecture = "gradnet"
    distinct = True

    def __init__(
        self,
        backbone: Path,
        objective: str = "later",
        k: int = 8,
        score_scale: float = SCORE_SCALE,
        *,
        regions: int = 4,
        foreign: float = 0.25,
        label_noise: float = 4.0,
        own_labels: float = 0.5,
        template_rate: float = 0.05,
    ) -> None:
        super().__init__()
        embedding = load_embedding(backbone)
        self.objective, self.k = objective, k
        self.regions = regions if objective == "later" else 1
        self.foreign, self.label_noise, self.own_labels = foreign, label_noise, own_labels
        self.template_rate = template_rate
        self.network = GradNetNetwork(embedding.widths, score_scale)
        self.network.backbone.load_state_dict(embedding.state_dict())
        self.network.template.load_state_dict(embedding.state_dict())
        self.network.backbone.requires_grad_(False)
        convolution, normalization = self.network.correction[0], self.network.correction[1]
        assert isinstance(convolution, nn.Conv2d)
        assert convolution.bias is not None
        assert isinstance(normalization, nn.BatchNorm2d)
        nn.init.trunc_normal_(convolution.weight, std=0.01)
        nn.init.constant_(convolution.bias, 0.1)
        if objective == "later":
            nn.init.zeros_(normalization.weight)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.train()

    def rate_factor(self, name: str) -> float:
        return self.template_rate if name.startswith("network.template.") else 1.0

    def train(self, mode: bool = True) -> GradNetTask:
        super().train(mode)
        self.network.backbone.eval()
        self.network.template.eval()
        return self

    def calibrate(self, pairs: Pairs) -> None:
        """Sets the factor on the gradient such that what U_2 first sees has a root mean square of 1."""
        shared = 1 if self.objective == "later" else self.k
        hidden = self._shallow(pairs.exemplars[::shared]).repeat_interleave(shared, 0)[: len(pairs.exemplars)]
        features, labels = self._searched(pairs)
        gradient = self.network.step(hidden, features, labels).gradient
        self.network.gradient_scale.fill_(1 / gradient.square().mean().sqrt().clamp(min=1e-12))

    def loss(self, pairs: Pairs, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        del progress
        if self.objective == "later":
            return self._later(pairs)
        if len(pairs.exemplars) % self.k:
            raise UserError(f"a batch of {len(pairs.exemplars)} cannot be split into groups of k = {self.k}")
        features, labels = self._searched(pairs)
        hidden = self._shallow(pairs.exemplars[:: self.k])
        if self.objective == "released":
            return self._released(hidden, features, labels)
        hidden = hidden.repeat_interleave(self.k, 0)
        step = self.network.step(hidden, features, labels, create_graph=True)
        after = balanced_logistic_loss(self.network.scores(features[:, None], step.hidden)[:, 0], labels)
        return after.mean(), self._figures(step.loss, after, hidden, step.hidden)

    def _later(self, pairs: Pairs) -> tuple[Tensor, dict[str, Tensor]]:
        network, count = self.network, len(pairs.exemplars)
        generator = torch.Generator().manual_seed(2 * pairs.step + 1)
        features = self._features(pairs.regions.flatten(0, 1))
        features = features.view(*pairs.regions.shape[:2], *features.shape[1:])
        size = features.shape[-1] - 5
        source = torch.arange(count)
        exchanged = self._exchanged(count)
        source[:exchanged] = (source[:exchanged] + 1) % count
        first = self._shallow(pairs.exemplars)[source.to(features.device)]
        carries = (torch.rand(count, generator=generator) < 0.5).to(features.device)[:, None, None, None]
        hidden, total = first, features.new_zeros(())
        figures: dict[str, Tensor] = defaultdict(lambda: features.new_zeros(()))
        lessons = self.regions - 1
        for lesson in range(lessons):
            labels = self._update_labels(pairs, lesson, features[:, lesson], hidden, generator)
            step = network.step(hidden, features[:, lesson], labels, create_graph=True)
            later = network.scores(features[:, lesson + 1, None], step.hidden)[:, 0]
            same = network.scores(features[:, lesson, None], step.hidden)[:, 0]
            places = pairs.places[:, lesson + 1]
            located = location_loss(later, gaussian_labels(places, size, STRIDE))
            logistic = balanced_logistic_loss(later, binary_labels(places, size, STRIDE))
            there = location_loss(same, gaussian_labels(pairs.places[:, lesson], size, STRIDE))
            seen_later = (~pairs.occluded[:, lesson + 1]).float()
            seen = (~pairs.occluded[:, lesson]).float()
            loss = seen_later * (located + 0.5 * logistic) + 0.3 * seen * there
            total = total + loss.mean() / lessons
            with torch.no_grad():
                for name, value in self._figures(step.loss, logistic, hidden, step.hidden).items():
                    figures[name] = figures[name] + value / lessons
                hits = (peak_positions(later) - places).norm(dim=1) < 8
                figures["within8"] = figures["within8"] + hits.float().mean() / lessons
                figures["location"] = figures["location"] + located.mean() / lessons
            hidden = torch.where(carries, step.hidden.detach(), first)
        return total, dict(figures)

    @torch.no_grad()
    def _update_labels(
        self, pairs: Pairs, lesson: int, features: Tensor, hidden: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Labels of a lesson: at the true place with an error, or where the present template finds it."""
        places = pairs.places[:, lesson]
        count, size = len(places), features.shape[-1] - 5
        noise = self.label_noise * torch.randn(count, 2, generator=generator).to(places)
        own = (torch.rand(count, generator=generator) < self.own_labels).to(places.device)
        # A foreign template finds nothing.
        own[: self._exchanged(count)] = False
        found = peak_positions(self.network.scores(features[:, None], hidden)[:, 0])
        return binary_labels(torch.where(own[:, None], found, places + noise), size, STRIDE)

    def _released(self, hidden: Tensor, features: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        network, k = self.network, self.k
        before = balanced_logistic_loss(
            network.scores(features[:, None], hidden.repeat_interleave(k, 0))[:, 0], labels
        )
        (gradient,) = torch.autograd.grad(before.sum(), hidden, create_graph=True)
        corrected = hidden + network.correction(gradient * network.gradient_scale)
        scores = network.scores(features[:, None], corrected.repeat_interleave(k, 0))[:, 0]
        after = balanced_logistic_loss(scores, labels)
        return after.mean(), self._figures(before, after, hidden, corrected)

    @staticmethod
    @torch.no_grad()
    def _figures(before: Tensor, after: Tensor, hidden: Tensor, corrected: Tensor) -> dict[str, Tensor]:
        change = ((corrected - hidden).flatten(1).norm(dim=1) / hidden.flatten(1).norm(dim=1)).mean()
        return {"before": before.detach().mean(), "after": after.detach().mean(), "change": change}

    def _exchanged(self, count: int) -> int:
        """How many of a batch's first pairs begin from the next one's exemplar."""
        return round(self.foreign * count)

    def _searched(self, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """f_x of the first search regions, and their labels."""
        features = self._features(pairs.searches)
        return features, binary_labels(pairs.offsets, features.shape[-1] - 5, STRIDE)

    def _shallow(self, exemplars: Tensor) -> Tensor:
        return self.network.template.shallow(exemplars.contiguous(memory_format=torch.channels_last))

    @torch.no_grad()
    def _features(self, regions: Tensor) -> Tensor:
        """f_x of search regions."""
        features: Tensor = self.network.backbone(regions.contiguous(memory_format=torch.channels_last))
        return features

    def tracker(self, weights: Path, device: str) -> Tracker:
        return OneSlot(GradNet(weights, device))

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.network.state_dict())


def peak_positions(scores: Tensor) -> Tensor:
    """Where scores (n, m, m) are highest: (n, 2), x and y from the center, in the search region's pixels."""
    size = scores.shape[-1]
    index = scores.flatten(1).argmax(1)
    return (torch.stack([index % size, index // size], 1).to(scores) - (size - 1) / 2) * STRIDE


def init_weights(network: Embedding) -> Embedding:
    """Draws the convolutions' weights so that values keep their size from layer to layer."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    return network


def _between(first: float, last: float, progress: float) -> float:
    """From `first` to `last` along half a cosine."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * progress))
