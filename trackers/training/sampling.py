"""Draws the pairs of each training step, and augments them.

All random numbers come from a CPU generator seeded with the run's seed and the step's number, so that a run
resumed at step n sees the same pairs as an uninterrupted one, on any device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from trackers.siamese.search import EXEMPLAR_SIZE
from trackers.training.augment import affine_maps, blur, paste, recolor, render
from trackers.training.patch_cache import Patches
from trackers.training.settings import Difficulty

TRAINING_SEARCH_SIZE = 239  # of the reference implementation: 15 x 15 scores


@dataclass(frozen=True)
class Pairs:
    """n targets, each with an exemplar and m search regions of other frames.

    Attributes:
        exemplars: (n, 3, 127, 127) float32, 0..255.
        regions: (n, m, 3, 239, 239), ordered in time, not of the exemplar's frame.
        places: (n, m, 2), the target's position in each region, x and y from its center, in pixels.
        occluded: (n, m) bool, whether another object was pasted over the target.
        step: number of the training step.
    """

    exemplars: Tensor
    regions: Tensor
    places: Tensor
    occluded: Tensor
    step: int = 0

    @property
    def searches(self) -> Tensor:
        """The first search regions, (n, 3, 239, 239)."""
        return self.regions[:, 0]

    @property
    def offsets(self) -> Tensor:
        """The targets' positions in the first search regions, (n, 2)."""
        return self.places[:, 0]


class Sampler:
    """Draws pairs from patches.

    Args:
        weights: sampling weight of each clip of the cache.
        difficulty: strength of the augmentation.
        seed: of the run.
    """

    def __init__(self, weights: Tensor, difficulty: Difficulty, seed: int) -> None:
        self.weights = weights
        self.difficulty = difficulty
        self.seed = seed

    def pairs(
        self, patches: Patches, step: int, count: int, *, distinct: bool = False, regions: int = 1
    ) -> Pairs:
        """Draws the pairs of a step.

        Args:
            patches: of the current round.
            step: its number.
            count: number of pairs.
            distinct: whether all must be of different clips, if there are enough clips.
            regions: search regions per target; all show the same distractor, at different positions.
        """
        generator = torch.Generator().manual_seed(_mix(self.seed, step))
        d = self.difficulty
        chances = self.weights[patches.clips]
        enough = int((chances > 0).sum()) >= count
        clips = torch.multinomial(chances, count, not (distinct and enough), generator=generator)
        frames = self._frames(patches, clips, regions, generator)
        other = self._others(patches, clips, chances, d.look_alikes, generator)
        cover = self._others(patches, clips, chances, 0.0, generator)

        flip = _sign(count, generator)
        first = frames[:, 0]
        # A clip of a single image has only one frame.
        single = first == frames[:, 1]
        exemplars = self._crop(patches, first, single, torch.zeros(count, 2), flip, EXEMPLAR_SIZE, generator)
        gray = (torch.rand(count, generator=generator) < d.gray).float()
        exemplars = self._recolor_and_blur(exemplars[:, :3], single, gray, generator)
        distracted = torch.rand(count, generator=generator) < d.distractors
        searched, places, occluded = [], [], []
        for index in frames[:, 1:].unbind(1):
            same = index == first
            place = _uniform((count, 2), d.shift, generator)
            hidden = torch.rand(count, generator=generator) < d.occlusion
            crops = self._crop(patches, index, same, place, flip, TRAINING_SEARCH_SIZE, generator)
            crops = self._add_distractors(crops, patches, other, distracted, place, generator)
            crops = self._add_occlusion(crops, patches, cover, hidden, place, generator)
            searched.append(self._recolor_and_blur(crops, same, gray, generator))
            places.append(place)
            occluded.append(hidden)
        device = exemplars.device
        return Pairs(
            exemplars,
            torch.stack(searched, 1),
            torch.stack(places, 1).to(device),
            torch.stack(occluded, 1).to(device),
            step,
        )

    def _others(
        self,
        patches: Patches,
        clips: Tensor,
        chances: Tensor,
        look_alikes: float,
        generator: torch.Generator,
    ) -> Tensor:
        """Draws a patch of another object for each of `clips`, a share of them of the same known class."""
        count = len(clips)
        chosen = torch.multinomial(chances, count, True, generator=generator)
        if look_alikes:
            alike = patches.categories[None] == patches.categories[clips, None]
            alike &= (patches.categories >= 0) & (torch.arange(len(chances)) != clips[:, None])
            weights = alike * chances
            some = (weights.sum(1) > 0) & (torch.rand(count, generator=generator) < look_alikes)
            drawn = torch.multinomial(torch.where(some[:, None], weights, chances), 1, generator=generator)
            chosen = torch.where(some, drawn[:, 0], chosen)
        place = (torch.rand(count, generator=generator) * patches.count[chosen]).long()
        return patches.first[chosen] + place

    def _frames(self, patches: Patches, clips: Tensor, regions: int, generator: torch.Generator) -> Tensor:
        """Draws patches of each clip for an exemplar and `regions` regions, (n, 1 + regions).

        All lie within `gap` frames of the exemplar. A single region is of another frame than the exemplar,
        if there is one. Several go forward or backward in time, by 1 to `spacing` frames each.
        """
        count = patches.count[clips]
        first = (torch.rand(len(clips), generator=generator) * count).long()
        reach = self.difficulty.gap
        if regions == 1:
            low, high = (first - reach).clamp(min=0), torch.minimum(first + reach, count - 1)
            # One of the high - low others: skip `first`.
            second = low + (torch.rand(len(clips), generator=generator) * (high - low)).long()
            second = torch.where((second >= first) & (high > low), second + 1, second)
            chosen = torch.stack([first, second], 1)
        else:
            steps = torch.rand(len(clips), regions - 1, generator=generator) * self.difficulty.spacing
            offsets = torch.cat([torch.zeros(len(clips), 1), (steps.long() + 1).cumsum(1)], 1).long()
            offsets = torch.minimum(offsets, count[:, None] - 1)
            backward = torch.rand(len(clips), 1, generator=generator) < 0.5
            offsets = torch.where(backward, offsets[:, -1:] - offsets, offsets)
            room = count - offsets.amax(1)
            start = (torch.rand(len(clips), generator=generator) * room).long()
            chosen = start[:, None] + offsets
            first = torch.minimum(torch.maximum(first, chosen.amax(1) - reach), chosen.amin(1) + reach)
            chosen = torch.cat([first[:, None], chosen], 1)
        return patches.first[clips][:, None] + chosen

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
        warp = affine_maps(shift, sides, angle, flip)
        device = patches.pixels.device
        return render(patches.pixels[index.to(device)], warp.to(device), size)

    def _add_distractors(
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
        # The target itself stays visible.
        return _paste_objects(crops[:, :3], patches, other, chosen, place, size, protected=crops[:, 3:])

    def _add_occlusion(
        self,
        crops: Tensor,
        patches: Patches,
        cover: Tensor,
        hidden: Tensor,
        places: Tensor,
        generator: torch.Generator,
    ) -> Tensor:
        """Pastes other objects over most of the target into the `hidden` crops."""
        count = len(crops)
        aside = _uniform((count, 2), 10.0, generator)
        size = 0.9 + 0.6 * torch.rand(count, generator=generator)
        return _paste_objects(crops, patches, cover, hidden, places + aside, size)

    def _recolor_and_blur(
        self, crops: Tensor, same: Tensor, gray: Tensor, generator: torch.Generator
    ) -> Tensor:
        d, count, device = self.difficulty, len(crops), crops.device
        harder = torch.where(same, d.single, 1.0)
        gain = 1 + harder[:, None] * _uniform((count, 3), d.color, generator)
        contrast = 1 + harder * _uniform((count,), d.color, generator)
        brightness = harder * _uniform((count,), d.brightness, generator)
        one_image = torch.rand(count, generator=generator) < 0.5
        turned = gray * torch.where(one_image, (torch.rand(count, generator=generator) < 0.5).float(), 1.0)
        blurred = (torch.rand(count, generator=generator) < d.blur).nonzero()[:, 0]
        sigma = torch.rand(count, 2, generator=generator) * d.sigma
        if len(blurred):
            index = blurred.to(device)
            crops = crops.index_copy(0, index, blur(crops[index], sigma[blurred].to(device)))
        return recolor(crops, gain.to(device), contrast.to(device), brightness.to(device), turned.to(device))


def _paste_objects(
    crops: Tensor,
    patches: Patches,
    objects: Tensor,
    chosen: Tensor,
    places: Tensor,
    sizes: Tensor,
    protected: Tensor | None = None,
) -> Tensor:
    """Pastes an object into each of the `chosen` crops.

    Args:
        crops: (n, 3, s, s).
        patches: source of the objects.
        objects: (n,), index of each object's patch.
        chosen: (n,) bool.
        places: (n, 2), x and y of the objects from the crops' centers, in pixels.
        sizes: (n,), factors on the objects' sizes.
        protected: (n, 1, s, s), 255 where nothing may be pasted.
    """
    index = chosen.nonzero()[:, 0]
    if len(index) == 0:
        return crops
    count = len(index)
    scale = sizes[index, None].expand(-1, 2)
    warp = affine_maps(places[index], scale, torch.zeros(count), torch.ones(count))
    device = crops.device
    pasted = render(patches.pixels[objects[index].to(device)], warp.to(device), crops.shape[-1])
    on_device = index.to(device)
    if protected is not None:
        pasted[:, 3:] *= 1 - protected[on_device] / 255
    return crops.index_copy(0, on_device, paste(crops[on_device], pasted))


def _mix(seed: int, step: int) -> int:
    """Hashes a seed and a step to a 63-bit number; neighbors are unrelated."""
    mixed = (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9) % 2**64
    return (mixed ^ (mixed >> 31)) & (2**63 - 1)


def _uniform(shape: tuple[int, ...], reach: float, generator: torch.Generator) -> Tensor:
    return (2 * torch.rand(shape, generator=generator) - 1) * reach


def _sign(count: int, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) < 0.5).float() * 2 - 1
