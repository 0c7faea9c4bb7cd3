"""From maps to a box: crops, windows, penalties and the next target."""

from __future__ import annotations

import numpy as np
import pytest

from trackers.external.onnx.description import Description, Input, Network, Search
from trackers.external.onnx.search import (
    Region,
    context_size,
    cosine_window,
    crop,
    network_input,
    next_target,
    probabilities,
    region,
    search_size,
    to_box,
)

NETWORK = Network("z", "x", "score", "box", model="model.onnx")


def described(**search: object) -> Description:
    return Description(NETWORK, Input(template_size=40, search_size=80), Search(**search))  # type: ignore[arg-type]


def test_context_is_geometric_mean_of_padded_sides() -> None:
    target = np.array([50.0, 50.0, 20.0, 40.0])
    assert context_size(target, 0.5) == pytest.approx(np.sqrt((20 + 30) * (40 + 30)))
    assert context_size(target, 0.5, "opencv") == 59
    assert context_size(target + 0.3, 0.5, "opencv", search=True) == pytest.approx(np.sqrt(50.3 * 70.3))


def test_opencv_searches_a_whole_multiple_of_the_template() -> None:
    shape = Input(template_size=127, search_size=255)
    assert search_size(10.0, shape, "opencv") == 20
    assert search_size(10.0, shape, "pysot") == pytest.approx(10 * 255 / 127)


def test_region_is_centered_on_the_target() -> None:
    target = np.array([50.0, 40.0, 10.0, 10.0])
    for rules in ("pysot", "opencv"):
        part = region(target, 20.0, rules)  # type: ignore[arg-type]
        assert part == Region(40, 30, 20)


def test_crop_within_the_frame_is_a_copy_and_beyond_it_the_mean_color() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    np.testing.assert_array_equal(crop(frame, Region(5, 6, 8), 8), frame[6:14, 5:13])
    mean = np.rint(frame.reshape(-1, 3).mean(axis=0))
    corner = crop(frame, Region(-4, -4, 8), 8)
    np.testing.assert_array_equal(corner[4:, 4:], frame[:4, :4])
    np.testing.assert_array_equal(corner[0, 0], mean)
    np.testing.assert_array_equal(crop(frame, Region(900, 900, 8), 4), np.tile(mean, (4, 4, 1)))


def test_channels_and_normalization_follow_the_description() -> None:
    image = np.zeros((4, 4, 3), dtype=np.uint8)
    image[..., 0] = 100
    shape = Input(channels="bgr", mean=(1.0, 2.0, 20.0), std=(1.0, 2.0, 4.0))
    given = network_input(image, shape)
    assert given.shape == (1, 3, 4, 4)
    assert given[0, :, 0, 0].tolist() == [-1, -1, 20]


def test_probabilities_of_each_activation() -> None:
    maps = np.array([[[[0.0]], [[1.0]]]], dtype=np.float32)
    expected = 1 / (1 + np.exp(-1.0))
    assert probabilities(maps, "softmax").item() == pytest.approx(expected)
    assert probabilities(maps, "sigmoid").item() == pytest.approx(expected)
    assert probabilities(maps, "none").item() == 1


def test_opencv_window_is_the_square_root() -> None:
    np.testing.assert_allclose(cosine_window(9, "opencv") ** 2, cosine_window(9))
    assert cosine_window(9)[4, 4] == 1


def maps_with_peak(row: int, column: int, size: float) -> tuple[np.ndarray, np.ndarray]:
    score = np.full((1, 1, 11, 11), -9.0, dtype=np.float32)
    score[0, 0, row, column] = 9
    return score, np.full((1, 4, 11, 11), size, dtype=np.float32)


def test_target_moves_to_the_peak_and_takes_its_size_at_full_rate() -> None:
    target = np.array([100.0, 100.0, 20.0, 20.0])  # context 40: one pixel of the region is one of the frame
    description = described(activation="sigmoid", size_rate=1.0, penalty=0.0, window=0.0)
    found, score = next_target(target, *maps_with_peak(6, 3, 15.0), description, (400, 400))
    assert score > 0.99
    np.testing.assert_allclose(found, [100 - 2 * 8, 108, 30, 30], atol=0.01)
    np.testing.assert_allclose(to_box(found), [69, 93, 30, 30], atol=0.02)


def test_penalty_slows_a_change_of_size() -> None:
    target = np.array([100.0, 100.0, 20.0, 20.0])
    sizes = []
    for penalty in (0.0, 0.5):
        description = described(activation="sigmoid", size_rate=1.0, penalty=penalty, window=0.0)
        found, _ = next_target(target, *maps_with_peak(5, 5, 20.0), description, (400, 400))
        sizes.append(found[2])
    # Twice the size: penalty exp(-0.5 (2 - 1)).
    assert sizes[0] == pytest.approx(40, abs=0.01)
    assert sizes[1] == pytest.approx(20 + 20 * np.exp(-0.5), abs=0.01)


def test_target_stays_in_the_frame_and_finite() -> None:
    target = np.array([5.0, 5.0, 20.0, 20.0])
    description = described(activation="sigmoid", size_rate=1.0, window=0.0)
    found, _ = next_target(target, *maps_with_peak(0, 0, 1.0), description, (60, 50))
    np.testing.assert_array_equal(found, [0, 0, 10, 10])
    score, boxes = maps_with_peak(0, 0, 1.0)
    found, _ = next_target(target, score, np.full_like(boxes, np.nan), description, (60, 50))
    assert np.isfinite(found).all()
