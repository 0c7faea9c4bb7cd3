"""The confidence of the Siamese trackers: their peak relative to that of the first updates."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_networks import gradnet_weights, siamfc_weights, video

from trackers.siamese.base import CONFIDENCE_FRAMES
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.siamfc import SiamFC
from trackers.timing import timed_call
from trackers.tracker import OneSlot

KINDS = {SiamFC: siamfc_weights, GradNet: gradnet_weights, GradNetPaper: gradnet_weights}
KINDS[GradNetReleased] = gradnet_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {kind: make(folder) for kind, make in KINDS.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_come_with_a_confidence(weights, kind):
    frames, truth = video(0)
    batch, single = kind(weights[kind]), OneSlot(kind(weights[kind]))
    batch.init([0], frames[:1], truth[:1])
    timed_call(single, frames[0], truth[0])
    for frame in frames[1:4]:
        call = timed_call(single, frame)
        boxes = batch.update([0], [frame])
        assert boxes.shape == (1, 4)
        np.testing.assert_array_equal(call.prediction, boxes[0])
        assert call.confidence >= 0
    assert single.update(frames[4]).shape == (4,)


def test_confidence_is_the_peak_over_the_mean_of_the_first(weights):
    tracker = SiamFC(weights[SiamFC], slots=2)
    targets, slots = tracker.targets.at(torch.tensor([1])), torch.tensor([1])
    peaks = [4.0, 2.0, 3.0, 3.0, 8.0, 2.0, -1.0]
    found = [float(tracker.rows(slots, targets, torch.tensor([peak]))[0, 4]) for peak in peaks]
    means = [np.mean(peaks[: min(count, CONFIDENCE_FRAMES)]) for count in range(1, len(peaks) + 1)]
    expected = [max(peak / mean, 0) for peak, mean in zip(peaks, means, strict=True)]
    assert found == pytest.approx(expected, rel=1e-6)
    assert tracker.peak_counts.tolist() == [0, CONFIDENCE_FRAMES]


def test_without_a_positive_peak_confidence_is_finite(weights):
    tracker = SiamFC(weights[SiamFC])
    slots = torch.tensor([0])
    rows = [tracker.rows(slots, tracker.targets.at(slots), torch.tensor([peak])) for peak in (-1.0, 0.5)]
    assert torch.isfinite(torch.cat(rows)).all()
    assert rows[0][0, 4] == 0


def test_new_target_has_a_new_reference(weights):
    frames, truth = video(0)
    tracker = SiamFC(weights[SiamFC])
    first = []
    for _ in range(2):
        tracker.init([0], frames[:1], truth[:1])
        first.append(tracker.begin([0], frames[1:2])()[0, 4])
        tracker.update([0], frames[2:3])
    assert first == [1.0, 1.0]
