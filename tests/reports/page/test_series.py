"""Overlap and error over time, and where they are undefined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.datasets import Sequence
from benchmarks.protocols import Code, Trajectory
from reports.page.series import measure_series


def sequence(truth: np.ndarray, **more) -> Sequence:
    return Sequence("s", np.asarray(truth, dtype=float), (), lambda: None, **more)


TRUTH = np.tile([10.0, 10, 20, 10], (4, 1))


def run(boxes: np.ndarray, **more) -> Trajectory:
    return Trajectory(np.asarray(boxes, dtype=float), np.zeros(len(boxes)), **more)


def test_overlaps_and_errors_of_boxes():
    shifts = np.array([[0, 0, 0, 0], [10, 0, 0, 0], [0, 10, 0, 0], [3, 4, 0, 0]])
    series = measure_series(sequence(TRUTH), run(TRUTH + shifts))
    assert series.overlaps.tolist() == [250, round(250 / 3), 0, round(250 * 17 * 6 / (400 - 102))]
    assert series.errors[3] == round(24 * np.log2(6))
    assert series.regions[1].tolist() == [80, 40, 80, 40]


def test_overlap_is_undefined_without_target():
    truth = TRUTH.copy()
    truth[1] = [0, 0, 0, 0]
    truth[2] = np.nan
    absent = np.array([False, False, False, True])
    series = measure_series(sequence(truth, absent=absent), run(TRUTH))
    assert series.overlaps.tolist() == [250, 255, 255, 255]
    assert series.errors.tolist() == [0, 255, 255, 255]


@pytest.mark.parametrize("rows", [2, 3, 6])
def test_run_with_another_start_keeps_its_frames(rows):
    series = measure_series(sequence(TRUTH), run(np.tile(TRUTH[:1], (rows, 1)), start=2))
    assert (series.start, len(series.overlaps), len(series.regions)) == (2, 2, 2)


def test_supervised_run_has_gaps_and_zero_at_failures():
    codes = np.array([Code.INITIALIZED, Code.TRACKED, Code.FAILED, Code.SKIPPED], dtype=np.int8)
    boxes = TRUTH.copy()
    boxes[codes != Code.TRACKED] = np.nan
    series = measure_series(sequence(TRUTH), run(boxes, codes=codes))
    assert series.overlaps.tolist() == [255, 250, 0, 255]
    assert series.regions[:, 0].tolist() == [-32768, 40, -32768, -32768]


def test_rotated_regions_are_compared_in_pixels():
    square = np.tile([10.0, 10, 29, 10, 29, 29, 10, 29], (2, 1))
    one = sequence(TRUTH[:2], polygons=square, size=(100, 100))
    assert measure_series(one, run(square)).overlaps.tolist() == [250, 250]
    assert one.regions.shape == (2, 8)
    half = square.copy()
    half[1, [0, 6]] += 10
    measured = measure_series(one, run(half)).overlaps[1] / 250
    assert measured == pytest.approx(0.5, abs=0.03)
    unknown = measure_series(replace(one, size=None), run(square))
    assert unknown.overlaps.tolist() == [250, 250]
