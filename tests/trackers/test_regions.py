"""Boxes around polygons and polygons around boxes; the rule of VOT's initial boxes is in test_polygons.py."""

from __future__ import annotations

import numpy as np

from trackers.regions import bounds, corners_of, upright_boxes


def test_bounds_enclose_any_number_of_corners() -> None:
    assert bounds(np.array([5.0, 1, 9, 4, 3, 8])).tolist() == [3, 1, 6, 7]
    assert bounds(np.array([-5.0, -1, -9, -4, -3, -8, -6, 2])).tolist() == [-9, -8, 6, 10]


def test_corners_begin_at_the_top_left_and_go_clockwise() -> None:
    box = np.array([1.0, 2, 30, 40])
    assert corners_of(box).tolist() == [1, 2, 31, 2, 31, 42, 1, 42]
    assert bounds(corners_of(box)).tolist() == box.tolist()


def test_many_polygons_are_taken_one_by_one() -> None:
    polygons = np.random.default_rng(0).uniform(0, 50, (2, 3, 8))
    polygons[1, 1] = 7
    together = upright_boxes(polygons)
    assert together.shape == (2, 3, 4)
    for place in np.ndindex(2, 3):
        np.testing.assert_allclose(together[place], upright_boxes(polygons[place]), rtol=1e-12)
