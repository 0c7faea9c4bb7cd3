"""Baselines that change SiamFC's template on every frame: by gradient descent, and by averaging.

Source: Li et al., GradNet, ICCV 2019, section 1 and table 1, for gradient descent on the template, which
takes tens to hundreds of iterations; Valmadre et al., CFNet, CVPR 2017, section 4, for averaging.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.backbone import STRIDE
from trackers.siamese.gradient_descent import gradient_descent
from trackers.siamese.response import binary_labels
from trackers.siamese.search import RESPONSE_SIZE, Targets
from trackers.siamese.siamfc import SCORE_SCALE, SiamFC


class SiamFCGradientDescent(SiamFC):
    """SiamFC whose template descends the tracking loss on every frame.

    The loss is that of training, on the search region around the place where the target was just found,
    with the target in its centre. The descent goes on from the template of the frame before.

    Args:
        weights: see `SiamFC`.
        device: see `SiamFC`.
        slots: see `SiamFC`.
        width: see `SiamFC`.
        precision: see `SiamFC`.
        iterations: steps per frame.
        rate: step size, on scores of about -5 to 10 (raw correlation times 1e-3).

    Raises:
        UserError: see `SiamFC`, or a setting is out of range.
    """

    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        precision: str = "float32",
        *,
        iterations: int = 50,
        rate: float = 1e-5,
    ) -> None:
        if iterations < 0 or not 0 <= rate < float("inf"):
            raise UserError(f"iterations is {iterations} and rate {rate}; give numbers of 0 or more")
        super().__init__(weights, device, slots, width, precision)
        self.iterations, self.rate = iterations, rate
        self.labels = binary_labels(torch.zeros(1, 2, device=self.device), RESPONSE_SIZE, STRIDE)

    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        features = self.network(self.search.centred(frames, frame_sizes, targets))
        labels = self.labels.expand(len(slots), -1, -1)
        # Scores are the correlation with a template that carries their scale, so the features do not.
        templates, _ = gradient_descent(self.templates[slots], features, labels, self.rate, self.iterations)
        self.templates.index_copy_(0, slots, templates)


class SiamFCAverage(SiamFC):
    """SiamFC whose template is a running average of the target's appearance.

    Args:
        weights: see `SiamFC`.
        device: see `SiamFC`.
        slots: see `SiamFC`.
        width: see `SiamFC`.
        precision: see `SiamFC`.
        rate: weight of the present frame, 0..1.

    Raises:
        UserError: see `SiamFC`, or the rate is out of range.
    """

    def __init__(
        self,
        weights: Path | str | None = None,
        device: str = "cpu",
        slots: int = 1,
        width: float | None = None,
        precision: str = "float32",
        *,
        rate: float = 0.01,
    ) -> None:
        if not 0 <= rate <= 1:
            raise UserError(f"rate is {rate}; give a number from 0 to 1")
        super().__init__(weights, device, slots, width, precision)
        self.rate = rate

    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        present = self.network(self.search.exemplars(frames, frame_sizes, targets)) * SCORE_SCALE
        self.templates.index_copy_(0, slots, torch.lerp(self.templates[slots], present, self.rate))
