"""Tests the use of a GPU without one, see `fake_cuda` and `fake_cuda_graphs`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fake_cuda import FakeCuda, OperationMonitor
from fake_cuda_graphs import SharedPool
from small_networks import gradnet_weights, siamfc_weights, video
from torch import Tensor

from trackers.siamese import crops
from trackers.siamese.base import SiameseTracker
from trackers.siamese.frame_upload import upload
from trackers.siamese.gradnet import GradNet
from trackers.siamese.gradnet_base import GradNetBase
from trackers.siamese.gradnet_paper import GradNetPaper
from trackers.siamese.gradnet_released import GradNetReleased
from trackers.siamese.graphs import WARM_UP, GraphCache
from trackers.siamese.siamfc import SiamFC
from trackers.siamese.siamfc_online import SiamFCAverage, SiamFCGradientDescent
from trackers.siamese.update_policy import CURRENT, FIRST, Decision, UpdatePolicy

KINDS: dict[Any, dict[str, Any]] = {
    SiamFC: {},
    SiamFCAverage: {"rate": 0.2},
    SiamFCGradientDescent: {"iterations": 3},
    GradNet: {"interval": 2},
    GradNetReleased: {"interval": 2},
    GradNetPaper: {},
}
UPDATES = 2 * WARM_UP + 6


def made(kind: Any, folder: Path, slots: int, **options: Any) -> Any:
    weights = (gradnet_weights if issubclass(kind, GradNetBase) else siamfc_weights)(folder)
    return kind(weights, slots=slots, **{**KINDS.get(kind, {}), **options})


def watched(tracker: Any, watch: OperationMonitor) -> Any:
    """Tells `watch` when a tracker runs a step."""
    replayed = tracker.call_step

    def seen(step: Callable[..., Tensor], *inputs: Tensor, variant: object = None) -> Tensor:
        def taken(*given: Tensor) -> Tensor:
            with watch.step():
                return step(*given)

        taken.__name__ = step.__name__
        found: Tensor = replayed(taken, *inputs, variant=variant)
        return found

    tracker.call_step = seen
    return tracker


@pytest.fixture
def every_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the released GradNet's policy take every possible decision at some frame."""

    def observe(trust: UpdatePolicy, peak: float, crosses_right_border: bool) -> Decision:
        trust.frame += 1
        frame = trust.frame
        return Decision(
            frame % 5 + 1 if frame % 3 == 0 else None,
            (FIRST, CURRENT, 2)[frame % 3] if frame % 2 else None,
            frame % 4 == 0,
            frame % 6 in (2, 3, 4),
        )

    monkeypatch.setattr(UpdatePolicy, "observe", observe)


def follow(tracker: Any, watch: OperationMonitor, slots: int, decoded_there: bool = False) -> None:
    """Initializes all slots, and updates them often enough to record and replay graphs."""
    numbers = list(range(slots))
    frames: list[Any] = [np.zeros((90 + slot, 120, 3), np.uint8) for slot in numbers]
    if decoded_there:
        frames = [
            torch.zeros(3, *frame.shape[:2], dtype=torch.uint8, device="cuda").permute(1, 2, 0)
            for frame in frames
        ]
    before = [id(one) for one in tracker.state()]
    with watch:
        tracker.init(numbers, frames, np.tile([40.0, 30, 24, 20], (slots, 1)))
        for _ in range(UPDATES):
            watch.cuda.down = 0
            tracker.update(numbers, frames)
            assert watch.cuda.down == 1, "the boxes, at once"
    if before != [id(one) for one in tracker.state()]:
        watch.violations.append("a tensor of the state was replaced: graphs know that of the first call")


@pytest.mark.parametrize("decoded_there", [False, True])
@pytest.mark.parametrize(("slots", "precision"), [(1, "float32"), (3, "bf16"), (6, "float32")])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("every_decision")
def test_steps_neither_mix_devices_nor_wait(
    kind: Any, slots: int, precision: str, decoded_there: bool, cuda: FakeCuda, tmp_path: Path
) -> None:
    watch = OperationMonitor(cuda)
    tracker = watched(made(kind, tmp_path, slots, device="cuda", precision=precision), watch)
    follow(tracker, watch, slots, decoded_there)
    assert watch.violations == []
    assert watch.kernels > 0


def plain_and_replayed(kind: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, int]:
    """Returns boxes of direct steps and of replayed ones, and the number of recordings."""
    # As on a GPU: crops of gathered pixels, and all slots together.
    monkeypatch.setattr(crops, "gathers", lambda device: True)
    monkeypatch.setattr(SiameseTracker, "batch_slices", lambda tracker, count: [slice(0, count)][:count])
    slots, length = 2, 14
    videos = [video(seed, length, 90 + 6 * seed, 120) for seed in range(slots)]
    numbers = list(range(slots))
    boxes = []
    pool = SharedPool()
    for recorded in (False, True):
        tracker = made(kind, folder, slots)
        tracker.graphs = GraphCache(pool, tracker.state) if recorded else None
        tracker.init(
            numbers, [frames[0] for frames, _ in videos], np.array([truth[0] for _, truth in videos])
        )
        boxes.append(
            [tracker.update(numbers, [frames[i] for frames, _ in videos]).copy() for i in range(1, length)]
        )
    return np.array(boxes[0]), np.array(boxes[1]), len(pool.tapes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("every_decision")
def test_graphs_give_the_boxes_of_direct_steps(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, replayed, recordings = plain_and_replayed(kind, tmp_path, monkeypatch)
    np.testing.assert_array_equal(replayed, plain)
    # Of steps, of both variants, and of update steps.
    expected = {SiamFC: 1, SiamFCAverage: 1, SiamFCGradientDescent: 1, GradNetPaper: 2}
    expected |= {GradNet: 2, GradNetReleased: 3}
    assert recordings >= expected[kind]


class Mixing(SiamFC):
    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        return super().step(slots, frames, frame_sizes) + torch.zeros(5)[None]


class Waiting(SiamFC):
    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Any) -> None:
        self.templates[slots[targets.scale > 0]] *= 1


class Asking(SiamFC):
    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Any) -> None:
        if float(targets.scale[0]) > 5:
            self.templates.zero_()


class Building(SiamFC):
    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Any) -> None:
        self.templates *= torch.tensor(1.0)


class Replacing(SiamFC):
    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Any) -> None:
        self.templates = self.templates * 1


class Unpinned(SiamFC):
    def index_tensor(self, values: Any) -> Tensor:
        return torch.tensor(values).to(self.device, non_blocking=True)


class Blocking(SiamFC):
    def index_tensor(self, values: Any) -> Tensor:
        return torch.tensor(values).pin_memory().to(self.device)


class Hasty(SiamFC):
    """Does not wait for its frames, which are copied on another stream."""

    def upload_frames(self, frames: Any) -> Any:
        assert self.uploads is not None
        with torch.cuda.stream(self.uploads._stream):
            return upload(frames, self.device, self.uploads.pinned)


class Forgetful(SiamFC):
    """Waits for its frames, but does not tell the allocator which stream uses them."""

    def upload_frames(self, frames: Any) -> Any:
        found = Hasty.upload_frames(self, frames)  # type: ignore[arg-type]
        torch.cuda.current_stream(self.device).wait_stream(self.uploads._stream)  # type: ignore[union-attr]
        return found


class Fetching(SiamFC):
    def adapt(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor, targets: Any) -> None:
        targets.scale.cpu()


@pytest.mark.parametrize(
    ("kind", "sin"),
    [
        (Mixing, "not on the expected device"),
        (Waiting, "nonzero"),
        (Asking, "meta tensors"),
        (Building, "touches the host within a step"),
        (Replacing, "was replaced"),
        (Unpinned, "its memory is not pinned"),
        (Blocking, "waits: "),
        (Hasty, "does not wait for what another stream makes"),
        (Forgetful, "the allocator may hand out again"),
        (Fetching, "brings values to the host|at once"),
    ],
)
def test_fake_gpu_detects_faulty_uploads(kind: Any, sin: str, cuda: FakeCuda, tmp_path: Path) -> None:
    watch = OperationMonitor(cuda)
    tracker = watched(made(kind, tmp_path, 2, device="cuda"), watch)
    with pytest.raises((AssertionError, RuntimeError), match=sin):
        follow(tracker, watch, 2)
        assert watch.violations == []
        raise AssertionError("nothing was found")


class Counting(SiamFC):
    """Keeps a number on the host that its steps depend on, which a graph does not update."""

    count = 0

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        self.count += 1
        return super().step(slots, frames, frame_sizes) + self.count


class Keeping(SiamFC):
    """Replaces a tensor of its state, while a graph keeps reading the old one."""

    kept: Tensor | None = None

    def step(self, slots: Tensor, frames: Tensor, frame_sizes: Tensor) -> Tensor:
        boxes = super().step(slots, frames, frame_sizes)
        found = boxes if self.kept is None else boxes + self.kept
        self.kept = boxes * 2
        return found


@pytest.mark.parametrize("kind", [Counting, Keeping])
def test_fake_gpu_detects_unrecordable_steps(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, replayed, recordings = plain_and_replayed(kind, tmp_path, monkeypatch)
    assert recordings == 1
    np.testing.assert_array_equal(replayed[:WARM_UP], plain[:WARM_UP])
    assert (replayed[WARM_UP + 1 :] != plain[WARM_UP + 1 :]).any()
