"""Which pairs a step learns from, and how hard they are made.

Everything random is drawn on the CPU from a generator seeded with the run's seed and the step's number, so
a run that goes on at step n sees what an unbroken run sees, on any device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trackers.siamese.search import EXEMPLAR_SIZE
from trackers.training.augment import blur, paste, recolour, render, warps
from trackers.training.bank import Patches
from trackers.training.settings import Difficulty

SEARCH_SIZE = 239  # the reference's training size: 15 x 15 scores


@dataclass(frozen=True)
class Pairs:
    """n training pairs.

    Attributes:
        exemplars: (n, 3, 127, 127) float32, 0..255.
        searches: (n, 3, 239, 239).
        offsets: (n, 2), the target's place in the search region, x and y from its centre, in pixels.
        step: which step they are of.
        queries: (n, 3, 239, 239), other search regions of the same targets, with the same distractors, to
            judge by what was learnt on `searches`; None where they were not asked for.
        query_offsets: (n, 2), as `offsets`.
    """

    exemplars: Tensor
    searches: Tensor
    offsets: Tensor
    step: int = 0
    queries: Tensor | None = None
    query_offsets: Tensor | None = None


class Sampler:
    """Draws pairs from patches.

    Args:
        weights: one per clip of the bank: how often it is drawn.
        difficulty: how far pairs are changed.
        seed: the run's.
    """

    def __init__(self, weights: Tensor, difficulty: Difficulty, seed: int) -> None:
        self.weights = weights
        self.difficulty = difficulty
        self.seed = seed

    def pairs(
        self, patches: Patches, step: int, count: int, *, distinct: bool = False, queries: bool = False
    ) -> Pairs:
        """The pairs of a step.

        Args:
            patches: of the present round.
            step: its number.
            count: how many.
            distinct: whether no two may be of the same clip (as far as there are clips).
            queries: whether each pair has a second search region.
        """
        generator = torch.Generator().manual_seed(_mixed(self.seed, step))
        chances = self.weights[patches.clips]
        enough = int((chances > 0).sum()) >= count
        clips = torch.multinomial(chances, count, not (distinct and enough), generator=generator)
        first, second = self._frames(patches, clips, generator)
        others = torch.multinomial(chances, count, True, generator=generator)
        other, _ = self._frames(patches, others, generator)
        same = first == second

        flip = _sign(count, generator)
        exemplars = self._crop(patches, first, same, torch.zeros(count, 2), flip, EXEMPLAR_SIZE, generator)
        grey = (torch.rand(count, generator=generator) < self.difficulty.grey).float()
        exemplars = self._finished(exemplars[:, :3], same, grey, generator)
        chosen = torch.rand(count, generator=generator) < self.difficulty.distractors

        def search(frames: Tensor) -> tuple[Tensor, Tensor]:
            offsets = _uniform((count, 2), self.difficulty.shift, generator)
            crops = self._crop(patches, frames, same, offsets, flip, SEARCH_SIZE, generator)
            crops = self._with_distractors(crops, patches, other, chosen, offsets, generator)
            return self._finished(crops, same, grey, generator), offsets.to(crops.device)

        searches, offsets = search(second)
        if not queries:
            return Pairs(exemplars, searches, offsets, step)
        _, third = self._frames(patches, clips, generator)
        return Pairs(exemplars, searches, offsets, step, *search(third))

    def _frames(self, patches: Patches, clips: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Two patches of each clip, at most `gap` apart, different ones where there are two."""
        count = patches.count[clips]
        first = (torch.rand(len(clips), generator=generator) * count).long()
        reach = self.difficulty.gap
        low, high = (first - reach).clamp(min=0), torch.minimum(first + reach, count - 1)
        # One of high - low others: those from `first` on are counted one further.
        second = low + (torch.rand(len(clips), generator=generator) * (high - low)).long()
        second = torch.where((second >= first) & (high > low), second + 1, second)
        return patches.first[clips] + first, patches.first[clips] + second

    def _crop(
        self,
        patches: Patches,
        index: Tensor,
        same: Tensor,
        shift: Tensor,
        flip: Tensor,
        size: int,
        generator: torch.Generator,
    ) -> Tensor:
        d = self.difficulty
        harder = torch.where(same, d.single, 1.0)
        scale = 1 + harder * _uniform((len(index),), d.scale, generator)
        stretch = 1 + harder * _uniform((len(index),), d.stretch, generator)
        sides = torch.stack([scale * stretch.sqrt(), scale / stretch.sqrt()], 1)
        angle = harder * _uniform((len(index),), math.radians(d.angle), generator)
        warp = warps(shift, sides, angle, flip)
        device = patches.pixels.device
        return render(patches.pixels[index.to(device)], warp.to(device), size)

    def _with_distractors(
        self,
        crops: Tensor,
        patches: Patches,
        other: Tensor,
        chosen: Tensor,
        offsets: Tensor,
        generator: torch.Generator,
    ) -> Tensor:
        """Pastes other objects beside the target into the `chosen` crops."""
        count = len(crops)
        direction = torch.rand(count, generator=generator) * 2 * math.pi
        distance = 56 + 48 * torch.rand(count, generator=generator)
        place = offsets + distance[:, None] * torch.stack([direction.cos(), direction.sin()], 1)
        size = 0.8 + 0.4 * torch.rand(count, generator=generator)
        index = chosen.nonzero()[:, 0]
        result = crops[:, :3]
        if len(index) == 0:
            return result
        warp = warps(
            place[index],
            size[index, None].expand(-1, 2),
            torch.zeros(len(index)),
            torch.ones(len(index)),
        )
        device = crops.device
        objects = render(patches.pixels[other[index].to(device)], warp.to(device), crops.shape[-1])
        on_device = index.to(device)
        # Where the target is stays as it is.
        objects[:, 3] *= 1 - crops[on_device, 3] / 255
        return result.index_copy(0, on_device, paste(result[on_device], objects))

    def _finished(self, crops: Tensor, same: Tensor, grey: Tensor, generator: torch.Generator) -> Tensor:
        d, count, device = self.difficulty, len(crops), crops.device
        harder = torch.where(same, d.single, 1.0)
        gain = 1 + harder[:, None] * _uniform((count, 3), d.colour, generator)
        contrast = 1 + harder * _uniform((count,), d.colour, generator)
        brightness = harder * _uniform((count,), d.brightness, generator)
        one_only = torch.rand(count, generator=generator) < 0.5
        turned = grey * torch.where(one_only, (torch.rand(count, generator=generator) < 0.5).float(), 1.0)
        blurred = (torch.rand(count, generator=generator) < d.blur).nonzero()[:, 0]
        sigma = torch.rand(count, 2, generator=generator) * d.sigma
        if len(blurred):
            index = blurred.to(device)
            crops = crops.index_copy(0, index, blur(crops[index], sigma[blurred].to(device)))
        return recolour(crops, gain.to(device), contrast.to(device), brightness.to(device), turned.to(device))


def _mixed(seed: int, step: int) -> int:
    """One 63-bit number for each seed and step; neighbours have nothing in common."""
    mixed = (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9) % 2**64
    return (mixed ^ (mixed >> 31)) & (2**63 - 1)


def _uniform(shape: tuple[int, ...], reach: float, generator: torch.Generator) -> Tensor:
    return (2 * torch.rand(shape, generator=generator) - 1) * reach


def _sign(count: int, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) < 0.5).float() * 2 - 1
