from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_networks import gradnet_weights, siamfc_weights, track, video

from trackers.errors import UserError
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.siamfc_online import SiamFCAverage

ALL = pytest.mark.parametrize("tracker", [GradNet, GradNetReleased, GradNetPaper])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gradnet_weights(tmp_path_factory.mktemp("weights"))


@ALL
def test_follows_a_moving_patch(weights: Path, tracker: type) -> None:
    for seed in range(3):
        frames, truth = video(seed, length=8)
        boxes = track(tracker(weights), frames, truth[0])
        errors = np.abs(boxes[:, :2] + boxes[:, 2:] / 2 - truth[1:, :2] - truth[1:, 2:] / 2)
        assert errors.max() < 6


@ALL
def test_eight_slots_equal_eight_runs(weights: Path, tracker: type) -> None:
    videos = [video(seed, length=12, height=80 + 5 * seed, width=150 - 5 * seed) for seed in range(8)]
    alone = [track(tracker(weights), frames, truth[0]) for frames, truth in videos]
    together = tracker(weights, slots=8)
    order = [3, 1, 7, 0, 2, 6, 5, 4]
    together.init(order, [videos[s][0][0] for s in order], np.stack([videos[s][1][0] for s in order]))
    found = np.empty((8, 11, 4))
    for step in range(1, 12):
        order = order[1:] + order[:1]
        found[order, step - 1] = together.update(order, [videos[s][0][step] for s in order])
    np.testing.assert_array_equal(found, alone)


@ALL
def test_batch_equals_single_slots(weights: Path, tracker: type, monkeypatch: pytest.MonkeyPatch) -> None:
    # On a GPU all slots form one batch; on a CPU the difference is rounding only.
    videos = [video(seed, length=5) for seed in range(3)]
    alone = [tracker(weights) for _ in videos]
    for one, (frames, truth) in zip(alone, videos, strict=True):
        track(one, frames[:3], truth[0])
    together = tracker(weights, slots=3)
    monkeypatch.setattr(together, "batch_slices", lambda count: [slice(0, count)] if count else [])
    together.init([0, 1, 2], [v[0][0] for v in videos], np.stack([v[1][0] for v in videos]))
    for step in (1, 2):
        together.update([0, 1, 2], [v[0][step] for v in videos])
    for slot, one in enumerate(alone):
        torch.testing.assert_close(together.hidden[slot], one.hidden[0], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(together.templates[slot], one.templates[0], rtol=1e-3, atol=1e-5)


@ALL
def test_runs_repeat_and_leave_no_state(weights: Path, tracker: type) -> None:
    frames, truth = video(1, length=14)
    fresh = track(tracker(weights), frames, truth[0])
    used = tracker(weights, slots=2)
    track(used, video(2, length=14)[0], np.array([5.0, 60, 7, 9]), slot=1)
    np.testing.assert_array_equal(track(used, frames, truth[0], slot=1), fresh)
    np.testing.assert_array_equal(track(used, frames, truth[0], slot=1), fresh)


@ALL
def test_interval_zero_never_updates_the_template(weights: Path, tracker: type) -> None:
    frames, truth = video(0)
    updating, still = tracker(weights), tracker(weights, interval=0)
    for one in (updating, still):
        track(one, frames, truth[0])
    assert not torch.equal(updating.templates, still.templates)
    kept = still.templates.clone()
    track(still, frames, truth[0])
    assert torch.equal(still.templates, kept)


def test_zero_share_equals_siamfc(tmp_path: Path, weights: Path) -> None:
    # Only SiamFC is left, with the same search settings, while the target is not lost.
    frames, truth = video(0)
    settings = {"scale_step": 1.04, "scale_penalty": 0.97, "window_weight": 0.25}
    expected = track(SiamFC(siamfc_weights(tmp_path), **settings), frames, truth[0])
    for tracker in (
        GradNet(weights, share=0.0, average=0.0, **settings),
        GradNetReleased(weights, share=0.0, **settings),
    ):
        np.testing.assert_allclose(track(tracker, frames, truth[0]), expected, atol=1e-6)


def test_zero_share_with_an_average_equals_siamfc_avg(tmp_path: Path, weights: Path) -> None:
    frames, truth = video(0, length=8)
    averaging = SiamFCAverage(siamfc_weights(tmp_path), rate=0.2)
    averaging.search = GradNet(weights).search  # the same search settings
    expected = track(averaging, frames, truth[0])
    found = track(GradNet(weights, share=0.0, average=0.2, trust=0.0), frames, truth[0])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_average_leaves_out_frames_with_low_peaks(weights: Path) -> None:
    frames, truth = video(0, length=8)
    tracker = GradNet(weights, average=0.1)
    track(tracker, frames[:6], truth[0])
    before = tracker.siamfc_templates.clone()
    tracker.early_peak.fill_(1e9)
    tracker.update([0], [frames[6]])
    assert torch.equal(tracker.siamfc_templates, before)
    tracker.early_peak.fill_(-1e9)
    tracker.update([0], [frames[7]])
    assert not torch.equal(tracker.siamfc_templates, before)


@ALL
def test_odd_targets_and_frames(weights: Path, tracker: type) -> None:
    frames = [np.full((50, 40, 3), 77, np.uint8)] * 12
    for box in ([10.0, 10, 0.01, 0.01], [-1e5, -1e5, 3e5, 3e5], [500.0, -300, 20, 30]):
        boxes = track(tracker(weights), frames, np.array(box))
        assert np.isfinite(boxes).all()
        assert (boxes[:, 2:] > 0).all()


def test_gradnet_learns_from_the_latest_trusted_frame(weights: Path) -> None:
    frames, truth = video(0, length=9)
    tracker = GradNet(weights, sharpness=0.0)
    track(tracker, frames[:6], truth[0])

    def learned_from(frame: int) -> bool:
        before = tracker.features.clone()
        tracker.update([0], [frames[frame]])
        return not torch.equal(tracker.features, before)

    assert learned_from(6)
    tracker.early_peak.fill_(1e9)  # the peak is far below the first ones
    assert not learned_from(7)
    tracker.early_peak.fill_(-1e9)
    tracker.settings = replace(tracker.settings, sharpness=1e9)  # no response is that sharp
    assert not learned_from(8)


def test_gradnet_always_corrects_the_first_feature(weights: Path) -> None:
    frames, truth = video(0, length=6)
    tracker = GradNet(weights, interval=1)
    track(tracker, frames, truth[0])
    first = tracker.first_hidden
    expected = tracker.network.step(first, tracker.features, tracker.labels).hidden
    torch.testing.assert_close(tracker.hidden, expected)


def test_first_rate_scales_the_first_update(weights: Path) -> None:
    frames, truth = video(0, length=1)
    tracker = GradNet(weights, first_rate=0.3)
    tracker.init([0], frames, truth[:1])
    first = tracker.first_hidden
    corrected = tracker.network.step(first, tracker.features, tracker.labels).hidden
    torch.testing.assert_close(tracker.hidden, 0.7 * first + 0.3 * corrected)


def test_lost_target_is_searched_in_the_center(weights: Path) -> None:
    frames, truth = video(0, length=8)
    tracker = GradNetReleased(weights)
    track(tracker, frames[:7], truth[0])
    # As if the box had left at the right; the patch is near the center.
    tracker.targets.center[0] = torch.tensor([400.0, 20.0])
    tracker._next_search(0, False, True)
    x, y, w, h = tracker.update([0], [frames[7]])[0]
    assert abs(x + w / 2 - 60) < 40
    assert abs(y + h / 2 - 45) < 40
    assert not tracker.lost


@pytest.mark.parametrize(
    ("tracker", "setting", "sentence"),
    [
        (GradNet, {"interval": -1}, "interval is -1; give 1 or more frames"),
        (GradNetPaper, {"interval": -1}, "interval is -1; give 1 or more frames"),
        (GradNet, {"share": 1.5}, "share is 1.5; give a number from 0 to 1"),
        (GradNet, {"trust": -1.0}, "trust is -1.0; give a number from 0 to 1"),
        (GradNet, {"sharpness": float("nan")}, "sharpness is nan; give a number of 0 or more"),
        (GradNetReleased, {"update_rate": -0.1}, "update_rate is -0.1"),
        (GradNetPaper, {"trust": 2.0}, "trust is 2.0"),
        (GradNet, {"window_weight": 3.0}, "window_weight is 3.0"),
    ],
)
def test_settings_out_of_range(weights: Path, tracker: type, setting: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        tracker(weights, **setting)
