import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trackers.training.augment import affine_maps, blur, paste, recolor, render
from trackers.training.patch_cache import PATCH_SIZE


def patch_with_a_dot(x: float, y: float) -> torch.Tensor:
    """Returns a gray patch with a bright spot at x, y from its center."""
    patch = torch.full((1, 4, PATCH_SIZE, PATCH_SIZE), 50, dtype=torch.uint8)
    patch[:, 3] = 0
    middle = PATCH_SIZE // 2
    patch[
        :, :3, middle + round(y) - 1 : middle + round(y) + 2, middle + round(x) - 1 : middle + round(x) + 2
    ] = 250
    return patch


def brightest(crop: torch.Tensor) -> tuple[float, float]:
    """Returns x and y of the bright spot from the crop's center."""
    size = crop.shape[-1]
    weight = (crop[0, 0] - 60).clamp(min=0)
    at = torch.arange(size) - (size - 1) / 2
    return (weight.sum(0) @ at / weight.sum()).item(), (weight.sum(1) @ at / weight.sum()).item()


@given(
    shift=st.tuples(st.floats(-30, 30), st.floats(-30, 30)),
    scale=st.tuples(st.floats(0.8, 1.25), st.floats(0.8, 1.25)),
    angle=st.floats(-0.5, 0.5),
    flip=st.sampled_from([1.0, -1.0]),
    spot=st.tuples(st.integers(-30, 30), st.integers(-30, 30)),
)
def test_spot_lands_at_its_target(
    shift: tuple[float, float],
    scale: tuple[float, float],
    angle: float,
    flip: float,
    spot: tuple[int, int],
) -> None:
    warp = affine_maps(
        torch.tensor([shift]), torch.tensor([scale]), torch.tensor([angle]), torch.tensor([flip])
    )
    x, y = spot[0] * scale[0] * flip, spot[1] * scale[1]
    expected = (
        x * math.cos(angle) - y * math.sin(angle) + shift[0],
        x * math.sin(angle) + y * math.cos(angle) + shift[1],
    )
    found = brightest(render(patch_with_a_dot(*spot), warp, 239))
    assert found == pytest.approx(expected, abs=0.3)


def test_identity_warp_is_the_center_of_the_patch() -> None:
    generator = torch.Generator().manual_seed(0)
    patch = torch.randint(0, 256, (1, 4, PATCH_SIZE, PATCH_SIZE), dtype=torch.uint8, generator=generator)
    warp = affine_maps(torch.zeros(1, 2), torch.ones(1, 2), torch.zeros(1), torch.ones(1))
    margin = (PATCH_SIZE - 127) // 2
    expected = patch[:, :, margin : margin + 127, margin : margin + 127].float()
    torch.testing.assert_close(render(patch, warp, 127), expected, atol=0.05, rtol=0)


def test_outside_has_mean_color_and_no_object() -> None:
    patch = torch.full((1, 4, PATCH_SIZE, PATCH_SIZE), 200, dtype=torch.uint8)
    warp = affine_maps(torch.tensor([[500.0, 0]]), torch.ones(1, 2), torch.zeros(1), torch.ones(1))
    crop = render(patch, warp, 127)
    assert crop[:, :3].mean() == pytest.approx(200)
    assert crop[:, 3].abs().max() == 0


def test_paste_covers_only_the_object() -> None:
    ground, objects = torch.zeros(1, 3, 4, 4), torch.full((1, 4, 4, 4), 100.0)
    objects[:, 3] = 0
    objects[:, 3, 1, 2] = 255
    expected = torch.zeros(1, 3, 4, 4)
    expected[:, :, 1, 2] = 100
    assert torch.equal(paste(ground, objects), expected)


def test_recolor() -> None:
    generator = torch.Generator().manual_seed(0)
    crops = 50 + 100 * torch.rand(2, 3, 8, 8, generator=generator)
    one, none = torch.ones(2), torch.zeros(2)
    same = recolor(crops, torch.ones(2, 3), one, none, none)
    torch.testing.assert_close(same, crops)
    gray = recolor(crops, torch.ones(2, 3), one, none, torch.tensor([1.0, 0]))
    assert torch.equal(gray[0, 0], gray[0, 2])
    torch.testing.assert_close(gray[1], crops[1])
    bright = recolor(crops, torch.ones(2, 3), one, torch.tensor([20.0, 500]), none)
    torch.testing.assert_close(bright[0], crops[0] + 20)
    assert bright[1].min() == 255


def test_blur_equals_scipy() -> None:
    from scipy.ndimage import gaussian_filter

    crops = torch.rand(2, 3, 40, 50, generator=torch.Generator().manual_seed(0)) * 255
    sigma = torch.tensor([[1.5, 0.7], [0.0, 0.0]])
    blurred = blur(crops, sigma)
    expected = [gaussian_filter(c.numpy(), (0.7, 1.5), mode="nearest", radius=6) for c in crops[0]]
    np.testing.assert_allclose(blurred[0], expected, rtol=1e-4)
    torch.testing.assert_close(blurred[1], crops[1])
