import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from fake_cuda import FakeCuda
from PIL import Image
from training_images import write_images

from trackers.errors import UserError
from trackers.training.patch_cache import PATCH_SIZE, PatchCache, cut_patch
from trackers.training.sources.folder import read

CPU = torch.device("cpu")


def test_patch_is_centered_at_exemplar_scale() -> None:
    pixels = np.full((200, 300, 3), 10, np.uint8)
    pixels[60:100, 100:180] = 250  # y, x
    patch, size = cut_patch(Image.fromarray(pixels), np.array([100.0, 60, 80, 40]))
    side = np.sqrt((80 + 60) * (40 + 60))
    np.testing.assert_allclose(size, np.array([80, 40]) * 127 / side)
    rows, columns = np.nonzero(patch[0] > 130)
    middle = (PATCH_SIZE - 1) / 2
    assert (rows.mean(), columns.mean()) == pytest.approx((middle, middle), abs=0.6)
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == pytest.approx(tuple(size), abs=1.5)
    # The mask covers the same pixels.
    assert ((patch[3] > 0) != (patch[0] > 130)).mean() < 0.01


def test_patch_has_mean_border_and_no_aliasing() -> None:
    checks = np.kron(np.indices((500, 500)).sum(0) % 2, np.ones((2, 2))) * 254
    image = Image.fromarray(np.repeat(checks[..., None], 3, 2).astype(np.uint8))
    patch, _ = cut_patch(image, np.array([100.0, 100, 800, 800]))
    assert patch[0].min() >= 100
    assert patch[0].max() <= 154


def test_outlines_make_the_mask() -> None:
    image = Image.fromarray(np.zeros((100, 100, 3), np.uint8))
    triangle = np.array([[30.0, 30], [70, 30], [30, 70]])
    whole, size = cut_patch(image, np.array([30.0, 30, 40, 40]))
    part, _ = cut_patch(image, np.array([30.0, 30, 40, 40]), [triangle])
    assert (whole[3] > 0).sum() == pytest.approx(size.prod(), rel=0.03)
    assert (part[3] > 0).sum() == pytest.approx(size.prod() / 2, rel=0.08)


def test_everything_is_cached_if_it_fits(tmp_path: Path) -> None:
    clips = read(write_images(tmp_path), print)
    bank = PatchCache(clips, CPU, 100, 0, print)
    patches = bank.round(7)
    assert patches.pixels.shape == (32, 4, PATCH_SIZE, PATCH_SIZE)
    assert patches.count.tolist() == [len(clip.files) for clip in clips]
    assert patches.first.tolist() == [0, *patches.count.cumsum(0)[:-1].tolist()]
    assert patches is bank.round(8)


def test_rounds_depend_only_on_seed_and_number(tmp_path: Path) -> None:
    clips = read(write_images(tmp_path), print)

    def bank(seed: int) -> PatchCache:
        return PatchCache(clips, CPU, 9, seed, print, frames_per_clip=4)

    straight = bank(0)
    rounds = [straight.round(number) for number in range(4)]
    assert all(len(r.pixels) <= 9 for r in rounds)
    later = bank(0).round(3)
    assert torch.equal(later.pixels, rounds[3].pixels)
    assert torch.equal(later.clips, rounds[3].clips)
    assert any(not torch.equal(bank(1).round(n).clips, rounds[n].clips) for n in range(4))


def test_damaged_images_are_reported_and_skipped(tmp_path: Path) -> None:
    clips = read(write_images(tmp_path), print)
    (tmp_path / "json" / "a" / "003.png").write_bytes(b"not an image")
    (tmp_path / "json" / "a" / "004.png").unlink()
    whole = (tmp_path / "alone" / "d0.png").read_bytes()
    (tmp_path / "alone" / "d0.png").write_bytes(whole[: len(whole) // 2])
    said: list[str] = []
    patches = PatchCache(clips, CPU, 100, 0, said.append).round(0)
    assert len(patches.pixels) == 29
    assert len(said) == 3
    assert any("d0.png cannot be read" in sentence for sentence in said)
    # A clip without readable images is not sampled.
    assert len(patches.clips) == len(clips) - 1


def test_no_readable_image_is_an_error(tmp_path: Path) -> None:
    clips = [c for c in read(write_images(tmp_path), print) if c.name.startswith("alone")]
    for clip in clips:
        clip.files[0].write_bytes(b"")
    with pytest.raises(UserError, match="none of the training images can be read"):
        PatchCache(clips, CPU, 100, 0, lambda sentence: None).round(0)


def test_one_round_is_on_device_and_threads_stay_off(cuda: FakeCuda, tmp_path: Path) -> None:
    # The fake device only allows tensors of this thread.
    bank = PatchCache(
        read(write_images(tmp_path), print), torch.device("cuda:0"), 9, 0, print, frames_per_clip=4
    )
    first = weakref.ref(bank.round(0).pixels)
    assert bank.round(0).pixels is first()
    alive = []
    cuda.before["to"] = lambda: alive.append(first() is not None)
    assert bank.round(1).pixels.device.type == "meta"
    assert alive == [False]
