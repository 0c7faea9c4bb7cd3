"""Computations run on the tracker's device with its numerical options, tested on fake GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_cuda import FakeCuda
from jpegs import fake_torchvision, jpeg, picture
from small_networks import gradnet_weights, siamfc_weights

from bench import batch
from trackers.external.toolkits.adapters import make_adapter
from trackers.jpeg import JpegDecoder
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.graphs import WARM_UP
from trackers.siamese.precision import PRECISIONS, numerics
from trackers.siamese.siamfc import SiamFC
from trackers.training.tasks import GradNetTask

FRAME = np.zeros((90, 120, 3), np.uint8)
BOX = np.array([[40.0, 30, 24, 20]])


def process_numerics() -> tuple[bool, bool, bool, bool]:
    """TF32 in convolutions and in matrix products, deterministic algorithms, benchmark."""
    cudnn = torch.backends.cudnn
    return cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, cudnn.deterministic, cudnn.benchmark


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = process_numerics()
    yield
    cudnn = torch.backends.cudnn
    cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32, cudnn.deterministic, cudnn.benchmark = before


@pytest.mark.parametrize("kind", [SiamFC, GradNet, GradNetPaper])
def test_work_happens_on_the_trackers_device(kind: Any, cuda: FakeCuda, tmp_path: Path) -> None:
    weights = (siamfc_weights if kind is SiamFC else gradnet_weights)(tmp_path)
    tracker = kind(weights, device="cuda:1")
    tracker.init([0], [FRAME], BOX)
    for _ in range(WARM_UP + 2):
        tracker.update([0], [FRAME])
    tracker.synchronize()
    assert ("capture", 1) in cuda.notes
    assert ("replay", 1) in cuda.notes
    assert [note for note in cuda.notes if note[1] != 1] == []
    assert torch.cuda.current_device() == 0, "the current device is restored"


def test_memory_is_measured_on_the_trackers_device(cuda: FakeCuda, tmp_path: Path) -> None:
    spec = batch.TrackerSpec("siamfc", "cuda:1", siamfc_weights(tmp_path))
    assert batch.measure(spec, slots=1, steps=1, repetitions=1)["megabytes"] == 1e-6
    assert cuda.devices_of("memory") == {1}


def test_jpeg_decoder_makes_its_device_current(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def decode(input: list[torch.Tensor], mode: object, device: torch.device) -> list[torch.Tensor]:  # noqa: A002
        seen.append(torch.cuda.current_device())
        return [torch.empty(3, 8, 8, dtype=torch.uint8, device=device) for _ in input]

    fake_torchvision(monkeypatch, decode)
    JpegDecoder(torch.device("cuda:1"))([jpeg(picture(8, 8))])
    assert seen == [1, 1]


def test_adapter_synchronizes_only_used_devices(cuda: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> None:
    class Foreign:
        def init(self, image: object, box: object) -> None: ...
        def update(self, image: object) -> list[float]:
            return [1.0, 2, 3, 4]

    tracker = make_adapter(Foreign(), {}, "foreign")
    assert tracker is not None
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda number: number == 1)
    tracker.synchronize()
    assert cuda.devices_of("host waits") == {1}


@pytest.mark.parametrize("kind", [SiamFC, GradNet])
def test_numerics_are_set_and_restored_per_call(kind: Any, cuda: FakeCuda, tmp_path: Path) -> None:
    weights = (siamfc_weights if kind is SiamFC else gradnet_weights)(tmp_path)
    torch.backends.cudnn.benchmark = True
    before = process_numerics()
    trackers = {precision: kind(weights, device="cuda", precision=precision) for precision in PRECISIONS}
    seen: set[tuple[bool, ...]] = set()
    cuda.before["conv2d"] = lambda: seen.add(process_numerics())
    for precision in (*PRECISIONS, *reversed(PRECISIONS)):
        seen.clear()
        trackers[precision].init([0], [FRAME], BOX)
        trackers[precision].update([0], [FRAME])
        tf32 = precision == "tf32"
        # Reproducible: deterministic algorithms, and no benchmark.
        assert seen == {(tf32, tf32, True, False)}
        assert process_numerics() == before


def test_validation_leaves_training_numerics_unchanged(cuda: FakeCuda, tmp_path: Path) -> None:
    task = GradNetTask(siamfc_weights(tmp_path))
    numerics("float32", torch.device("cuda:0")).apply()
    before = process_numerics()
    task.save(tmp_path / "weights.safetensors")
    tracker = task.tracker(tmp_path / "weights.safetensors", "cuda:0")
    assert process_numerics() == before
    tracker.init(FRAME, BOX[0])
    tracker.update(FRAME)
    assert process_numerics() == before == (False, False, True, False)
