"""Baselines that update SiamFC's template on every frame: by gradient descent, and by averaging.

Sources: Li et al., GradNet, ICCV 2019, section 1 and table 1, for gradient descent on the template, which
takes tens to hundreds of iterations; Valmadre et al., CFNet, CVPR 2017, section 4, for averaging.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from trackers.siamese.backbone import SCORE_SCALE
from trackers.siamese.gradient_descent import gradient_descent
from trackers.siamese.search import Targets
from trackers.siamese.settings import AverageSettings, GradientDescentSettings
from trackers.siamese.siamfc import SiamFC


class SiamFCGradientDescent(SiamFC):
    """SiamFC whose template is optimized by gradient descent on every frame.

    The loss is that of training, on the search region around the position where the target was just found,
    with the target in its center. Each frame's descent starts from the template of the frame before. See
    `SiamFC` for the arguments and `GradientDescentSettings` for the settings.
    """

    settings_type = GradientDescentSettings
    settings: GradientDescentSettings

    def load(self, weights: Path, width: float | None) -> None:
        super().load(weights, width)
        self.labels = self.search.labels(torch.zeros(1, 2, device=self.device))

    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        features = self.network(self.search.centered(frames, frame_sizes, targets))
        labels = self.labels.expand(len(slots), -1, -1)
        rate, iterations = self.settings.rate, self.settings.iterations
        # Scores are the correlation with a template that carries their scale, so the features do not.
        templates, _ = gradient_descent(self.templates[slots], features, labels, rate, iterations)
        self.templates.index_copy_(0, slots, templates)


class SiamFCAverage(SiamFC):
    """SiamFC whose template is a running average of the target's appearance.

    See `SiamFC` for the arguments and `AverageSettings` for the settings.
    """

    settings_type = AverageSettings
    settings: AverageSettings

    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> None:
        current = self.network(self.search.exemplars(frames, frame_sizes, targets)) * SCORE_SCALE
        self.templates.index_copy_(0, slots, torch.lerp(self.templates[slots], current, self.settings.rate))
