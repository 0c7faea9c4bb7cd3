from __future__ import annotations

import numpy as np
import pytest

from benchmarks.store.formats.alignment import SequenceTruth, align_segment, align_whole_run
from benchmarks.store.formats.base import StoredRun
from trackers.errors import UserError

MOVING = np.array([10.0, 20, 30, 40]) + np.array([4.0, 2, 0, 0]) * np.arange(30)[:, None]
CAR = SequenceTruth("otb2015", "Car1", MOVING)
TIGER = SequenceTruth("otb2015", "Tiger1", MOVING)
MONKEY = SequenceTruth("lasot", "monkey-17", MOVING)


def align(boxes, truth, method=align_whole_run, **stated):
    return method(StoredRun("a.txt", boxes, **stated), boxes, truth)


def test_equal_lengths_align_from_the_first_frame():
    assert align(MOVING, CAR) == (slice(None), 0, "")


def test_tiger1_is_paired_from_its_sixth_row():
    start = align(MOVING, TIGER)
    assert start[:2] == (slice(None), 0)
    assert "30 rows are paired with its rows 6-35" in start.note

    leading = np.concatenate([np.full((5, 4), 7.0), MOVING])
    rows, start, note = align(leading, TIGER)
    assert np.array_equal(leading[rows], MOVING)
    assert start == 0
    assert "everything before row 6 of 35 is dropped" in note


def test_far_first_box_is_noted():
    assert "far from the ground truth's" in align(MOVING + np.array([60, 0, 0, 0]), CAR).note
    assert "far from the ground truth's" in align(MOVING + np.array([60, 0, 0, 0]), TIGER).note


def test_later_start_is_found_and_noted():
    rows, start, note = align(MOVING[7:] + 0.4, CAR)
    assert (rows, start) == (slice(None), 7)
    assert "that of frame 8" in note


def test_declared_end_is_kept_and_noted():
    assert align(MOVING[:20], CAR, length=20)[:2] == (slice(None), 0)
    assert "ends with frame 20 of 30" in align(MOVING[:20], CAR, length=20).note


@pytest.mark.parametrize("truth", [MONKEY, CAR, TIGER])
def test_rows_beyond_ground_truth_are_dropped_and_noted(truth):
    rows, start, note = align(np.concatenate([MOVING, MOVING[:3]]), truth)
    assert (rows, start) == (slice(30), 0)
    assert "everything after row 30 of 33 is dropped" in note


@pytest.mark.parametrize(
    ("boxes", "truth", "stated"),
    [
        (MOVING[:20], CAR, {}),
        (MOVING[:20], CAR, {"length": 25}),
        (MOVING[3:20], CAR, {}),
        (MOVING[:20], MONKEY, {}),
        (np.concatenate([MOVING[:1], MOVING]), CAR, {}),
        (np.concatenate([MOVING + 40, MOVING[:4]]), CAR, {}),
        (np.full((20, 4), 10.0), SequenceTruth("d", "still", np.full((30, 4), 10.0)), {}),
        (np.full((20, 4), np.nan), CAR, {"length": 20}),
    ],
)
def test_other_lengths_are_refused_with_both_counts(boxes, truth, stated):
    with pytest.raises(UserError, match=rf"a\.txt: {len(boxes)} boxes where {truth.sequence} has 30 frames"):
        align(boxes, truth, **stated)


def test_early_end_is_kept_where_the_data_set_takes_it():
    early = SequenceTruth("trackingnet", "a_0", MOVING, may_end_early=True)
    rows, start, note = align(MOVING[:20], early)
    assert (rows, start) == (slice(None), 0)
    assert note == "a_0: there is no box after frame 20 of 30; frames without one are misses"
    with pytest.raises(UserError, match="20 boxes where a_0 has 30 frames"):
        align(MOVING[:20] + 60, early)


def test_segments_start_where_end_or_file_says():
    assert align(MOVING[12:], CAR, align_segment, offset=12).start == 12
    # MATLAB counts Tiger1's frames from the five that the data set omits.
    assert align(MOVING[12:], TIGER, align_segment, offset=17).start == 12
    assert align(MOVING[12:25], CAR, align_segment, offset=12).start == 12
    with pytest.raises(UserError, match="13 boxes where Car1 has 30 frames"):
        align(MOVING[12:25], CAR, align_segment)
    with pytest.raises(UserError, match="31 boxes where Car1 has 30 frames"):
        align(np.concatenate([MOVING, MOVING[:1]]), CAR, align_segment)


def test_repeated_first_row_is_refused():
    with pytest.raises(UserError, match="the first frame may be there twice"):
        align(np.concatenate([MOVING[:1], MOVING]), CAR)
