"""Tests of the released tracker's rules, after the specification (3.2) and its authors' code.

`test_update_policy.py` tests which frames are reliable and learned from.
"""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import gradnet_weights, track, video

from trackers.siamese.frame_upload import upload
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.response import cross_correlation, normalize
from trackers.siamese.update_policy import CURRENT, FIRST

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gradnet_weights(tmp_path_factory.mktemp("weights"))


def test_defaults_are_the_released_settings() -> None:
    parameters = inspect.signature(GradNetReleased).parameters.values()
    settings = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert settings == {
        "interval": 5,
        "share": 0.15,
        "update_rate": 0.6,
        "weak_rate": 0.7,
        "trust": 0.5,
        "scale_step": 1.04,
        "scale_penalty": 0.97,
        "scale_rate": 0.59,
        "window_weight": 0.25,
    }


def test_corrected_response_is_mixed_at_middle_scale(weights: Path) -> None:
    frames, truth = video(0, length=3)
    tracker = GradNetReleased(weights)
    track(tracker, frames[:2], truth[0])
    slots = torch.tensor([0])
    pixels, sizes = upload([frames[2]], CPU)
    targets = tracker.targets.at(slots)
    search = tracker.search
    features = tracker.embed(search.regions(pixels, sizes, targets))
    fixed = search.upsample(cross_correlation(features, tracker.fixed))[0]
    penalized = fixed * torch.tensor([0.97, 1.0, 0.97])[:, None, None]
    scale = int(penalized.amax((1, 2)).argmax())
    corrected = search.upsample(cross_correlation(features[:, 1:2], tracker.templates))[0, 0]
    mixed = 0.85 * normalize(penalized[scale]) + 0.15 * normalize(corrected)
    mixed = 0.75 * mixed + 0.25 * search.window
    row, column = divmod(int(mixed.argmax()), 272)
    peak = tracker._search_around(slots, pixels, sizes, targets)
    assert peak.scale.item() == scale
    assert peak.offset[0].tolist() == [column - 135.5, row - 135.5]
    # Scale and score come from SiamFC alone.
    assert peak.score.item() == pytest.approx(penalized[scale].max().item())


@pytest.mark.parametrize(("place", "rate"), [(FIRST, 0.6), (3, 0.6), (CURRENT, 0.7)])
def test_update_moves_the_hidden_feature_by_its_rate(weights: Path, place: int, rate: float) -> None:
    frames, truth = video(0, length=2)
    tracker = GradNetReleased(weights)
    track(tracker, frames, truth[0])
    before = tracker.hidden.clone()
    with torch.no_grad():
        features = tracker.backbone(tracker.crops[:, place])
        corrected = tracker.network.step(before, features, tracker.labels).hidden
        tracker._update_templates([(0, place)])
    torch.testing.assert_close(tracker.hidden, (1 - rate) * before + rate * corrected)


def test_first_frame_is_learned_from_at_once(weights: Path) -> None:
    frames, truth = video(0, length=1)
    learned, untouched = GradNetReleased(weights), GradNetReleased(weights, interval=0)
    for tracker in (learned, untouched):
        tracker.init([0], frames[:1], truth[:1])
    with torch.no_grad():
        untouched._update_templates([(0, FIRST)])
    assert torch.equal(learned.hidden, untouched.hidden)


def test_stored_crops_are_centered_on_found_targets(weights: Path) -> None:
    frames, truth = video(0, length=3)
    tracker = GradNetReleased(weights)
    track(tracker, frames, truth[0])
    pixels, sizes = upload([frames[2]], CPU)
    expected = tracker.search.centered(pixels, sizes, tracker.targets)
    assert torch.equal(tracker.crops[:, CURRENT], expected)
    assert torch.equal(tracker.crops[:, tracker.policies[0].newest], expected)


def test_window_is_skipped_for_one_frame(weights: Path) -> None:
    frames, truth = video(0, length=2)
    tracker = GradNetReleased(weights)
    track(tracker, frames, truth[0])
    assert tracker.window_weights.item() == 0.25
    tracker._next_search(0, skip_window=True, search_center=False)
    assert tracker.window_weights.item() == 0
    tracker.update([0], frames[1:])
    assert tracker.window_weights.item() == 0.25
    assert np.isfinite(tracker.targets.boxes().numpy()).all()
