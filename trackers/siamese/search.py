"""What a Siamese tracker remembers of its targets, where it looks for them and how it moves them.

Geometry is float64: positions of hundreds of pixels then keep far more digits than a box needs, init and
output are inverses of each other to the last few bits, and the tensors are too small to cost time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from trackers.errors import UserError
from trackers.siamese.backbone import STRIDE
from trackers.siamese.crops import context_side, crop, mean_colour
from trackers.siamese.response import Peak, cosine_window, find_peak, upsampling_matrix

EXEMPLAR_SIZE = 127
SEARCH_SIZE = 255
RESPONSE_SIZE = 17
UPSAMPLING = 16


@dataclass(frozen=True)
class SearchSettings:
    """How a target is looked for; the defaults are siamfc-pytorch's.

    Attributes:
        context: surroundings in the exemplar's crop, as a share of w + h; 0 or more.
        scales: how many scales are searched; odd.
        scale_step: ratio of neighbouring scales; above 1.
        scale_penalty: factor on the scores of every scale but the middle one; above 0, at most 1.
        scale_rate: how far the size moves towards the best scale's; 0..1.
        window_weight: share of the cosine window in the response; 0..1.
        scale_min: least size, as a share of the first; above 0, at most 1.
        scale_max: greatest size, as a multiple of the first; at least 1.
    """

    context: float = 0.5
    scales: int = 3
    scale_step: float = 1.0375
    scale_penalty: float = 0.9745
    scale_rate: float = 0.59
    window_weight: float = 0.176
    scale_min: float = 0.2
    scale_max: float = 5.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise UserError(f"{field.name} is {value!r}; give a finite number")
        if self.scales != int(self.scales) or self.scales < 1 or self.scales % 2 == 0:
            raise UserError(f"scales is {self.scales}; give an odd number of scales, 1 or more")
        rules = {
            "context": (self.context >= 0, "0 or more"),
            "scale_step": (self.scale_step > 1, "above 1"),
            "scale_penalty": (0 < self.scale_penalty <= 1, "above 0 and at most 1"),
            "scale_rate": (0 <= self.scale_rate <= 1, "from 0 to 1"),
            "window_weight": (0 <= self.window_weight <= 1, "from 0 to 1"),
            "scale_min": (0 < self.scale_min <= 1, "above 0 and at most 1"),
            "scale_max": (self.scale_max >= 1, "1 or more"),
        }
        for name, (holds, range_) in rules.items():
            if not holds:
                raise UserError(f"{name} is {getattr(self, name)}; give a number {range_}")


@dataclass(frozen=True)
class Targets:
    """What is known of n targets.

    Attributes:
        center: (n, 2) float64, x and y in pixels, continuous.
        first_size: (n, 2) float64, w and h of the initial box.
        scale: (n,) float64, present size over first size.
        fill: (n, 3) float32, mean colour of the first frame.
    """

    center: Tensor
    first_size: Tensor
    scale: Tensor
    fill: Tensor

    @classmethod
    def from_boxes(cls, boxes: Tensor, fill: Tensor) -> Targets:
        """Targets that boxes (n, 4) float64 enclose, in frames of mean colour `fill` (n, 3)."""
        position, size = boxes[:, :2], boxes[:, 2:]
        return cls(position + size / 2, size, torch.ones_like(size[:, 0]), fill)

    def boxes(self) -> Tensor:
        """The boxes (n, 4) float64: x, y, w, h."""
        return torch.cat([self.center - self.size() / 2, self.size()], dim=1)

    def size(self) -> Tensor:
        """Present w and h, (n, 2)."""
        return self.first_size * self.scale[:, None]

    def at(self, slots: Tensor) -> Targets:
        """The targets in `slots`, (m,) int64."""
        return Targets(*(getattr(self, field.name)[slots] for field in fields(self)))

    def where(self, chosen: Tensor, others: Targets) -> Targets:
        """These targets, or `others` where `chosen` (n,) holds."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return Targets(
            *(torch.where(chosen.view(-1, *[1] * (mine.dim() - 1)), other, mine) for mine, other in pairs)
        )

    def put(self, slots: Tensor, targets: Targets) -> None:
        """Overwrites the targets in `slots`, (m,) int64, with m others."""
        for field in fields(self):
            getattr(self, field.name).index_copy_(0, slots, getattr(targets, field.name))


class Search:
    """The geometry of a search, with its constants on one device.

    Args:
        settings: how targets are looked for.
        device: where crops and responses are computed.
    """

    def __init__(self, settings: SearchSettings, device: torch.device) -> None:
        self.settings = settings
        middle = int(settings.scales) // 2
        steps = torch.arange(-middle, middle + 1, dtype=torch.float64)
        self.factors = (settings.scale_step**steps).to(device)
        self.penalties = torch.where(steps == 0, 1.0, settings.scale_penalty).float().to(device)
        self.window = cosine_window(RESPONSE_SIZE * UPSAMPLING).to(device)
        self.upsampling = upsampling_matrix(RESPONSE_SIZE, UPSAMPLING).to(device)

    def start(self, frames: Tensor, frame_sizes: Tensor, boxes: Tensor) -> Targets:
        """Targets that `boxes` (n, 4) enclose in frames (n, h, w, 3) of sizes (n, 2)."""
        return Targets.from_boxes(boxes, mean_colour(frames, frame_sizes))

    def exemplars(self, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Tensor:
        """The targets with their context: (n, 3, 127, 127)."""
        sides = context_side(targets.size(), self.settings.context)[:, None]
        return crop(frames, frame_sizes, targets.center, sides, EXEMPLAR_SIZE, targets.fill)[:, 0]

    def regions(self, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Tensor:
        """Where to look, at every scale: (n, s, 3, 255, 255)."""
        sides = self._side(targets)[:, None] * self.factors
        return crop(frames, frame_sizes, targets.center, sides, SEARCH_SIZE, targets.fill)

    def find(self, scores: Tensor) -> Peak:
        """The best match in scores (n, s, 17, 17)."""
        return find_peak(self.upsample(scores), self.penalties, self.window, self.settings.window_weight)

    def upsample(self, scores: Tensor) -> Tensor:
        """Responses of scores: (..., 17, 17) to (..., 272, 272)."""
        return self.upsampling @ scores @ self.upsampling.T

    def centred(self, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Tensor:
        """What a search at the targets' own places and size sees: (n, 3, 255, 255)."""
        sides = self._side(targets)[:, None]
        return crop(frames, frame_sizes, targets.center, sides, SEARCH_SIZE, targets.fill)[:, 0]

    def moved(self, targets: Targets, peak: Peak) -> Targets:
        """The targets after they have moved to `peak`, their size following the best scale."""
        factor = self.factors[peak.scale]
        pixels_per_cell = STRIDE / UPSAMPLING * self._side(targets) * factor / SEARCH_SIZE
        rate = self.settings.scale_rate
        scale = targets.scale * ((1 - rate) + rate * factor)
        return Targets(
            targets.center + peak.offset * pixels_per_cell[:, None],
            targets.first_size,
            scale.clamp(self.settings.scale_min, self.settings.scale_max),
            targets.fill,
        )

    def _side(self, targets: Targets) -> Tensor:
        return context_side(targets.size(), self.settings.context) * (SEARCH_SIZE / EXEMPLAR_SIZE)
