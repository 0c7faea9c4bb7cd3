"""Compares trackers on a GPU with the CPU; skipped without a GPU. tools/gpu_jobs.py runs it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.datasets.demo import Demo
from benchmarks.geometry.overlap import iou
from trackers.siamese.backbone import Embedding, scaled_widths
from trackers.siamese.checkpoint import write
from trackers.siamese.frame_upload import upload
from trackers.siamese.gradnet import GradNet, GradNetLite
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.siamfc import SiamFC, SiamFCLite
from trackers.siamese.siamfc_online import SiamFCGradientDescent
from trackers.siamese.weights import bundled_weights
from trackers.tracker import Boxes, Frame

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no NVIDIA GPU"),
]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., SiamFC]:
    """SiamFC with random weights: its peaks are weak, so boxes are compared over one step only."""
    torch.manual_seed(0)
    network = Embedding(scaled_widths(0.3))
    path = tmp_path / "random.safetensors"
    write(path, {f"backbone.{name}": value for name, value in network.state_dict().items()}, "siamfc")
    return lambda **options: SiamFC(path, **options)


def test_crops_and_features_equal_the_cpus(make: Callable[..., SiamFC]) -> None:
    sequence = Demo()["easy"]
    frame, box = sequence.open_frames()[0], sequence.truth[:1]
    found = []
    for device in ("cpu", "cuda"):
        tracker = make(device=device)
        with torch.inference_mode(), tracker.device_context():
            pixels, sizes = upload([frame], tracker.device)
            targets = tracker.search.start(pixels, sizes, torch.from_numpy(box).to(tracker.device))
            regions = tracker.search.regions(pixels, sizes, targets)[0]
            found.append((regions.cpu(), tracker.network(regions).cpu()))
    torch.testing.assert_close(found[1][0], found[0][0], rtol=0, atol=0.01)
    scale = found[0][1].abs().max()
    torch.testing.assert_close(found[1][1] / scale, found[0][1] / scale, rtol=0, atol=1e-4)


def test_batched_slots_get_their_own_boxes(make: Callable[..., SiamFC]) -> None:
    names = ("easy", "scale", "rotation", "clutter")
    sequences = [Demo()[name] for name in names]
    frames = [[s.open_frames()[i] for s in sequences] for i in range(2)]
    truth = np.concatenate([s.truth[:1] for s in sequences])
    batch = make(device="cuda", slots=4)
    batch.init(range(4), frames[0], truth)
    together = batch.update(range(4), frames[1])
    for slot in range(4):
        alone = make(device="cuda")
        alone.init([0], [frames[0][slot]], truth[slot : slot + 1])
        box = alone.update([0], [frames[1][slot]])[0]
        # The same peak, or an equally high neighbor: a cell is half a pixel of the search region.
        assert np.abs(box - together[slot]).max() < 1.0


def test_timing_waits_for_the_device(make: Callable[..., SiamFC]) -> None:
    tracker = make(device="cuda")
    start, end = (torch.cuda.Event() for _ in range(2))
    start.record()
    torch.cuda._sleep(200_000_000)
    end.record()
    assert not end.query()
    tracker.synchronize()
    assert end.query()


LITE = {
    SiamFCLite: "siamfc-lite",
    SiamFCGradientDescent: "siamfc-lite",
    GradNetLite: "gradnet-lite",
    GradNetPaper: "gradnet-lite",
    GradNetReleased: "gradnet-lite",
}


def followed(kind: Any, frames: list[Frame], box: Boxes, graphs: bool = True, **options: Any) -> Boxes:
    tracker = kind(bundled_weights(LITE.get(kind, "gradnet")), **options)
    if not graphs:
        tracker.graphs = None
    tracker.init([0], [frames[0]], box[None])
    return np.concatenate([tracker.update([0], [frame]) for frame in frames[1:]])


@pytest.mark.parametrize("kind", LITE)
def test_cuda_graphs_give_the_boxes_of_direct_steps(kind: Any) -> None:
    sequence = Demo()["scale"]
    frames = [sequence.open_frames()[i] for i in range(40)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a failed recording warns
        recorded = followed(kind, frames, sequence.truth[0], device="cuda")
    plain = followed(kind, frames, sequence.truth[0], graphs=False, device="cuda")
    np.testing.assert_allclose(recorded, plain, atol=1e-3)


@pytest.mark.parametrize("kind", LITE)
def test_boxes_nearly_equal_the_cpus(kind: Any) -> None:
    sequence = Demo()["easy"]
    frames = [sequence.open_frames()[i] for i in range(20)]
    on_cpu, on_gpu = (followed(kind, frames, sequence.truth[0], device=d) for d in ("cpu", "cuda"))
    assert iou(on_cpu, on_gpu).mean() > 0.95


@pytest.mark.parametrize("precision", ["tf32", "bf16"])
def test_reduced_precision_hardly_changes_boxes(precision: str) -> None:
    sequence = Demo()["easy"]
    frames = [sequence.open_frames()[i] for i in range(20)]
    exact = followed(SiamFCLite, frames, sequence.truth[0], device="cuda")
    rough = followed(SiamFCLite, frames, sequence.truth[0], device="cuda", precision=precision)
    assert iou(exact, rough).mean() > 0.9


def test_batch_updates_equal_single_slots() -> None:
    sequences = [Demo()[name] for name in ("easy", "scale", "rotation", "clutter", "easy", "scale")]
    frames = [[sequence.open_frames()[i] for sequence in sequences] for i in range(12)]
    tracker = GradNet(bundled_weights("gradnet-lite"), device="cuda", slots=6)
    numbers = list(range(6))
    tracker.init(numbers, frames[0], np.array([sequence.truth[0] for sequence in sequences]))
    together = np.array([tracker.update(numbers, row) for row in frames[1:]])
    for slot, sequence in enumerate(sequences[:4]):
        alone = followed(GradNetLite, [row[slot] for row in frames], sequence.truth[0], device="cuda")
        assert iou(together[:, slot], alone).mean() > 0.95
    np.testing.assert_allclose(together[:, 0], together[:, 4], atol=1e-2)


@pytest.mark.parametrize("kind", [SiamFCLite, GradNetLite, GradNetPaper])
@pytest.mark.parametrize("slots", [2, 6])
def test_overlapped_updates_give_the_same_boxes(kind: Any, slots: int) -> None:
    names = ("easy", "scale", "rotation", "clutter", "easy", "scale")[:slots]
    sequences = [Demo()[name] for name in names]
    frames = [[sequence.open_frames()[i] for sequence in sequences] for i in range(20)]
    boxes = np.array([sequence.truth[0] for sequence in sequences])
    numbers = list(range(slots))

    waiting = kind(bundled_weights(LITE[kind]), device="cuda", slots=slots)
    waiting.init(numbers, frames[0], boxes)
    expected = [waiting.update(numbers, row) for row in frames[1:]]

    tracker = kind(bundled_weights(LITE[kind]), device="cuda", slots=slots)
    for shape in {frame.shape for frame in frames[0]}:
        tracker.reserve(shape, 4 * slots)

    def placed(frame: Frame) -> Frame:
        place = tracker.place(frame.shape)
        if place is None:  # all are in flight
            return frame
        place[:] = frame
        return place

    tracker.init(numbers, [placed(frame) for frame in frames[0]], boxes)
    waits: list[Callable[[], Boxes]] = []
    found = []
    for row in frames[1:]:
        waits.append(tracker.begin(numbers, [placed(frame) for frame in row]))
        if len(waits) > 1:
            found.append(waits.pop(0)()[:, :4])
    found.append(waits.pop()()[:, :4])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="torch sees one NVIDIA GPU alone")
def test_second_gpu_gives_the_same_boxes() -> None:
    sequence = Demo()["easy"]
    frames = [sequence.open_frames()[i] for i in range(20)]
    first, second = (
        followed(SiamFCLite, frames, sequence.truth[0], device=device) for device in ("cuda:0", "cuda:1")
    )
    np.testing.assert_allclose(first, second, atol=1e-3)
