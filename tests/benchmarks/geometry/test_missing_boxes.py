"""The four rules for boxes without a target, on the rows in which they differ."""

from __future__ import annotations

import numpy as np

from benchmarks.geometry.missing_boxes import (
    empty_box_mask,
    missing_box_mask,
    usable_box_mask,
    valid_box_mask,
)

BOXES = np.array(
    [
        [10.0, 20.0, 30.0, 40.0],
        [0.0, 0.0, 30.0, 40.0],
        [-1.0, 20.0, 30.0, 40.0],
        [10.0, 20.0, 0.0, 40.0],
        [np.inf, 20.0, 30.0, 40.0],
        [np.nan, np.nan, np.nan, np.nan],
    ]
)


def test_usable_box_is_finite_with_an_area() -> None:
    assert usable_box_mask(BOXES).tolist() == [True, True, True, False, False, False]
    assert [bool(usable_box_mask(box)) for box in BOXES] == usable_box_mask(BOXES).tolist()


def test_missing_box_is_not_positive_in_one_based_numbers() -> None:
    assert missing_box_mask(BOXES).tolist() == [False, False, True, True, False, True]


def test_valid_box_is_finite_and_not_missing() -> None:
    assert valid_box_mask(BOXES).tolist() == [True, True, False, False, False, False]


def test_empty_box_has_no_area() -> None:
    assert empty_box_mask(BOXES).tolist() == [False, False, False, True, False, True]
