"""Gradient descent on a correlation template, in the small space of scores.

The scores of a search region are linear in the template t: s = A t, where a row of A holds the features
at one position of the template. Gradient descent on L(s) from t0 stays in t0 + span(rows of A):

    t  <-  t - r A' dL/ds        is        t = t0 + A' a,    a <- a - r dL/ds,    s = A t0 + (A A') a

With the Gram matrix A A' of the 289 positions an iteration multiplies 289 x 289 numbers instead of twice
289 x 9216. The iterates are equal up to rounding.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trackers.siamese.response import logistic_weights


def positions(features: Tensor, size: int) -> Tensor:
    """Returns features (n, c, h, w) at each position of a template of side `size`: (n, p, c * size * size).

    p = (h - size + 1) (w - size + 1); a row is ordered like a flattened template (c, size, size).
    """
    n, c, h, w = features.shape
    rows, columns = h - size + 1, w - size + 1
    windows = features.unfold(2, size, 1).unfold(3, size, 1)
    return windows.permute(0, 2, 3, 1, 4, 5).reshape(n, rows * columns, c * size * size)


def gradient_descent(
    templates: Tensor, features: Tensor, labels: Tensor, rate: float, iterations: int
) -> tuple[Tensor, Tensor]:
    """Minimizes the balanced logistic loss of scores A t by gradient descent.

    Args:
        templates: (n, c, a, a), initial values.
        features: (n, c, h, w), of the search regions.
        labels: (n, h - a + 1, w - a + 1), +1 or -1.
        rate: step size.
        iterations: number of steps.

    Returns:
        The templates (n, c, a, a), and the loss (n, iterations + 1) before each step and after the last.
    """
    size = templates.shape[-1]
    rows = positions(features, size)
    gram = rows @ rows.mT
    signs = labels.flatten(1)
    weights = logistic_weights(labels).flatten(1)
    first = (rows @ templates.flatten(1)[:, :, None])[:, :, 0]
    coefficients = torch.zeros_like(first)
    losses = []
    for _ in range(iterations):
        scores = first + (gram @ coefficients[:, :, None])[:, :, 0]
        margins = -signs * scores
        losses.append((weights * torch.nn.functional.softplus(margins)).sum(1))
        # d/ds log(1 + exp(-y s)) = -y / (1 + exp(y s))
        coefficients = coefficients + rate * weights * signs * margins.sigmoid()
    scores = first + (gram @ coefficients[:, :, None])[:, :, 0]
    losses.append((weights * torch.nn.functional.softplus(-signs * scores)).sum(1))
    moved = (coefficients[:, None] @ rows)[:, 0].view_as(templates)
    return templates + moved, torch.stack(losses, 1)
