"""Tests of the conversion between 0-based and 1-based coordinates."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.geometry.pixel_origin import from_zero_based, to_one_based, to_zero_based

BOX = np.array([10.0, 20.0, 30.0, 40.0])


def test_shift_moves_corners_and_keeps_sizes() -> None:
    assert to_one_based(BOX).tolist() == [11.0, 21.0, 30.0, 40.0]
    assert to_zero_based(BOX[None]).tolist() == [[9.0, 19.0, 30.0, 40.0]]


def test_shift_moves_all_corners_of_polygons() -> None:
    assert to_zero_based(np.arange(8.0)[None]).tolist() == [[-1.0, 0, 1, 2, 3, 4, 5, 6]]


@given(arrays(np.float64, (3, 4), elements=st.floats(-1e6, 1e6)), st.sampled_from([0, 1]))
def test_conversions_are_inverse(boxes: np.ndarray, first_pixel: int) -> None:
    back = to_zero_based(from_zero_based(boxes, first_pixel), first_pixel)
    np.testing.assert_allclose(back, boxes, rtol=0, atol=1e-9)
