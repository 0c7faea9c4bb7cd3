from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_networks import gradnet_weights, siamfc_weights, track, video

from benchmarks.cli.main import main
from benchmarks.geometry.overlap import iou
from trackers.errors import UserError
from trackers.siamese.gradnet import GradNet
from trackers.siamese.siamfc import SiamFC


@pytest.mark.parametrize("kind", [SiamFC, GradNet])
def test_bf16_hardly_changes_boxes(kind: Any, tmp_path: Path) -> None:
    file = (siamfc_weights if kind is SiamFC else gradnet_weights)(tmp_path)
    frames, truth = video(3)
    exact, rough = (track(kind(file, precision=p), frames, truth[0]) for p in ("float32", "bf16"))
    assert iou(exact, rough).min() > 0.9


def test_bf16_hardly_changes_features(tmp_path: Path) -> None:
    file, crops = siamfc_weights(tmp_path), torch.rand(1, 3, 127, 127) * 255
    exact, rough = (SiamFC(file, precision=p).network(crops) for p in ("float32", "bf16"))
    difference = (exact - rough).norm() / exact.norm()
    assert 1e-4 < difference < 2e-2


@pytest.mark.parametrize(
    ("precision", "sentence"),
    [("tf32", "tf32 is for NVIDIA GPUs"), ("fp8", "there is no precision 'fp8'; give float32, tf32, bf16")],
)
def test_unsupported_precision_is_refused(precision: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        SiamFC(siamfc_weights(tmp_path), precision=precision)


def test_precision_is_recorded_with_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "--tracker", "siamfc", "--weights", str(siamfc_weights(tmp_path)), "--dataset", "demo"]
    words += ["--sequences", "easy", "--device", "cpu", "--results", str(tmp_path / "results")]
    assert main([*words, "--precision", "bf16"]) == 0
    assert main(words) == 2
    assert "holds results made with other settings" in capsys.readouterr().err
    assert main(["run", "--tracker", "ncc", "--dataset", "demo", "--precision", "bf16"]) == 2
    assert "tracker 'ncc' has no setting 'precision'" in capsys.readouterr().err
