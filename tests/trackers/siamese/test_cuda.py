"""SiamFC on a GPU against SiamFC on the CPU. Run by tools/gpu_jobs.py; skipped where there is no GPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.datasets.demo import Demo
from trackers.siamese.backbone import Embedding, scaled_widths
from trackers.siamese.base import upload
from trackers.siamese.checkpoint import write
from trackers.siamese.siamfc import SiamFC

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no NVIDIA GPU"),
]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., SiamFC]:
    """SiamFC with random weights: its peaks are weak, so boxes are compared over one step only."""
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    network = Embedding(scaled_widths(0.3))
    path = tmp_path / "random.safetensors"
    write(path, {f"backbone.{name}": value for name, value in network.state_dict().items()}, "siamfc")
    return lambda **options: SiamFC(path, **options)


def test_crops_and_features_are_the_cpus(make: Callable[..., SiamFC]) -> None:
    sequence = Demo()["easy"]
    frame, box = sequence.open_frames()[0], sequence.truth[:1]
    found = []
    for device in ("cpu", "cuda"):
        tracker = make(device=device)
        with torch.inference_mode():
            pixels, sizes = upload([frame], tracker.device)
            targets = tracker.search.start(pixels, sizes, torch.from_numpy(box).to(tracker.device))
            regions = tracker.search.regions(pixels, sizes, targets)[0]
            found.append((regions.cpu(), tracker.network(regions).cpu()))
    torch.testing.assert_close(found[1][0], found[0][0], rtol=0, atol=0.01)
    scale = found[0][1].abs().max()
    torch.testing.assert_close(found[1][1] / scale, found[0][1] / scale, rtol=0, atol=1e-4)


def test_a_batch_of_slots_gives_each_its_own_boxes(make: Callable[..., SiamFC]) -> None:
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
        # The same peak, or a neighbour of the same height: a cell is half a pixel of the search region.
        assert np.abs(box - together[slot]).max() < 1.0


def test_the_clock_waits_for_the_device(make: Callable[..., SiamFC]) -> None:
    tracker = make(device="cuda")
    start, end = (torch.cuda.Event() for _ in range(2))
    start.record()
    torch.cuda._sleep(200_000_000)
    end.record()
    assert not end.query()
    tracker.synchronize()
    assert end.query()
