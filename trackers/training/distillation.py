"""Distillation: a student learns the features and scores of a trained SiamFC.

Sources: Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network, 2015 (scores); Romero et al.,
FitNets, 2015 (features).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from trackers.errors import UserError
from trackers.siamese.backbone import Embedding, fold_batch_norm
from trackers.siamese.checkpoint import load_embedding
from trackers.siamese.response import cross_correlation
from trackers.training.sampling import Pairs
from trackers.training.widening import places


class Teacher(nn.Module):
    """A frozen, trained SiamFC whose features and scores the student learns to match.

    Its c features become the student's channels at `places`, the others being zero, which leaves every inner
    product, and so every score, unchanged. The student's features then have a target in each cell of the map,
    which teaches far more per image than a single map of scores.

    Args:
        weights: of the teacher.
        channels: of the student; at least the teacher's.

    Raises:
        UserError: the weights cannot be used, or the student is narrower.
    """

    places: Tensor

    def __init__(self, weights: Path, channels: int) -> None:
        super().__init__()
        self.network: Embedding = fold_batch_norm(load_embedding(weights))
        own = self.network.widths[-1]
        if own > channels:
            raise UserError(f"the teacher {weights} has {own} features, more than the student's {channels}")
        self.channels = channels
        self.register_buffer("places", places(own, channels))

    @torch.no_grad()
    def targets(self, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Returns the student's target features of exemplars (n, C, 6, 6) and searches (n, C, 20, 20)."""
        return self._features(pairs.exemplars), self._features(pairs.searches)

    def _features(self, crops: Tensor) -> Tensor:
        own: Tensor = self.network(crops.contiguous(memory_format=torch.channels_last))
        features = own.new_zeros(len(own), self.channels, *own.shape[2:])
        features.index_copy_(1, self.places, own)
        return features.contiguous(memory_format=torch.channels_last)


def distillation_losses(
    features: tuple[Tensor, Tensor], targets: tuple[Tensor, Tensor], scores: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns the losses of features and scores: mean squared errors over the teacher's variance.

    Args:
        features: of the student, of exemplars and searches.
        targets: of the teacher.
        scores: raw scores (n, m, m) of the student.
    """
    expected = cross_correlation(targets[1][:, None], targets[0])[:, 0]
    errors = [
        (mine - theirs).square().mean() / theirs.var() for mine, theirs in zip(features, targets, strict=True)
    ]
    return (errors[0] + errors[1]) / 2, (scores - expected).square().mean() / expected.var()
