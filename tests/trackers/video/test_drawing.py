"""Drawing of boxes, polygons and text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackers.regions import box_corners
from trackers.video.drawing import (
    TRUTH_COLOR,
    draw_pixels,
    draw_region,
    draw_text,
    line_width,
    paste,
    resized,
    rgb,
    text_image,
)

BLUE = rgb("#0072B2")


def canvas(height: int = 60, width: int = 80) -> np.ndarray:
    return np.full((height, width, 3), 128, dtype=np.uint8)


def test_box_is_drawn_on_its_border():
    image = canvas()
    draw_region(image, np.array([10.0, 20, 30, 16]), BLUE, 2)
    # A line two pixels wide around x = 10 covers the pixels 9 and 10; around x = 40, 39 and 40.
    for column in (9, 10, 39, 40):
        assert tuple(image[28, column]) == BLUE
    for row in (19, 20, 35, 36):
        assert tuple(image[row, 25]) == BLUE
    assert (image[28, 14:36] == 128).all()
    assert (image[28, :6] == 128).all()


@given(st.floats(12, 30), st.floats(12, 20), st.floats(8, 30), st.floats(8, 20), st.integers(1, 4))
def test_drawing_is_centered_on_the_box(x, y, w, h, width):
    image = canvas()
    draw_region(image, np.array([x, y, w, h]), BLUE, width)
    weight = np.abs(image.astype(float) - 128).sum(axis=2)
    center = [
        (weight.sum(axis=axis) * (np.arange(weight.shape[1 - axis]) + 0.5)).sum() / weight.sum()
        for axis in (0, 1)
    ]
    assert center == pytest.approx([x + w / 2, y + h / 2], abs=0.35)


@given(st.lists(st.floats(), min_size=4, max_size=4) | st.lists(st.floats(), min_size=8, max_size=8))
@example([0.0, 1e308, 1.0, 1e308])
def test_extreme_numbers_can_be_drawn(numbers):
    image = canvas()
    draw_region(image, np.array(numbers), BLUE)
    draw_pixels(image, np.array(numbers[:4]), BLUE)
    if not np.isfinite(numbers[:4]).all() or (len(numbers) == 4 and min(numbers[2:]) <= 0):
        assert (image == 128).all()


def test_polygon_is_drawn_along_its_sides():
    corners = np.array([[20.5, 10.5], [60.5, 20.5], [50.5, 50.5], [15.5, 40.5]])
    image = canvas()
    draw_region(image, corners.ravel(), BLUE, 2)
    share = np.linspace(0, 1, 200)[:, None]
    sides = np.concatenate(
        [a + share * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)]
    )
    on_sides = image[tuple(np.floor(sides).astype(int).T[::-1])].astype(int)
    assert np.abs(on_sides - BLUE).max() < 40
    rows, columns = (image != 128).any(axis=2).nonzero()
    drawn = np.stack([columns, rows], axis=1) + 0.5
    assert np.linalg.norm(drawn[:, None] - sides, axis=2).min(axis=1).max() < 4.2


def test_draw_pixels_uses_whole_pixels():
    image = canvas(12, 12)
    draw_pixels(image, np.array([3.2, 4.4, 5.0, 3.0]), BLUE)
    expected = np.full((12, 12), False)
    expected[4:7, 3:8] = True
    expected[5, 4:7] = False
    assert ((image == BLUE).all(axis=2) == expected).all()


def test_box_and_its_corners_look_alike():
    box = np.array([10.25, 12.5, 30, 20])
    one, other = canvas(), canvas()
    draw_region(one, box, BLUE)
    draw_region(other, box_corners(box), BLUE)
    assert (one == other).all()


@pytest.mark.parametrize(("color", "edge"), [((0, 0, 0), (255, 255, 255)), (TRUTH_COLOR, (0, 0, 0))])
def test_edge_contrasts_with_line(color, edge):
    image = canvas()
    draw_region(image, np.array([10.0, 20, 30, 16]), color, 2)
    assert tuple(image[28, 10]) == color
    assert np.abs(image[28, 12].astype(int) - edge).max() < 60


def test_line_width_grows_with_image():
    assert [line_width(canvas(rows)) for rows in (60, 600, 1080)] == [2, 2, 4]


def test_text_image_depends_on_text():
    assert text_image("mm", 12, TRUTH_COLOR, BLUE).shape[1] > text_image("m", 12, TRUTH_COLOR, BLUE).shape[1]
    assert text_image("a", 12, TRUTH_COLOR, BLUE).shape[0] == text_image("Ž", 12, TRUTH_COLOR, BLUE).shape[0]
    assert not np.array_equal(text_image("ö", 20, TRUTH_COLOR, BLUE), text_image("o", 20, TRUTH_COLOR, BLUE))


@given(st.text(max_size=30))
def test_any_text_can_be_drawn(text):
    image = canvas()
    width = draw_text(image, text, 3, 4, 12)
    assert width >= 1


@pytest.mark.parametrize(("x", "y"), [(-3, -2), (75, 55), (200, 10), (10, -40), (0, 0)])
def test_paste_clips_to_image(x, y):
    image, patch = canvas(), np.arange(10 * 12 * 3, dtype=np.uint8).reshape(10, 12, 3)
    paste(image, patch, x, y)
    room = np.full((160, 300, 3), 128, dtype=np.uint8)
    room[50 + y : 60 + y, 50 + x : 62 + x] = patch
    assert (image == room[50:110, 50:130]).all()


def test_resized_keeps_mean_and_copies():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert resized(image, 40, 30).shape == (30, 40, 3)
    assert resized(image, 40, 30).mean() == pytest.approx(image.mean(), abs=1)
    same = resized(image, 80, 60)
    assert (same == image).all()
    assert not np.shares_memory(same, image)
