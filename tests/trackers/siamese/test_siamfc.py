import inspect
from dataclasses import asdict, fields
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from small_networks import siamfc_weights, track, video

from trackers.errors import UserError
from trackers.siamese.frame_upload import upload
from trackers.siamese.settings import SearchSettings
from trackers.siamese.siamfc import SiamFC


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return siamfc_weights(tmp_path_factory.mktemp("weights"))


def test_follows_a_moving_patch(weights: Path) -> None:
    tracker = SiamFC(weights)
    for seed in range(3):
        frames, truth = video(seed)
        boxes = track(tracker, frames, truth[0])
        errors = np.abs(boxes[:, :2] + boxes[:, 2:] / 2 - truth[1:, :2] - truth[1:, 2:] / 2)
        assert errors.max() < 5


def test_slots_in_any_order_equal_single_runs(weights: Path) -> None:
    videos = [video(seed, height=80 + 10 * seed, width=140 - 10 * seed) for seed in range(3)]
    alone = [track(SiamFC(weights), frames, truth[0]) for frames, truth in videos]

    tracker = SiamFC(weights, slots=4)
    slots = [3, 0, 2]
    tracker.init(slots[:2], [v[0][0] for v in videos[:2]], np.stack([v[1][0] for v in videos[:2]]))
    found = {slot: [] for slot in slots}
    # The third target starts two frames after the others and ends after them.
    for step in range(1, 8):
        if step == 3:
            tracker.init([2], [videos[2][0][0]], videos[2][1][:1])
        present = [(slot, step - 2 * (slot == 2)) for slot in slots if 0 < step - 2 * (slot == 2) < 6]
        order = present[::-1] if step % 2 else present
        frames = [videos[slots.index(slot)][0][index] for slot, index in order]
        for (slot, _), box in zip(order, tracker.update([s for s, _ in order], frames), strict=True):
            found[slot].append(box)
    for slot, expected in zip(slots, alone, strict=True):
        np.testing.assert_array_equal(found[slot], expected)


def test_batch_equals_single_slots(weights: Path) -> None:
    # On a GPU all slots form one batch; on a CPU the difference is rounding only.
    videos = [video(seed, height=80 + 10 * seed, width=140 - 10 * seed) for seed in range(3)]
    tracker, truth = SiamFC(weights, slots=3), np.stack([boxes[0] for _, boxes in videos])
    tracker.init([0, 1, 2], [frames[0] for frames, _ in videos], truth)
    batch = upload([frames[1] for frames, _ in videos], torch.device("cpu"))
    with torch.inference_mode():
        found = tracker.step(torch.tensor([2, 0, 1]), *(tensor[[2, 0, 1]] for tensor in batch))[:, :4].numpy()
    for slot, (frames, boxes) in enumerate(videos):
        expected = track(SiamFC(weights), frames[:2], boxes[0])[0]
        np.testing.assert_allclose(found[[2, 0, 1].index(slot)], expected, atol=1e-6)


def test_init_resets_a_slot(weights: Path) -> None:
    frames, truth = video(1)
    fresh = track(SiamFC(weights), frames, truth[0])
    used = SiamFC(weights, slots=2)
    track(used, *[video(2)[0], np.array([5.0, 60, 7, 9])], slot=1)
    np.testing.assert_array_equal(track(used, frames, truth[0], slot=1), fresh)


def test_inputs_are_not_modified(weights: Path) -> None:
    frames, truth = video(1)
    for array in (*frames, truth):
        array.flags.writeable = False
    kept = [frame.copy() for frame in frames]
    track(SiamFC(weights), frames, truth[0])
    assert all(np.array_equal(a, b) for a, b in zip(frames, kept, strict=True))


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((1, 1), [0.0, 0, 1, 1]),
        ((50, 40), [10.0, 10, 0.01, 0.01]),
        ((50, 40), [-1e5, -1e5, 3e5, 3e5]),
        ((50, 40), [500.0, -300, 20, 30]),
        ((50, 40), [-3.0, 45, 20, 30]),
        ((50, 40), [1e300, 0, 1e300, 1]),
        ((1, 300), [100.0, 0, 90, 1]),
    ],
)
@pytest.mark.parametrize("gray", [True, False])
def test_odd_targets_and_frames(weights: Path, shape: tuple[int, int], box: list[float], gray: bool) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for _ in range(4)]
    if gray:
        frames = [np.full_like(frame, 77) for frame in frames]
    boxes = track(SiamFC(weights), frames, np.array(box))
    assert np.isfinite(boxes).all()
    assert (boxes[:, 2:] > 0).all()


def test_upload_pads_at_the_bottom_right() -> None:
    frames = [np.full((2, 3, 3), 5, np.uint8), np.full((4, 1, 3), 6, np.uint8)]
    batch, sizes = upload(frames, torch.device("cpu"))
    assert sizes.tolist() == [[3, 2], [1, 4]]
    assert batch.shape == (2, 4, 3, 3)
    assert batch.sum((1, 2, 3)).tolist() == [5 * 18, 6 * 12]
    assert torch.equal(batch[0, :2], torch.from_numpy(frames[0]))


def test_keywords_are_search_settings(weights: Path) -> None:
    parameters = inspect.signature(SiamFC).parameters
    assert {field.name: field.default for field in fields(SearchSettings)}.items() <= {
        name: parameter.default for name, parameter in parameters.items()
    }.items()
    values = dict(zip([field.name for field in fields(SearchSettings)], range(1, 9), strict=True))
    values |= {"scale_step": 1.5, "scale_penalty": 0.5, "scale_rate": 0.1, "scales": 5}
    values |= {"window_weight": 0.3, "scale_min": 0.6}
    assert asdict(SiamFC(weights, **values).search.settings) == values


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"device": "cuda:99"}, "device 'cuda:99'"),
        ({"device": "meta"}, "there is no device 'meta'"),
        ({"slots": 0}, "slots is 0; give 1 or more"),
        ({"width": 1.0}, "not the 96-256-384-384-256 of width=1"),
        ({"scale_step": 0.9}, "scale_step is 0.9; give a number above 1"),
    ],
)
def test_wrong_arguments_are_one_sentence(weights: Path, arguments: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        SiamFC(**{"weights": weights, **arguments})


@pytest.mark.parametrize("box", [[1.0, 2, 0, 5], [1.0, 2, 5, -1], [float("nan"), 2, 5, 5]])
def test_unusable_boxes_are_named(weights: Path, box: list[float]) -> None:
    with pytest.raises(UserError, match="initial box is not usable"):
        SiamFC(weights).init([0], [video(0)[0][0]], np.array([box]))


@pytest.mark.shared
def test_follows_a_real_target(shared: Path) -> None:
    # Crossing: 0.788 with these weights in siamfc-pytorch.
    folder = shared / "datasets" / "otb2015" / "Crossing"
    truth = np.loadtxt(folder / "groundtruth_rect.txt")[:41] - [1, 1, 0, 0]
    files = sorted((folder / "img").glob("*.jpg"))[:41]
    frames = [cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB) for file in files]
    found = track(SiamFC(shared / "weights" / "FDSiamFC" / "FDSiamfc_30.pth"), frames, truth[0])
    low = np.maximum(found[:, :2], truth[1:, :2])
    high = np.minimum((found[:, :2] + found[:, 2:]), (truth[1:, :2] + truth[1:, 2:]))
    inside = np.maximum(high - low, 0).prod(1)
    overlap = inside / (found[:, 2:].prod(1) + truth[1:, 2:].prod(1) - inside)
    assert overlap.mean() > 0.7
    assert overlap.min() > 0.4
