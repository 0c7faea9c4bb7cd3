"""The geometry of a search: state of the targets, search regions, and moves to the best match.

Geometry is float64: positions of hundreds of pixels then keep far more digits than a box needs, init and
output are inverses of each other up to the last few bits, and the tensors are too small to cost time.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from trackers.siamese.backbone import STRIDE, TEMPLATE_SIZE
from trackers.siamese.crops import context_side, crop, mean_color
from trackers.siamese.response import Peak, binary_labels, cosine_window, find_peak, upsampling_matrix
from trackers.siamese.settings import SearchSettings

EXEMPLAR_SIZE = 127
SEARCH_SIZE = 255
RESPONSE_SIZE = 17
FEATURE_SIZE = RESPONSE_SIZE + TEMPLATE_SIZE - 1
UPSAMPLING = 16


@dataclass(frozen=True)
class Targets:
    """The state of n targets.

    Attributes:
        center: (n, 2) float64, x and y in pixels, continuous.
        first_size: (n, 2) float64, w and h of the initial box.
        scale: (n,) float64, current size over first size.
        fill: (n, 3) float32, mean color of the first frame.
    """

    center: Tensor
    first_size: Tensor
    scale: Tensor
    fill: Tensor

    @classmethod
    def from_boxes(cls, boxes: Tensor, fill: Tensor) -> Targets:
        """Returns the targets in boxes (n, 4) float64, in frames of mean color `fill` (n, 3)."""
        position, size = boxes[:, :2], boxes[:, 2:]
        return cls(position + size / 2, size, torch.ones_like(size[:, 0]), fill)

    def boxes(self) -> Tensor:
        """Returns the boxes (n, 4) float64: x, y, w, h."""
        return torch.cat([self.center - self.size() / 2, self.size()], dim=1)

    def size(self) -> Tensor:
        """Returns current w and h, (n, 2)."""
        return self.first_size * self.scale[:, None]

    def at(self, slots: Tensor) -> Targets:
        """Returns the targets in `slots`, (m,) int64."""
        return Targets(*(getattr(self, field.name)[slots] for field in fields(self)))

    def where(self, chosen: Tensor, others: Targets) -> Targets:
        """Returns these targets, or `others` where `chosen` (n,) is true."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return Targets(
            *(torch.where(chosen.view(-1, *[1] * (mine.dim() - 1)), other, mine) for mine, other in pairs)
        )

    def put(self, slots: Tensor, targets: Targets) -> None:
        """Overwrites the targets in `slots`, (m,) int64, with m `targets`."""
        for field in fields(self):
            getattr(self, field.name).index_copy_(0, slots, getattr(targets, field.name))


class Search:
    """The geometry of a search, with its constants on one device.

    Args:
        settings: of the search.
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
        """Returns the targets in `boxes` (n, 4) of frames (n, h, w, 3) with sizes (n, 2)."""
        return Targets.from_boxes(boxes, mean_color(frames, frame_sizes))

    def exemplars(self, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Tensor:
        """Returns crops of the targets with their context: (n, 3, 127, 127)."""
        sides = context_side(targets.size(), self.settings.context)[:, None]
        return crop(frames, frame_sizes, targets.center, sides, EXEMPLAR_SIZE, targets.fill)[:, 0]

    def regions(self, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Tensor:
        """Returns the search regions at every scale: (n, s, 3, 255, 255)."""
        sides = self.side(targets)[:, None] * self.factors
        return crop(frames, frame_sizes, targets.center, sides, SEARCH_SIZE, targets.fill)

    def find(self, scores: Tensor) -> Peak:
        """Finds the best match in scores (n, s, 17, 17)."""
        return find_peak(self.upsample(scores), self.penalties, self.window, self.settings.window_weight)

    def upsample(self, scores: Tensor) -> Tensor:
        """Up-samples scores to responses: (..., 17, 17) to (..., 272, 272)."""
        return self.upsampling @ scores @ self.upsampling.T

    def labels(self, offset: Tensor) -> Tensor:
        """Returns labels (n, 17, 17) of targets `offset` (n, 2) up-sampled cells from the regions' center."""
        return binary_labels(offset * (STRIDE / UPSAMPLING), RESPONSE_SIZE, STRIDE)

    def centered(self, frames: Tensor, frame_sizes: Tensor, targets: Targets) -> Tensor:
        """Returns search regions around the targets at their current size: (n, 3, 255, 255)."""
        sides = self.side(targets)[:, None]
        return crop(frames, frame_sizes, targets.center, sides, SEARCH_SIZE, targets.fill)[:, 0]

    def moved(self, targets: Targets, peak: Peak) -> Targets:
        """Returns the targets moved to `peak`; their size follows the best scale."""
        factor = self.factors[peak.scale]
        pixels_per_cell = STRIDE / UPSAMPLING * self.side(targets) * factor / SEARCH_SIZE
        rate = self.settings.scale_rate
        scale = targets.scale * ((1 - rate) + rate * factor)
        return replace(
            targets,
            center=targets.center + peak.offset * pixels_per_cell[:, None],
            scale=scale.clamp(self.settings.scale_min, self.settings.scale_max),
        )

    def side(self, targets: Targets) -> Tensor:
        """Returns the side (n,) of the targets' search regions in the frame, in pixels."""
        return context_side(targets.size(), self.settings.context) * (SEARCH_SIZE / EXEMPLAR_SIZE)
