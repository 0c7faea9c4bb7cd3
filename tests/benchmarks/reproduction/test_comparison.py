"""Differences between two runs over a sequence, on boxes with known differences."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols import Trajectory
from benchmarks.reproduction import compare_trajectories

BOXES = np.tile([10.0, 10, 20, 20], (5, 1))


def moved(frame: int, by: float) -> Trajectory:
    boxes = BOXES.copy()
    boxes[frame, 0] += by
    return Trajectory(boxes, np.zeros(5))


def test_one_moved_box_is_found_with_its_distance_and_overlap() -> None:
    found = compare_trajectories([moved(0, 0)], [moved(3, 10)], same=False)
    assert (found.frames, found.differing, found.first) == (5, 1, 3)
    assert found.max_difference == 10
    assert found.mean_iou == pytest.approx((4 + 1 / 3) / 5)  # 10 x 20 of 30 x 20 pixels


def test_equal_boxes_differ_nowhere() -> None:
    found = compare_trajectories([moved(0, 0)], [moved(0, 0)], same=True)
    assert (found.differing, found.first, found.max_difference, found.mean_iou) == (0, None, 0, 1)


def test_absence_in_both_runs_is_the_same_and_in_one_a_miss() -> None:
    absent = BOXES.copy()
    absent[2] = np.nan
    both = compare_trajectories(*[[Trajectory(absent, np.zeros(5))]] * 2, same=True)
    assert (both.differing, both.mean_iou) == (0, 1)
    one = compare_trajectories([moved(0, 0)], [Trajectory(absent, np.zeros(5))], same=False)
    assert (one.differing, one.first, one.max_difference, one.mean_iou) == (1, 2, 0, 0.8)


def test_frames_of_segments_count_from_the_start_of_the_sequence() -> None:
    lower = BOXES + np.array([0, 1, 0, 0])
    parts = [Trajectory(boxes, np.zeros(5), start=7) for boxes in (BOXES, lower)]
    assert compare_trajectories(parts[:1], parts[1:], same=False).first == 7


def test_runs_of_other_shape_are_named() -> None:
    short = Trajectory(BOXES[:3], np.zeros(3))
    assert "3 boxes, not 5" in compare_trajectories([moved(0, 0)], [short], same=False).problem
    assert "2 times, not 1" in compare_trajectories([moved(0, 0)], [short, short], same=False).problem
