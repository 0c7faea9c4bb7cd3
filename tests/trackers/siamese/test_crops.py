from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from trackers.siamese import crops
from trackers.siamese.crops import context_side, crop, mean_color
from trackers.siamese.frame_upload import upload
from trackers.tracker import Frame


@pytest.fixture(scope="module", params=[False, True], ids=["sampled", "gathered"], autouse=True)
def _form(request: pytest.FixtureRequest) -> Iterator[None]:
    """Runs a test with both implementations, the CPU's and the GPU's."""
    before, crops.gathers = crops.gathers, lambda device: request.param
    yield
    crops.gathers = before


RNG = np.random.default_rng(7)
FILL = np.array([11.0, 120.0, 200.0], dtype=np.float32)


def cropped(frames: list[Frame], centers: list[list[float]], sides: list[list[float]], size: int):
    pixels, sizes = upload(frames, torch.device("cpu"))
    fill = torch.from_numpy(np.tile(FILL, (len(frames), 1)))
    args = torch.tensor(centers, dtype=torch.float64), torch.tensor(sides, dtype=torch.float64)
    return crop(pixels, sizes, *args, size, fill)


def square_by_opencv(frame: Frame, center: list[float], side: float, size: int) -> NDArray[np.float32]:
    """Pads the frame, cuts the square out and resizes it, with OpenCV in float32."""
    side_, far = max(round(side), 1), 400
    left, top = (int(np.round(c - side_ / 2)) for c in center)
    padded = cv2.copyMakeBorder(
        frame.astype(np.float32), far, far, far, far, cv2.BORDER_CONSTANT, value=FILL.tolist()
    )
    square = padded[top + far : top + far + side_, left + far : left + far + side_]
    return cv2.resize(square, (size, size), interpolation=cv2.INTER_LINEAR)


@settings(deadline=None, max_examples=80)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    x=st.floats(-90, 150),
    y=st.floats(-90, 150),
    side=st.floats(0.2, 200),
    size=st.sampled_from([17, 32, 127]),
)
def test_crops_equal_opencv(height: int, width: int, x: float, y: float, side: float, size: int) -> None:
    frame = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    found = cropped([frame], [[x, y]], [[side]], size)[0, 0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, square_by_opencv(frame, [x, y], side, size), atol=0.02)


def test_crop_at_full_size_is_the_image() -> None:
    frame = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    found = cropped([frame], [[15.0, 9.0]], [[10.0]], 10)[0, 0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(found, frame[4:14, 10:20], atol=1e-3)


def test_square_far_outside_is_filled() -> None:
    frame = np.zeros((4, 4, 3), dtype=np.uint8)
    found = cropped([frame], [[1e12, -1e12]], [[50.0]], 8)[0, 0]
    assert torch.equal(found, torch.from_numpy(FILL)[:, None, None].expand(3, 8, 8))


@pytest.mark.parametrize("slots", [2, 3])
def test_slots_and_scales_are_independent(slots: int) -> None:
    shapes = [(40, 30), (25, 60), (1, 1)]
    frames = [RNG.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
    centers, sides = [[14.0, 20.0], [55.0, 3.0], [0.5, 0.5]], [[20.0, 30.0], [21.0, 9.0], [5.0, 70.0]]
    together = cropped(frames[:slots], centers[:slots], sides[:slots], 16)
    for slot in range(slots):
        for scale in range(2):
            alone = cropped([frames[slot]], [centers[slot]], [[sides[slot][scale]]], 16)[0, 0]
            np.testing.assert_allclose(together[slot, scale], alone, atol=0.01)


@given(x=st.floats(-30, 90), y=st.floats(-30, 70), side=st.floats(0.5, 120), size=st.integers(1, 20))
def test_distant_pixels_have_no_influence(x: float, y: float, side: float, size: int) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    # A batch uses whole frames, a single frame only the part within reach.
    together = cropped([frame, frame], [[x, y], [x, y]], [[side], [side]], size)[0]
    alone = cropped([frame], [[x, y]], [[side]], size)[0]
    np.testing.assert_allclose(together, alone, atol=0.01)


def test_mean_color_is_per_frame() -> None:
    frames = [RNG.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in [(40, 30), (25, 60)]]
    found = mean_color(*upload(frames, torch.device("cpu"))).numpy()
    np.testing.assert_array_equal(found, [np.rint(frame.mean((0, 1))) for frame in frames])


def test_context_side() -> None:
    # w = 60, h = 20: p = 40, so sqrt(100 x 60).
    assert context_side(torch.tensor([60.0, 20.0], dtype=torch.float64), 0.5) == pytest.approx(6000**0.5)
    many = torch.tensor([[[60.0, 20.0]], [[4.0, 4.0]]], dtype=torch.float64)
    assert context_side(many, 0.5).tolist() == [[pytest.approx(6000**0.5)], [pytest.approx(8)]]
    assert torch.isfinite(context_side(torch.tensor([1e300, 1e300], dtype=torch.float64), 0.5))
