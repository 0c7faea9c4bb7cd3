import dataclasses

import pytest
import torch
from training_images import write_images

from trackers.training.patch_cache import PatchCache, Patches
from trackers.training.sampling import Sampler
from trackers.training.settings import Difficulty
from trackers.training.sources.folder import read

PLAIN = Difficulty(
    shift=0, scale=0, stretch=0, angle=0, color=0, brightness=0, gray=0, blur=0, distractors=0, single=1
)


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Patches:
    clips = read(write_images(tmp_path_factory.mktemp("images")), print)
    return PatchCache(clips, torch.device("cpu"), 100, 0, print).round(0)


def sampler(patches: Patches, difficulty: Difficulty, seed: int = 0) -> Sampler:
    return Sampler(torch.ones(len(patches.clips)), difficulty, seed)


def test_step_does_not_depend_on_earlier_ones(patches: Patches) -> None:
    first, second = sampler(patches, Difficulty()), sampler(patches, Difficulty())
    for step in range(3):
        first.pairs(patches, step, 4)
    mine, theirs = first.pairs(patches, 3, 4), second.pairs(patches, 3, 4)
    for name in ("exemplars", "searches", "offsets"):
        assert torch.equal(getattr(mine, name), getattr(theirs, name))
    other = sampler(patches, Difficulty(), seed=1).pairs(patches, 3, 4)
    assert not torch.equal(other.offsets, mine.offsets)


def test_unchanged_exemplar_is_the_center_of_the_region(patches: Patches) -> None:
    only_single = Sampler((patches.count == 1).float(), PLAIN, 0)
    pairs = only_single.pairs(patches, 0, 6)
    flat = pairs.searches[:, :, 56:183, 56:183]
    torch.testing.assert_close(pairs.exemplars, flat, atol=0.6, rtol=0)
    assert pairs.offsets.abs().max() == 0


def test_offsets_locate_the_target(patches: Patches) -> None:
    # The targets are bright on dark.
    shifted = Difficulty(**{**vars(PLAIN), "shift": 30.0})
    pairs = sampler(patches, shifted).pairs(patches, 1, 8)
    at = torch.arange(239) - 119.0
    bright = (pairs.searches.mean(1) > 140).float()
    found = torch.stack([(bright.sum(1) @ at), (bright.sum(2) @ at)], 1) / bright.sum((1, 2))[:, None]
    assert (found - pairs.offsets).abs().median() < 2


def test_distinct_pairs_are_of_different_clips(patches: Patches) -> None:
    chosen: list[torch.Tensor] = []

    class Spy(Sampler):
        def _frames(self, patches: Patches, clips: torch.Tensor, regions: int, generator: torch.Generator):
            chosen.append(clips)
            return super()._frames(patches, clips, regions, generator)

    spy = Spy(torch.ones(len(patches.clips)), PLAIN, 0)
    for step in range(20):
        spy.pairs(patches, step, len(patches.clips), distinct=True)
        assert len(chosen[-1].unique()) == len(patches.clips)
    # With more pairs than clips, some are drawn twice.
    spy.pairs(patches, 0, 2 * len(patches.clips), distinct=True)


def test_pairs_of_a_video_are_two_frames_within_the_gap(patches: Patches) -> None:
    videos = patches.count > 1
    near = Sampler(videos.float(), Difficulty(gap=3), 0)
    generator = torch.Generator().manual_seed(0)
    clips = torch.multinomial(videos.float(), 2000, True, generator=generator)
    first, second = near._frames(patches, clips, 1, generator).unbind(1)
    assert (first != second).all()
    assert ((first - second).abs() <= 3).all()
    inside = first - patches.first[clips]
    assert set(inside.tolist()) == set(range(14))


def test_several_regions_follow_each_other_in_time(patches: Patches) -> None:
    videos = patches.count > 1
    near = Sampler(videos.float(), Difficulty(gap=8, spacing=2), 0)
    generator = torch.Generator().manual_seed(0)
    clips = torch.multinomial(videos.float(), 2000, True, generator=generator)
    frames = near._frames(patches, clips, 3, generator) - patches.first[clips, None]
    steps = frames[:, 1:].diff(dim=1)
    assert set(steps.flatten().tolist()) == {-2, -1, 1, 2}
    assert ((steps > 0).all(1) | (steps < 0).all(1)).all()
    assert (frames - frames[:, :1]).abs().max() == 8
    assert set(frames.flatten().tolist()) == set(range(14))


def test_every_region_has_its_own_position(patches: Patches) -> None:
    pairs = sampler(patches, Difficulty()).pairs(patches, 5, 6, regions=3)
    assert pairs.regions.shape == (6, 3, 3, 239, 239)
    assert pairs.places.shape == (6, 3, 2)
    assert pairs.occluded.shape == (6, 3)
    assert torch.equal(pairs.searches, pairs.regions[:, 0])
    assert torch.equal(pairs.offsets, pairs.places[:, 0])
    assert (pairs.regions[:, 0] - pairs.regions[:, 1]).abs().mean((1, 2, 3)).min() > 1


def test_occlusion_covers_the_target_and_is_reported(patches: Patches) -> None:
    half = Difficulty(**{**vars(PLAIN), "occlusion": 0.5})
    changed = sampler(patches, half).pairs(patches, 0, 16, regions=2)
    plain = sampler(patches, PLAIN).pairs(patches, 0, 16, regions=2)
    assert changed.occluded.any()
    assert not changed.occluded.all()
    assert not plain.occluded.any()
    middle = (changed.regions - plain.regions)[:, :, :, 115:124, 115:124].abs().amax((2, 3, 4)) > 1
    assert not (middle & ~changed.occluded).any()


def test_look_alikes_are_clips_of_the_same_class(patches: Patches) -> None:
    generator = torch.Generator().manual_seed(0)
    count = len(patches.clips)
    classed = dataclasses.replace(patches, categories=torch.arange(count) % 2)
    clips = torch.randint(count, (500,), generator=generator)
    sampling = sampler(patches, PLAIN)
    drawn = sampling._others(classed, clips, torch.ones(count), 1.0, generator)
    owners = torch.searchsorted(patches.first, drawn, right=True) - 1
    assert (classed.categories[owners] == classed.categories[clips]).all()
    assert (owners != clips).all()
    # Without known classes, any clip may be drawn.
    unknown = dataclasses.replace(patches, categories=torch.full((count,), -1))
    drawn = sampling._others(unknown, clips, torch.ones(count), 1.0, generator)
    assert len(drawn.unique()) > 1


def test_distractors_are_pasted_beside_the_target(patches: Patches) -> None:
    with_others = Difficulty(**{**vars(PLAIN), "distractors": 1.0})
    changed = sampler(patches, with_others).pairs(patches, 0, 8).searches
    plain = sampler(patches, PLAIN).pairs(patches, 0, 8).searches
    difference = (changed - plain).abs().amax(1) > 1
    assert (difference.flatten(1).sum(1) > 0).all()
    # The center of the target is unchanged.
    assert difference[:, 115:124, 115:124].sum() == 0


def test_values_are_colors(patches: Patches) -> None:
    pairs = sampler(patches, Difficulty(color=0.5, brightness=100)).pairs(patches, 0, 8)
    for crops, size in ((pairs.exemplars, 127), (pairs.searches, 239)):
        assert crops.shape == (8, 3, size, size)
        assert crops.min() >= 0
        assert crops.max() <= 255
