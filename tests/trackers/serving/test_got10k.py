"""Our trackers as trackers of got10k."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.datasets import open_dataset

pytest.importorskip("got10k")


def test_got10k_runs_our_tracker(tmp_path: Path) -> None:
    from got10k.trackers import Tracker

    from trackers.serving.got10k import Got10kTracker

    sequence = open_dataset("demo", None)["easy"]
    frames = sequence.open_frames()
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(frames[number]).save(paths[-1])
    tracker = Got10kTracker("ncc", reach=0.5)
    assert isinstance(tracker, Tracker)
    assert (tracker.name, tracker.is_deterministic) == ("ncc", True)
    boxes, times = tracker.track(paths, sequence.truth[0] + np.array([1, 1, 0, 0]))
    assert (times > 0).all()
    assert np.abs(boxes - np.array([1, 1, 0, 0]) - sequence.truth[:5]).max() < 6

    tracker.tracker.init(frames[0], sequence.truth[0])
    np.testing.assert_array_equal(tracker.tracker.update(frames[1]), boxes[1] - np.array([1, 1, 0, 0]))


def test_gray_images_and_existing_tracker() -> None:
    from trackers.serving.got10k import Got10kTracker
    from trackers.still import Still

    tracker = Got10kTracker(Still(), name="mine", first_pixel=0)
    gray = Image.new("L", (8, 6), 7)
    tracker.init(gray, [1, 2, 3, 4])
    np.testing.assert_array_equal(tracker.update(gray), [1, 2, 3, 4])
    assert tracker.name == "mine"
