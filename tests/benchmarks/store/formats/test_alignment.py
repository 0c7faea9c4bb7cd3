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


def placed(boxes, truth, place=align_whole_run, **said):
    return place(StoredRun("a.txt", boxes, **said), boxes, truth)


def test_as_many_rows_as_frames():
    assert placed(MOVING, CAR) == (slice(None), 0, "")


def test_tiger1_is_paired_from_its_sixth_row_and_said():
    start = placed(MOVING, TIGER)
    assert start[:2] == (slice(None), 0)
    assert "30 rows are paired with its rows 6-35" in start.note

    leading = np.concatenate([np.full((5, 4), 7.0), MOVING])
    rows, start, note = placed(leading, TIGER)
    assert np.array_equal(leading[rows], MOVING)
    assert start == 0
    assert "first 5 of 35 rows are dropped" in note


def test_a_first_box_far_away_is_said():
    assert "far from the ground truth's" in placed(MOVING + np.array([60, 0, 0, 0]), CAR).note
    assert "far from the ground truth's" in placed(MOVING + np.array([60, 0, 0, 0]), TIGER).note


def test_a_later_start_is_seen_in_the_first_box_and_said():
    rows, start, note = placed(MOVING[7:] + 0.4, CAR)
    assert (rows, start) == (slice(None), 7)
    assert "that of frame 8" in note


def test_an_end_that_the_file_declares_is_kept_and_said():
    assert placed(MOVING[:20], CAR, length=20)[:2] == (slice(None), 0)
    assert "ends with frame 20 of 30" in placed(MOVING[:20], CAR, length=20).note


@pytest.mark.parametrize("truth", [MONKEY, CAR, TIGER])
def test_rows_beyond_the_ground_truth_are_dropped_and_said(truth):
    rows, start, note = placed(np.concatenate([MOVING, MOVING[:3]]), truth)
    assert (rows, start) == (slice(30), 0)
    assert "last 3 of 33 rows are dropped" in note


@pytest.mark.parametrize(
    ("boxes", "truth", "said"),
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
def test_any_other_length_is_refused_with_both_counts(boxes, truth, said):
    with pytest.raises(UserError, match=rf"a\.txt: {len(boxes)} boxes where {truth.sequence} has 30 frames"):
        placed(boxes, truth, **said)


def test_segments_go_to_the_end_or_where_the_file_says():
    assert placed(MOVING[12:], CAR, align_segment, offset=12).start == 12
    # MATLAB counts Tiger1's frames from the five that the data set leaves out.
    assert placed(MOVING[12:], TIGER, align_segment, offset=17).start == 12
    assert placed(MOVING[12:25], CAR, align_segment, offset=12).start == 12
    with pytest.raises(UserError, match="13 boxes where Car1 has 30 frames"):
        placed(MOVING[12:25], CAR, align_segment)
    with pytest.raises(UserError, match="31 boxes where Car1 has 30 frames"):
        placed(np.concatenate([MOVING, MOVING[:1]]), CAR, align_segment)


def test_a_first_frame_that_may_be_there_twice_is_named():
    with pytest.raises(UserError, match="the first frame may be there twice"):
        placed(np.concatenate([MOVING[:1], MOVING]), CAR)
