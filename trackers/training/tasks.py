"""What is trained: the networks, and the loss of a batch of pairs."""

from __future__ import annotations

import math
from abc import abstractmethod
from pathlib import Path

import torch
from torch import Tensor, nn

from trackers.errors import UserError
from trackers.siamese.backbone import STRIDE, Embedding
from trackers.siamese.checkpoint import PREFIX, load_embedding, write
from trackers.siamese.correction import GradNetNetwork
from trackers.siamese.gradnet import GradNet
from trackers.siamese.response import balanced_logistic, centred_labels, cross_correlation
from trackers.siamese.siamfc import SCORE_SCALE, SiamFC
from trackers.tracker import OneSlot, Tracker
from trackers.training.sampling import Pairs
from trackers.training.teacher import Teacher, distances
from trackers.training.widening import widened


class Task(nn.Module):
    """A network in training."""

    architecture: str
    distinct: bool = False
    """Whether the pairs of a batch must be of different clips."""
    queries: bool = False
    """Whether each pair needs a second search region."""

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
    """

    architecture = "siamfc"

    def __init__(
        self,
        widths: tuple[int, ...],
        teacher: Path | None = None,
        distillation: float = 1.0,
        last_distillation: float = 0.2,
        start: Path | None = None,
    ) -> None:
        super().__init__()
        network = widened(load_embedding(start), widths) if start else initialised(Embedding(widths))
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
        labels = centred_labels(pairs.offsets, raw.shape[-1], STRIDE)
        tracking = balanced_logistic(raw * SCORE_SCALE, labels).mean()
        parts = {"tracking": tracking.detach()}
        total = tracking
        if self.teacher is not None:
            by_feature, by_score = distances(features, self.teacher.targets(pairs), raw)
            parts |= {"feature": by_feature.detach(), "score": by_score.detach()}
            total = total + _between(*self.distillation, progress) * (by_feature + by_score)
        return total, parts

    def tracker(self, weights: Path, device: str) -> Tracker:
        return OneSlot(SiamFC(weights, device))

    def tensors(self) -> dict[str, Tensor]:
        return {PREFIX + name: value for name, value in self.network.state_dict().items()}


class GradNetTask(Task):
    """GradNet, with template generalisation.

    The k pairs of a group come from k different clips and all use the first one's exemplar, so that the first
    scores are of no use and only the gradient tells what the target is (Li et al. 2019, section 3.3). Only
    the loss after the correction is lowered. f_x is frozen. f_2 and U_1 begin as f_x and keep its
    statistics; U_2 begins as in the release.

    Args:
        backbone: trained weights of SiamFC.
        k: pairs that share an exemplar; 1 is training without template generalisation.
        released: correct one template with the group's summed gradient, as the released code does, instead
            of one template per pair with the pair's own.
        prior: update steps made before the one that is learnt from, at the most; their number changes from
            batch to batch. A tracker corrects what it has corrected before: trained from the first feature
            only (prior = 0), U_2 learns a part that is the same for any gradient and adds up over a video.
        queries: whether half of the loss is that on another frame than the one that gave the gradient.
        score_scale: factor on the raw correlation.
    """

    architecture = "gradnet"
    distinct = True

    def __init__(
        self,
        backbone: Path,
        k: int = 4,
        released: bool = False,
        score_scale: float = SCORE_SCALE,
        prior: int = 0,
        queries: bool = False,
    ) -> None:
        super().__init__()
        if released and (prior or queries):
            raise UserError("--released goes with neither --prior nor --queries, which the release has not")
        embedding = load_embedding(backbone)
        self.k, self.released, self.prior, self.queries = k, released, prior, queries
        self.network = GradNetNetwork(embedding.widths, score_scale)
        self.network.backbone.load_state_dict(embedding.state_dict())
        self.network.template.load_state_dict(embedding.state_dict())
        self.network.backbone.requires_grad_(False)
        convolution = self.network.correction[0]
        assert isinstance(convolution, nn.Conv2d)
        assert convolution.bias is not None
        nn.init.trunc_normal_(convolution.weight, std=0.01)
        nn.init.constant_(convolution.bias, 0.1)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.train()

    def train(self, mode: bool = True) -> GradNetTask:
        super().train(mode)
        self.network.backbone.eval()
        self.network.template.eval()
        return self

    def calibrate(self, pairs: Pairs) -> None:
        """Sets the factor on the gradient such that what U_2 first sees has a root mean square of 1."""
        hidden, features, labels = self._inputs(pairs)
        gradient = self.network.step(hidden, features, labels).gradient
        self.network.gradient_scale.fill_(1 / gradient.square().mean().sqrt().clamp(min=1e-12))

    def loss(self, pairs: Pairs, progress: float) -> tuple[Tensor, dict[str, Tensor]]:
        del progress
        hidden, features, labels = self._inputs(pairs)
        if self.released:
            return self._released(hidden, features, labels)
        start = hidden.detach()
        for _ in range(pairs.step % (self.prior + 1)):
            start = self.network.step(start, features, labels).hidden
        # The steps before are taken as they are, so that f_2 learns as if there were none.
        hidden = hidden + (start - hidden.detach())
        step = self.network.step(hidden, features, labels, create_graph=True)
        after = balanced_logistic(self.network.scores(features[:, None], step.hidden)[:, 0], labels)
        total, parts = self._figures(step.loss, after, hidden, step.hidden)
        if pairs.queries is not None and pairs.query_offsets is not None:
            others, wanted = self._searched(pairs.queries, pairs.query_offsets)
            scores = self.network.scores(others[:, None], step.hidden)[:, 0]
            query = balanced_logistic(scores, wanted).mean()
            parts["query"] = query.detach()
            total = (total + query) / 2
        return total, parts

    def _released(self, hidden: Tensor, features: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        network, k = self.network, self.k
        one = hidden[::k]
        before = balanced_logistic(
            network.scores(features[:, None], one.repeat_interleave(k, 0))[:, 0], labels
        )
        (gradient,) = torch.autograd.grad(before.sum(), one, create_graph=True)
        corrected = one + network.correction(gradient * network.gradient_scale)
        after = network.scores(features[:, None], corrected.repeat_interleave(k, 0))[:, 0]
        return self._figures(before, balanced_logistic(after, labels), one, corrected)

    @staticmethod
    def _figures(
        before: Tensor, after: Tensor, hidden: Tensor, corrected: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            change = ((corrected - hidden).flatten(1).norm(dim=1) / hidden.flatten(1).norm(dim=1)).mean()
        total = after.mean()
        return total, {"before": before.detach().mean(), "after": total.detach(), "change": change}

    def _inputs(self, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        if len(pairs.exemplars) % self.k:
            raise UserError(f"a batch of {len(pairs.exemplars)} cannot be split into groups of k = {self.k}")
        exemplars = pairs.exemplars[:: self.k].contiguous(memory_format=torch.channels_last)
        hidden = self.network.template.shallow(exemplars).repeat_interleave(self.k, 0)
        return hidden, *self._searched(pairs.searches, pairs.offsets)

    @torch.no_grad()
    def _searched(self, regions: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
        """f_x of search regions, and their labels."""
        features = self.network.backbone(regions.contiguous(memory_format=torch.channels_last))
        return features, centred_labels(offsets, features.shape[-1] - 5, STRIDE)

    def tracker(self, weights: Path, device: str) -> Tracker:
        return OneSlot(GradNet(weights, device))

    def tensors(self) -> dict[str, Tensor]:
        return dict(self.network.state_dict())


def initialised(network: Embedding) -> Embedding:
    """Draws the convolutions' weights so that values keep their size from layer to layer."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)  # type: ignore[arg-type]
    return network


def _between(first: float, last: float, progress: float) -> float:
    """From `first` to `last` along half a cosine."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * progress))
