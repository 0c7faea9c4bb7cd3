from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.datasets.demo import Demo
from benchmarks.geometry.overlap import iou
from trackers.catalog import TRACKERS, TrackerSpec
from trackers.errors import UserError
from trackers.siamese import weights
from trackers.siamese.checkpoint import load_embedding, load_gradnet
from trackers.siamese.weights import bundled_weights

WIDTH = {
    f"{name}{suffix}": width
    for name in ("siamfc", "gradnet", "gradnet-paper")
    for suffix, width in (("", 1.0), ("-lite", 0.3))
}


@pytest.mark.parametrize("name", WIDTH)
def test_bundled_weights_are_intact_and_small(name: str) -> None:
    load = load_gradnet if name.startswith("gradnet") else load_embedding
    load(bundled_weights(name), WIDTH[name])
    assert bundled_weights(name).stat().st_size < 12e6


@pytest.mark.parametrize(
    ("siamfc", "gradnet"),
    [
        ("siamfc", "gradnet"),
        ("siamfc-lite", "gradnet-lite"),
        ("siamfc", "gradnet-paper"),
        ("siamfc-lite", "gradnet-paper-lite"),
    ],
)
def test_gradnet_shares_siamfcs_embedding(siamfc: str, gradnet: str) -> None:
    mine, theirs = load_embedding(bundled_weights(siamfc)), load_gradnet(bundled_weights(gradnet)).backbone
    for name, value in mine.state_dict().items():
        if value.dim():
            torch.testing.assert_close(theirs.state_dict()[name], value)


@pytest.mark.parametrize(
    "name",
    [
        "siamfc",
        "siamfc-lite",
        "siamfc-gd",
        "siamfc-avg",
        "gradnet",
        "gradnet-lite",
        "gradnet-paper",
        "gradnet-paper-lite",
    ],
)
def test_trackers_follow_the_demo_with_bundled_weights(name: str) -> None:
    sequence = Demo()["easy"]
    frames = sequence.open_frames()
    spec = TrackerSpec(name, device="cpu")
    tracker = spec.build()
    tracker.init(frames[0], sequence.truth[0])
    boxes = np.array([tracker.update(frames[index]) for index in range(1, 9)])
    assert iou(boxes, sequence.truth[1:9]).min() > 0.5
    # The identity recorded with a run.
    assert spec.weights_file() == TRACKERS.load(name).default_weights()


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(UserError, match="lacks the weights of siamfc; give --weights FILE"):
        TrackerSpec("siamfc").build()
