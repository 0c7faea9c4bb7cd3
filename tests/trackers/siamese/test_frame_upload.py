from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_cuda import FakeCuda, OperationMonitor
from small_networks import gradnet_weights, siamfc_weights, video

from trackers.siamese.frame_upload import PinnedFramePool, upload
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.siamfc_online import SiamFCAverage
from trackers.tracker import Frame

SHAPE = (90, 120, 3)


def pinned(cuda: FakeCuda, count: int) -> PinnedFramePool:
    found = PinnedFramePool()
    found.reserve(SHAPE, count)
    return found


def test_buffer_is_reused_when_released(cuda: FakeCuda) -> None:
    memory = pinned(cuda, 2)
    first, second = memory.place(SHAPE), memory.place(SHAPE)
    assert first is not None
    assert second is not None
    assert first in memory
    assert not np.shares_memory(first, second)
    assert memory.place(SHAPE) is None, "none is free"
    address = first.ctypes.data
    del first
    third = memory.place(SHAPE)
    assert third is not None
    assert third.ctypes.data == address


def test_buffers_are_pinned_once_per_size(cuda: FakeCuda) -> None:
    memory = pinned(cuda, 2)
    memory.reserve(SHAPE, 2)
    memory.reserve((120, 90, 3), 2)
    assert len(cuda.pinned) == 2
    assert memory.place((90, 121, 3)) is None
    turned = memory.place((120, 90, 3))
    assert turned is not None
    assert turned.shape == (120, 90, 3)
    memory.reserve(SHAPE, 2)
    assert len(cuda.pinned) == 3, "one more, in place of the one that is lent"
    assert np.zeros(SHAPE, np.uint8) not in memory


def placed(tracker: SiamFC, count: int) -> list[Frame]:
    tracker.reserve(SHAPE, count)
    frames = [tracker.place(SHAPE) for _ in range(count)]
    assert all(frame is not None for frame in frames)
    for frame in frames:
        frame[:] = 0  # type: ignore[index]
    return frames  # type: ignore[return-value]


def test_pinned_frames_are_uploaded_without_a_copy(cuda: FakeCuda, tmp_path: Path) -> None:
    tracker = SiamFC(siamfc_weights(tmp_path), device="cuda", slots=3)
    frames = placed(tracker, 3)
    before = len(cuda.pinned)
    watch = OperationMonitor(cuda)
    with watch:
        tracker.init([0, 1, 2], frames, np.tile([40.0, 30, 24, 20], (3, 1)))
        tracker.update([0, 1, 2], frames)
    assert watch.violations == []
    shapes = [tuple(tensor.shape) for tensor in list(cuda.pinned.values())[before:]]
    assert not any(len(shape) > 2 for shape in shapes), "boxes, sizes and numbers, and no frames"


@pytest.mark.parametrize("kind", [SiamFC, SiamFCAverage, GradNet, GradNetPaper])
def test_update_begins_before_the_last_boxes_arrive(kind: Any, cuda: FakeCuda, tmp_path: Path) -> None:
    weights = (siamfc_weights if issubclass(kind, SiamFC) else gradnet_weights)(tmp_path)
    tracker = kind(weights, device="cuda", slots=2)
    frames = placed(tracker, 2)
    tracker.init([0, 1], frames, np.tile([40.0, 30, 24, 20], (2, 1)))
    cuda.notes.clear()
    waits = [tracker.begin([0, 1], frames) for _ in range(2)]
    assert cuda.devices_of("host waits") == set()
    for count, wait in enumerate(waits, 1):
        assert wait().shape == (2, 5), "boxes and confidences"
        assert [said for said, _ in cuda.notes].count("host waits") == count


def test_buffer_in_flight_is_not_reused(cuda: FakeCuda, tmp_path: Path) -> None:
    tracker = SiamFC(siamfc_weights(tmp_path), device="cuda")
    boxes = np.array([[40.0, 30, 24, 20]])
    cuda.idle = False
    tracker.init([0], placed(tracker, 1), boxes)
    assert tracker.place(SHAPE) is None
    cuda.idle = True
    tracker.update([0], [np.zeros(SHAPE, np.uint8)])
    assert tracker.place(SHAPE) is not None


def test_pinned_frames_are_padded_alike(monkeypatch: pytest.MonkeyPatch, cuda: FakeCuda) -> None:
    memory = pinned(cuda, 1)
    (frame,), _ = video(0, 1)
    place = memory.place(SHAPE)
    assert place is not None
    place[:] = frame
    cpu = torch.device("cpu")
    for found, expected in zip(upload([place], cpu, memory), upload([frame], cpu), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_cpu_uses_no_pinned_memory(tmp_path: Path) -> None:
    tracker = SiamFC(siamfc_weights(tmp_path))
    tracker.reserve(SHAPE, 2)
    assert tracker.place(SHAPE) is None
