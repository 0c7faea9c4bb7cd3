from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import siamfc_weights, track, video

from trackers.errors import UserError
from trackers.siamese.response import balanced_logistic_loss, binary_labels, cross_correlation
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.siamfc_online import SiamFCAverage, SiamFCGradientDescent


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return siamfc_weights(tmp_path_factory.mktemp("weights"))


@pytest.mark.parametrize("tracker", [SiamFCGradientDescent, SiamFCAverage])
def test_rate_zero_is_siamfc(weights: Path, tracker: type) -> None:
    frames, truth = video(0)
    np.testing.assert_array_equal(
        track(tracker(weights, rate=0.0), frames, truth[0]), track(SiamFC(weights), frames, truth[0])
    )


@pytest.mark.parametrize("tracker", [SiamFCGradientDescent, SiamFCAverage])
def test_slots_are_independent_and_reset_by_init(weights: Path, tracker: type) -> None:
    videos = [video(seed, height=80 + 10 * seed) for seed in range(2)]
    alone = [track(tracker(weights), frames, truth[0]) for frames, truth in videos]
    both = tracker(weights, slots=2)
    both.init([0, 1], [v[0][1] for v in videos], np.stack([v[1][1] for v in videos]))
    both.update([0, 1], [v[0][2] for v in videos])
    both.init([0, 1], [v[0][0] for v in videos], np.stack([v[1][0] for v in videos]))
    found = [both.update([1, 0], [videos[1][0][i], videos[0][0][i]])[::-1] for i in range(1, 6)]
    np.testing.assert_array_equal(np.swapaxes(found, 0, 1), alone)


def test_descent_lowers_the_loss_at_the_target(weights: Path) -> None:
    frames, truth = video(1)
    tracker = SiamFCGradientDescent(weights, rate=1e-3, iterations=20)
    tracker.init([0], [frames[0]], truth[:1])
    before = tracker.templates.clone()
    tracker.update([0], [frames[1]])
    pixels = torch.from_numpy(frames[1])[None]
    sizes = torch.tensor([frames[1].shape[1::-1]], dtype=torch.float64)
    features = tracker.network(tracker.search.centered(pixels, sizes, tracker.targets))[:, None]
    labels = binary_labels(torch.zeros(1, 2), 17, 8)
    losses = [
        balanced_logistic_loss(cross_correlation(features, templates)[:, 0], labels).item()
        for templates in (before, tracker.templates)
    ]
    assert losses[1] < losses[0]


def test_average_moves_by_its_rate(weights: Path) -> None:
    frames, truth = video(1)
    first, half, last = (SiamFCAverage(weights, rate=rate) for rate in (0.0, 0.5, 1.0))
    for tracker in (first, half, last):
        tracker.init([0], [frames[0]], truth[:1])
        tracker.update([0], [frames[1]])
    torch.testing.assert_close(half.templates, (first.templates + last.templates) / 2)
    assert not torch.equal(last.templates, first.templates)


@pytest.mark.parametrize(
    ("tracker", "setting", "sentence"),
    [
        (
            SiamFCGradientDescent,
            {"iterations": -1},
            "iterations is -1 and rate 3e-06; give numbers of 0 or more",
        ),
        (SiamFCGradientDescent, {"rate": float("nan")}, "rate nan"),
        (SiamFCAverage, {"rate": 1.5}, "rate is 1.5; give a number from 0 to 1"),
    ],
)
def test_settings_out_of_range(weights: Path, tracker: type, setting: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        tracker(weights, **setting)
