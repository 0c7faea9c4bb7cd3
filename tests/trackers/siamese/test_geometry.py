"""Invariances of a Siamese tracker's geometry: to position, size and mirroring."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trackers.siamese.crops import context_side, crop
from trackers.siamese.frame_upload import upload
from trackers.siamese.response import Peak
from trackers.siamese.search import Search, Targets
from trackers.siamese.settings import SearchSettings

CPU = torch.device("cpu")
SEARCH = Search(SearchSettings(), CPU)

sizes = st.tuples(*[st.floats(1e-2, 1e4)] * 2)
eighths = st.integers(-(2**13), 2**13).map(lambda k: k / 8)
boxes = st.tuples(eighths, eighths, *[st.integers(8, 2**11).map(lambda k: k / 8)] * 2)
offsets = st.tuples(*[st.integers(-135, 135).map(float)] * 2)


def targets(box: tuple[float, ...]) -> Targets:
    return Targets.from_boxes(torch.tensor([box], dtype=torch.float64), torch.zeros(1, 3))


def moved(box: tuple[float, ...], scale: int, offset: tuple[float, float]) -> torch.Tensor:
    peak = Peak(torch.tensor([scale]), torch.tensor([offset], dtype=torch.float64), torch.zeros(1))
    return SEARCH.moved(targets(box), peak).boxes()[0]


@given(sizes, st.floats(0, 2))
def test_context_side_is_exact(size: tuple[float, float], context: float) -> None:
    w, h = map(Fraction, size)
    padding = Fraction(context) * (w + h)
    found = Fraction(context_side(torch.tensor(size, dtype=torch.float64), context).item())
    wanted = (w + padding) * (h + padding)
    assert abs(found * found - wanted) <= wanted / 10**14
    assert found * found >= w * h * (1 - Fraction(1, 10**14))


@given(sizes, st.integers(-10, 10))
def test_context_grows_and_ignores_orientation(size: tuple[float, float], power: int) -> None:
    w, h = size
    side = context_side(torch.tensor([w, h], dtype=torch.float64), 0.5)
    # A square root of 4^k times a number is 2^k times that of the number, to the bit.
    larger = context_side(torch.tensor([w, h], dtype=torch.float64) * 4.0**power, 0.5)
    assert larger.item() == side.item() * 4.0**power
    turned = context_side(torch.tensor([h, w], dtype=torch.float64), 0.5)
    assert turned.item() == side.item()


@given(boxes, st.integers(0, 2), offsets, eighths, eighths)
def test_moves_do_not_depend_on_position(
    box: tuple[float, ...], scale: int, offset: tuple[float, float], dx: float, dy: float
) -> None:
    x, y, w, h = box
    here, there = moved(box, scale, offset), moved((x + dx, y + dy, w, h), scale, offset)
    assert (there - here).tolist() == pytest.approx([dx, dy, 0, 0], abs=1e-9)


@given(boxes, st.integers(0, 2), offsets, st.integers(-5, 5))
def test_moves_scale_with_the_target(
    box: tuple[float, ...], scale: int, offset: tuple[float, float], power: int
) -> None:
    unit = 4.0**power
    here, there = moved(box, scale, offset), moved(tuple(unit * value for value in box), scale, offset)
    assert there.tolist() == pytest.approx((here * unit).tolist(), rel=1e-12, abs=1e-9 * unit)


@given(boxes, st.integers(0, 2), offsets)
def test_opposite_offsets_give_opposite_moves(
    box: tuple[float, ...], scale: int, offset: tuple[float, float]
) -> None:
    x, y, w, h = box
    there, back = moved(box, scale, offset), moved(box, scale, (-offset[0], -offset[1]))
    center = (there[:2] + there[2:] / 2 + back[:2] + back[2:] / 2) / 2
    assert center.tolist() == pytest.approx([x + w / 2, y + h / 2], abs=1e-8)
    assert there[2:].tolist() == back[2:].tolist()
    # One step never moves the size beyond the best scale.
    ratio = (there[2:] / torch.tensor([w, h])).tolist()
    assert 1.0375**-1 - 1e-12 <= min(ratio) <= max(ratio) <= 1.0375 + 1e-12


@settings(deadline=None)
@given(st.integers(2, 14), st.integers(2, 14), st.integers(0, 2))
def test_mirrored_scores_have_mirrored_peaks(column: int, row: int, scale: int) -> None:
    # Not at the border, which interpolation repeats, so that many positions tie.
    scores = torch.full((1, 3, 17, 17), -1.0)
    scores[0, scale, row, column] = 1.0
    search = Search(replace(SearchSettings(), window_weight=0.0), CPU)
    found = search.find(scores)
    for axis, sign in ((3, [-1, 1]), (2, [1, -1])):
        other = search.find(scores.flip(axis))
        assert other.scale.tolist() == found.scale.tolist() == [scale]
        # The cells beside the middle tie; the first one is taken in both orientations.
        mirrored = [a * b for a, b in zip(sign, found.offset[0].tolist(), strict=True)]
        assert other.offset[0].tolist() == pytest.approx(mirrored, abs=1.01)


def cut(frame: np.ndarray, center: tuple[float, float], side: float, size: int) -> np.ndarray:
    pixels, frame_sizes = upload([frame], CPU)
    args = torch.tensor([center], dtype=torch.float64), torch.tensor([[side]], dtype=torch.float64)
    return crop(pixels, frame_sizes, *args, size, torch.full((1, 3), 50.0))[0, 0].numpy()


@settings(deadline=None)
@given(
    left=st.integers(0, 30),
    top=st.integers(0, 30),
    x=st.integers(-10, 60),
    y=st.integers(-10, 60),
    side=st.integers(1, 30).map(lambda k: 2 * k),
    size=st.sampled_from([5, 16]),
)
def test_crops_follow_shifts_and_flips(left: int, top: int, x: int, y: int, side: int, size: int) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    found = cut(frame, (x, y), side, size)
    # A border of the fill color is equivalent to the outside.
    bordered = np.full((40 + 2 * top, 50 + 2 * left, 3), 50, dtype=np.uint8)
    bordered[top : top + 40, left : left + 50] = frame
    np.testing.assert_allclose(cut(bordered, (x + left, y + top), side, size), found, atol=0.02)
    np.testing.assert_allclose(cut(frame[:, ::-1], (50 - x, y), side, size), found[:, :, ::-1], atol=0.02)
    np.testing.assert_allclose(cut(frame[::-1], (x, 40 - y), side, size), found[:, ::-1], atol=0.02)
    turned = cut(frame.transpose(1, 0, 2), (y, x), side, size)
    np.testing.assert_allclose(turned, found.transpose(0, 2, 1), atol=0.02)


@settings(deadline=None)
@given(st.floats(-200, 300), st.floats(-200, 300), st.floats(0.01, 500))
def test_crop_values_stay_in_range(x: float, y: float, side: float) -> None:
    frame = np.random.default_rng(2).integers(40, 61, (30, 20, 3), dtype=np.uint8)
    found = cut(frame, (x, y), side, 9)
    assert found.shape == (3, 9, 9)
    assert 39.99 <= found.min() <= found.max() <= 60.01
