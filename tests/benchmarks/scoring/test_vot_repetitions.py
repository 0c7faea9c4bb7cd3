"""Repeated runs: measured overlaps, valid frames, and impossible codes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.geometry.rasterize import raster_overlap, rectangle_polygon
from benchmarks.scoring import vot_repetitions
from benchmarks.scoring.vot_profiles import VOT2017, VOT_TOOLKIT
from benchmarks.scoring.vot_repetitions import Repetitions, frame_overlaps, measure_repetitions
from trackers.errors import UserError


def codes(*runs):
    """Codes of runs written as `1` initialized, `2` failed, `0` skipped, `.` tracked."""
    return np.array([[3 if c == "." else int(c) for c in run] for run in runs], dtype=np.int8)


def test_burn_in_failed_and_skipped_frames_are_not_valid():
    marks = codes("1" + "." * 11 + "200001" + "." * 11)
    overlaps = frame_overlaps(Repetitions("a", np.full(marks.shape, 0.5), marks))
    assert np.flatnonzero(np.isfinite(overlaps)).tolist() == [10, 11, 27, 28]


def test_frame_overlap_is_the_mean_over_valid_repetitions():
    marks = codes("1" + "." * 12, "1" + "." * 10 + "20")
    overlaps = frame_overlaps(Repetitions("a", np.array([[0.5] * 13, [0.25] * 13]), marks))
    assert overlaps[10:].tolist() == [0.375, 0.5, 0.5]


def test_identical_runs_are_measured_once(monkeypatch):
    truth = np.tile([[10.0, 10, 20, 10]], (4, 1))
    polygon = rectangle_polygon(truth)
    lost = np.vstack([np.full((1, 8), np.nan), polygon[1:3] + 5, np.full((1, 8), np.nan)])
    runs = [(lost, codes("1..2")[0]), (polygon, codes("1...")[0]), (lost.copy(), codes("1..2")[0])]
    measured = []

    def counted(regions, *rest):
        measured.append(len(regions))
        return raster_overlap(regions, *rest)

    monkeypatch.setattr(vot_repetitions, "region_overlap", counted)
    both = [
        measure_repetitions("a", runs, truth, (64, 48), profile.raster) for profile in (VOT2017, VOT_TOOLKIT)
    ]
    assert measured == [4] * 4
    for found, full in zip(both, (1, 200 / 231), strict=True):
        assert found.overlaps[1] == pytest.approx(full)
        assert found.overlaps[0, [0, 3]].tolist() == [0, 0]
        assert (found.overlaps[0] == found.overlaps[2]).all()
        assert 0 < found.overlaps[0, 1] < 0.4


def test_run_equal_to_the_one_before_is_not_measured_again(monkeypatch):
    truth, measured = np.tile([[10.0, 10, 20, 10]], (4, 1)), []
    monkeypatch.setattr(
        vot_repetitions, "region_overlap", lambda *given: measured.append(1) or raster_overlap(*given)
    )
    runs = [(truth.copy(), codes("1...")[0]) for _ in range(2)]
    measure_repetitions("a", runs, truth, (64, 48), VOT2017.raster)
    assert measured == [1]


def test_runs_of_another_length_are_refused():
    truth = np.ones((4, 4))
    runs = [(truth, codes("1...")[0]), (truth[:3], codes("1..")[0])]
    with pytest.raises(UserError, match=r"repetition 2 of sequence 'bag' has 3 frames, but .* has 4"):
        measure_repetitions("bag", runs, truth, (64, 48), VOT2017.raster)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (["1..", "..."], "repetition 2 of sequence 'ants1' does not begin with an initialization"),
        (["1.2002."], "repetition 1 of sequence 'ants1' fails twice"),
    ],
)
def test_damaged_codes_are_refused(runs, message):
    marks = codes(*runs)
    with pytest.raises(UserError, match=message):
        Repetitions("ants1", np.zeros(marks.shape), marks)
