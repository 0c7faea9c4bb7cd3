"""Training tasks: the networks of a tracker, and their loss on a batch of pairs."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from pathlib import Path

import torch
from torch import Tensor, nn

from trackers.errors import UserError
from trackers.siamese.backbone import (
    SCORE_SCALE,
    STRIDE,
    TEMPLATE_SIZE,
    Embedding,
    channels_last,
    embed_regions,
    scaled_widths,
)
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
from trackers.training.settings import GradNetOptions, SiamFCOptions, half_cosine
from trackers.training.widening import widen


class Task(nn.Module):
    """A tracker's networks in training, with their loss."""

    architecture: str
    distinct: bool = False
    """Whether the pairs of a batch must be of different clips."""
    regions: int = 1
    """Search regions per target."""

    def rate_factor(self, name: str) -> float:
        """Returns the factor on the learning rate of the parameter `name`."""
        del name
        return 1.0

    @abstractmethod
    def loss(self, pairs: Pairs, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Returns the loss, and figures for the log; `progress` runs from 0 to 1."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Returns the tracker's tensors, by their names in a weights file."""

    @abstractmethod
    def tracker(self, weights: Path, device: str) -> Tracker:
        """Returns the tracker with these weights."""

    def save(self, path: Path, dtype: torch.dtype = torch.float32) -> None:
        """Writes a weights file, with kernels as `dtype`.

        Everything else is small, and statistics of pixels of 0..255 exceed half precision's range.
        """
        tensors = {
            name: value.detach().cpu().to(dtype if value.dim() > 1 else None)
            for name, value in self.tensors().items()
            if not name.endswith("num_batches_tracked")
        }
        write(path, tensors, self.architecture)


class SiamFCTask(Task):
    """SiamFC: the balanced logistic loss, plus distillation if there is a teacher.

    Args:
        options: see `SiamFCOptions`.

    Raises:
        UserError: weights cannot be used, or the teacher is wider than the network.
    """

    architecture = "siamfc"

    def __init__(self, options: SiamFCOptions) -> None:
        super().__init__()
        self.options = options
        widths = scaled_widths(options.width)
        if options.start:
            network = widen(load_embedding(options.start), widths)
        else:
            network = init_weights(Embedding(widths))
        self.network = channels_last(network)
        self.teacher = Teacher(options.teacher, widths[-1]) if options.teacher else None

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
        if self.options.location:
            located = location_loss(
                raw * SCORE_SCALE, gaussian_labels(pairs.offsets, raw.shape[-1], STRIDE)
            ).mean()
            parts["location"] = located.detach()
            total = total + self.options.location * located
        if self.teacher is not None:
            by_feature, by_score = distillation_losses(features, self.teacher.targets(pairs), raw)
            parts |= {"feature": by_feature.detach(), "score": by_score.detach()}
            weight = half_cosine(self.options.distillation, self.options.last_distillation, progress)
            total = total + weight * (by_feature + by_score)
        return total, parts

    def tracker(self, weights: Path, device: str) -> Tracker:
        return OneSlot(SiamFC(weights, device))

    def tensors(self) -> dict[str, Tensor]:
        return {PREFIX + name: value for name, value in self.network.state_dict().items()}


class GradNetTask(Task):
    """GradNet: U_2 learns to correct from a gradient; f_2 and U_1 are trained along, at a small rate.

    f_x is frozen. f_2 and U_1 start as f_x and keep its statistics. There are three objectives:

    `later` - the corrected template is evaluated on another region of the same target than the one that gave
    the gradient, by the position of the peak. U_2 starts at no correction, so that it learns only corrections
    that help. The regions of a target are visited in order: each gives an update step, evaluated on the next.
    A share of the targets carries the corrected feature on, the others start each step from the first one; up
    to `burn_in` passes over the regions, of which nothing is learned, show U_2 features that have been
    corrected many times. A share of the pairs starts from another target's exemplar, which only the gradient
    can correct (template generalization, Li et al. 2019, section 3.3). Labels of update steps are as wrong as
    a tracker's.

    `paper` - the k pairs of a group come from k different clips and all use the first one's exemplar. Only
    the loss after the correction, on the region that gave the gradient, is minimized.

    `released` - as `paper`, with one template for each group, corrected by the group's summed gradient, as
    the released code does.

    Args:
        backbone: trained weights of SiamFC.
        options: see `GradNetOptions`.

    Raises:
        UserError: the weights cannot be used.
    """

    architecture = "gradnet"
    distinct = True

    def __init__(self, backbone: Path, options: GradNetOptions = GradNetOptions()) -> None:  # noqa: B008
        super().__init__()
        embedding = load_embedding(backbone)
        self.options = options
        self.regions = options.regions if options.objective == "later" else 1
        self.network = GradNetNetwork(embedding.widths)
        self.network.backbone.load_state_dict(embedding.state_dict())
        self.network.template.load_state_dict(embedding.state_dict())
        self.network.backbone.requires_grad_(False)
        convolution, normalization = self.network.correction[0], self.network.correction[1]
        assert isinstance(convolution, nn.Conv2d)
        assert convolution.bias is not None
        assert isinstance(normalization, nn.BatchNorm2d)
        nn.init.trunc_normal_(convolution.weight, std=0.01)
        nn.init.constant_(convolution.bias, 0.1)
        if options.objective == "later":
            nn.init.zeros_(normalization.weight)
        channels_last(self.network)
        self.train()

    def rate_factor(self, name: str) -> float:
        return self.options.template_rate if name.startswith("network.template.") else 1.0

    def train(self, mode: bool = True) -> GradNetTask:
        super().train(mode)
        self.network.backbone.eval()
        self.network.template.eval()
        return self

    def calibrate(self, pairs: Pairs) -> None:
        """Sets the factor on the gradient such that U_2's input has a root mean square of 1 at first."""
        shared = 1 if self.options.objective == "later" else self.options.k
        hidden = self._shallow(pairs.exemplars[::shared]).repeat_interleave(shared, 0)[: len(pairs.exemplars)]
        features, labels = self._searched(pairs)
        gradient = self.network.step(hidden, features, labels).gradient
        self.network.gradient_scale.fill_(1 / gradient.square().mean().sqrt().clamp(min=1e-12))

    def loss(self, pairs: Pairs, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        del progress
        if self.options.objective == "later":
            return self._later(pairs)
        if len(pairs.exemplars) % self.options.k:
            raise UserError(
                f"a batch of {len(pairs.exemplars)} cannot be split into groups of k = {self.options.k}"
            )
        features, labels = self._searched(pairs)
        hidden = self._shallow(pairs.exemplars[:: self.options.k])
        if self.options.objective == "released":
            return self._released(hidden, features, labels)
        hidden = hidden.repeat_interleave(self.options.k, 0)
        step = self.network.step(hidden, features, labels, create_graph=True)
        after = balanced_logistic_loss(self.network.scores(features[:, None], step.hidden)[:, 0], labels)
        return after.mean(), self._figures(step.loss, after, hidden, step.hidden)

    def _later(self, pairs: Pairs) -> tuple[Tensor, dict[str, Tensor]]:
        network, count = self.network, len(pairs.exemplars)
        generator = torch.Generator().manual_seed(2 * pairs.step + 1)
        features = embed_regions(self._features, pairs.regions)
        size = _response_size(features)
        source = torch.arange(count)
        exchanged = self._exchanged(count)
        source[:exchanged] = (source[:exchanged] + 1) % count
        first = self._shallow(pairs.exemplars)[source.to(features.device)]
        carries = torch.rand(count, generator=generator) < self.options.carry
        carries = carries.to(features.device)[:, None, None, None]
        hidden, total = self._burn_in(pairs, features, first, carries, generator), features.new_zeros(())
        figures: dict[str, Tensor] = defaultdict(lambda: features.new_zeros(()))
        updates = self.regions - 1
        for update in range(updates):
            labels = self._update_labels(pairs, update, features[:, update], hidden, generator)
            step = network.step(hidden, features[:, update], labels, create_graph=True)
            later = network.scores(features[:, update + 1, None], step.hidden)[:, 0]
            same = network.scores(features[:, update, None], step.hidden)[:, 0]
            places = pairs.places[:, update + 1]
            located = location_loss(later, gaussian_labels(places, size, STRIDE))
            logistic = balanced_logistic_loss(later, binary_labels(places, size, STRIDE))
            located_same = location_loss(same, gaussian_labels(pairs.places[:, update], size, STRIDE))
            seen_later = (~pairs.occluded[:, update + 1]).float()
            seen = (~pairs.occluded[:, update]).float()
            loss = seen_later * (located + 0.5 * logistic) + 0.3 * seen * located_same
            total = total + loss.mean() / updates
            with torch.no_grad():
                for name, value in self._figures(step.loss, logistic, hidden, step.hidden).items():
                    figures[name] = figures[name] + value / updates
                hits = (peak_positions(later) - places).norm(dim=1) < 8
                figures["within8"] = figures["within8"] + hits.float().mean() / updates
                figures["location"] = figures["location"] + located.mean() / updates
            hidden = torch.where(carries, step.hidden.detach(), first)
        return total, dict(figures)

    def _burn_in(
        self, pairs: Pairs, features: Tensor, first: Tensor, carries: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Returns the hidden features after 0 to `burn_in` passes over the regions."""
        if not self.options.burn_in:
            return first
        passes = int(torch.randint(self.options.burn_in + 1, (), generator=generator))
        hidden = first
        for update in list(range(self.regions - 1)) * passes:
            labels = self._update_labels(pairs, update, features[:, update], hidden, generator)
            step = self.network.step(hidden, features[:, update], labels)
            hidden = torch.where(carries, step.hidden, first)
        return hidden

    @torch.no_grad()
    def _update_labels(
        self, pairs: Pairs, update: int, features: Tensor, hidden: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Returns labels of an update step: near the true position, or where the tracker finds the target."""
        places = pairs.places[:, update]
        count, size = len(places), _response_size(features)
        noise = self.options.label_noise * torch.randn(count, 2, generator=generator).to(places)
        own = (torch.rand(count, generator=generator) < self.options.own_labels).to(places.device)
        # Another target's template finds nothing.
        own[: self._exchanged(count)] = False
        found = peak_positions(self.network.scores(features[:, None], hidden)[:, 0])
        return binary_labels(torch.where(own[:, None], found, places + noise), size, STRIDE)

    def _released(self, hidden: Tensor, features: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        network, k = self.network, self.options.k
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
        """Returns how many of a batch's first pairs start from the next one's exemplar."""
        return round(self.options.foreign * count)

    def _searched(self, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Returns f_x of the first search regions, and their labels."""
        features = self._features(pairs.searches)
        return features, binary_labels(pairs.offsets, _response_size(features), STRIDE)

    def _shallow(self, exemplars: Tensor) -> Tensor:
        return self.network.template.shallow(exemplars.contiguous(memory_format=torch.channels_last))

    @torch.no_grad()
    def _features(self, regions: Tensor) -> Tensor:
        """Returns f_x of search regions."""
        features: Tensor = self.network.backbone(regions.contiguous(memory_format=torch.channels_last))
        return features

    def tracker(self, weights: Path, device: str) -> Tracker:
        return OneSlot(GradNet(weights, device))

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.network.state_dict())


def _response_size(features: Tensor) -> int:
    """Returns the side of the score map of a template and features (..., h, h)."""
    return features.shape[-1] - TEMPLATE_SIZE + 1


def peak_positions(scores: Tensor) -> Tensor:
    """Returns the peaks of scores (n, m, m): (n, 2), x and y from the center, in the region's pixels."""
    size = scores.shape[-1]
    index = scores.flatten(1).argmax(1)
    return (torch.stack([index % size, index // size], 1).to(scores) - (size - 1) / 2) * STRIDE


def init_weights(network: Embedding) -> Embedding:
    """Initializes the convolutions so that values keep their scale from layer to layer."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    return network
