"""GradNet's networks: one gradient corrects the template.

    backbone     f_x        embeds search regions, and SiamFC's own fixed template; frozen
    template     f_2, U_1   a second embedding: `shallow` gives the hidden feature h, `deep` the template
    correction   U_2        turns the gradient of the loss with respect to h into a correction of h

One update step is a forward pass, a backward pass to the feature map, and a forward pass:

    beta = U_1(h);   s = beta (*) f_x(X);   g = dL(s, Y) / dh;   h2 = h + U_2(c g);   beta* = U_1(h2)

Source: Li et al., GradNet: Gradient-Guided Network for Visual Object Tracking, ICCV 2019, section 3.
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trackers.siamese.backbone import FULL_WIDTHS, SCORE_SCALE, Embedding, channels_last, fold_batch_norm
from trackers.siamese.response import balanced_logistic_loss, cross_correlation

RELEASED_EPS = 1e-3
"""Epsilon of batch normalization in the released network."""
RELEASED_GRADIENT_SCALE = 10000 / 17**2
"""The released tracker multiplies the gradient of the mean loss over 17 x 17 scores by 10000."""


class UpdateStep(NamedTuple):
    """The result of one update step for n targets.

    Attributes:
        scores: (n, m, m), the uncorrected template's on the given features.
        loss: (n,), of those scores, weights summing to 1 per target.
        gradient: (n, c, 12, 12), of each target's own loss with respect to its hidden feature.
        hidden: (n, c, 12, 12), the corrected hidden feature h2.
    """

    scores: Tensor
    loss: Tensor
    gradient: Tensor
    hidden: Tensor


class GradNetNetwork(nn.Module):
    """The networks f_x, f_2, U_1 and U_2, all of one width.

    Args:
        widths: output channels of each embedding's layers.
        score_scale: factor on the raw correlation: 1e-3 for SiamFC's own weights, 1 for the released ones.
        gradient_scale: c, the factor on the gradient of a loss whose weights sum to 1.
    """

    score_scale: Tensor
    gradient_scale: Tensor

    def __init__(
        self,
        widths: tuple[int, ...] = FULL_WIDTHS,
        score_scale: float = SCORE_SCALE,
        gradient_scale: float = RELEASED_GRADIENT_SCALE,
    ) -> None:
        super().__init__()
        self.widths = widths
        self.backbone = Embedding(widths)
        self.template = Embedding(widths)
        self.correction = nn.Sequential(
            nn.Conv2d(widths[1], widths[1], 3, padding=1),
            nn.BatchNorm2d(widths[1], eps=RELEASED_EPS),
            nn.Tanh(),
        )
        self.register_buffer("score_scale", torch.tensor(score_scale))
        self.register_buffer("gradient_scale", torch.tensor(gradient_scale))

    def scores(self, features: Tensor, hidden: Tensor) -> Tensor:
        """Matches features (n, s, c, h, w) with the templates of hidden features (n, c, 12, 12)."""
        return cross_correlation(features, self.template.deep(hidden) * self.score_scale)

    def gradient(
        self, hidden: Tensor, features: Tensor, labels: Tensor, *, create_graph: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Computes the loss's gradient with respect to hidden features; arguments as for `step`.

        In evaluation mode targets do not influence each other: every loss is a target's own, and the
        gradient of their sum with respect to the hidden features is each loss's own gradient.

        Returns:
            The scores (n, m, m), the losses (n,), and the gradients (n, c, 12, 12).
        """
        with torch.enable_grad():
            if not create_graph:
                hidden = hidden.detach().requires_grad_()
            scores = self.scores(features[:, None], hidden)[:, 0]
            loss = balanced_logistic_loss(scores, labels)
            (gradient,) = torch.autograd.grad(loss.sum(), hidden, create_graph=create_graph)
        return scores, loss, gradient

    def step(
        self, hidden: Tensor, features: Tensor, labels: Tensor, *, create_graph: bool = False
    ) -> UpdateStep:
        """Makes one update step; enables gradients inside, whatever the caller's mode.

        Args:
            hidden: (n, c, 12, 12).
            features: (n, c, h, w), f_x of the crops to learn from.
            labels: (n, m, m), +1 on the target and -1 elsewhere.
            create_graph: whether the step itself is differentiable, to train U_1 and U_2.
        """
        scores, loss, gradient = self.gradient(hidden, features, labels, create_graph=create_graph)
        corrected = hidden + self.correction(gradient * self.gradient_scale)
        if not create_graph:
            return UpdateStep(scores.detach(), loss.detach(), gradient, corrected.detach())
        return UpdateStep(scores, loss, gradient, corrected)


def prepare_for_updates(network: GradNetNetwork, device: torch.device) -> GradNetNetwork:
    """Returns a frozen copy for update steps on `device`, channels-last, with batch normalization folded.

    Its `backbone` is left as it is: trackers run their own, faster form of it.
    """
    result = copy.deepcopy(network).eval().requires_grad_(False)
    result.template = fold_batch_norm(network.template)
    return channels_last(result.to(device))
