"""Profile `otb` against the toolkits: published results scored anew, and got10k's overlaps and errors.

Published results, with the scores that were published for them, lie in `../shared/golden`:
    SiamFC-3s: the authors' MATLAB results (the SiamFC paper's OTB2015 scores);
    STRUCK: the OTB authors' Python toolkit (github.com/jwlim/tracker_benchmark), with its own score files;
    DaSiamRPN: the authors' boxes, as kept by users of pysot.
All three are 1-based.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from benchmarks.box_text import read_rows
from benchmarks.datasets import Sequence, open_dataset
from benchmarks.datasets.otb import OTB2015
from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.protocols import Trajectory
from benchmarks.scoring import OnePassScore, center_error, iou, score_run
from benchmarks.scoring.metrics import SUCCESS_AUC
from benchmarks.scoring.profiles import OTB
from benchmarks.store import RunResults

ONE_BASED = np.array([1.0, 1.0, 0.0, 0.0])

READERS: dict[str, Callable[[bytes], NDArray[np.float64]]] = {
    "otb-mat": lambda content: scipy.io.loadmat(io.BytesIO(content))["results"][0, 0]["res"][0, 0],
    "otb-json": lambda content: np.array(json.loads(content)[0]["res"]),
    "pysot": lambda content: np.loadtxt(io.BytesIO(content), delimiter=","),
}


def published(entry: dict[str, Any], golden: Path) -> RunResults:
    """The boxes in a file of published results, by our names of sequences."""
    names = {normalize_name(name): name for name in OTB2015(golden.parent / "annotations").all_names}
    names["human42"] = names["human4"]
    trajectories = {}
    with ZipFile(golden / entry["file"]) as archive:
        for member in archive.namelist():
            name = names.get(normalize_name(Path(member).stem.removesuffix("_siamfc3s")))
            if name and "/" not in member:
                content = READERS[entry["format"]](archive.read(member))
                boxes = content.astype(np.float64) - ONE_BASED
                trajectories[name] = [Trajectory(boxes, np.full(len(boxes), np.nan))]
    return RunResults(entry["tracker"], entry["dataset"], "ope", trajectories, {}, {})


def entry_of(tracker: str, golden: Path) -> dict[str, Any]:
    entries = json.loads((golden / "scores.json").read_text())["results"]
    return next(entry for entry in entries if entry["tracker"] == tracker and entry["profile"] == "otb")


def assert_close(score: OnePassScore, expected: dict[str, float], tolerance: float) -> None:
    found = {name: estimate.value for name, estimate in score.metrics().items()}
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=tolerance)


@pytest.mark.shared
@pytest.mark.parametrize("tracker", ["SiamFC-3s", "STRUCK", "DaSiamRPN"])
def test_published_results_score_as_published(tracker, shared):
    entry = entry_of(tracker, shared / "golden")
    # STRUCK's ClifBar ends after 329 of 472 frames; the toolkit scored what there is.
    score = score_run(
        published(entry, shared / "golden"),
        open_dataset("otb2015", shared / "annotations"),
        OTB,
        allow_length_mismatch=True,
    )
    assert len(score.sequences) == entry["sequences"] == 100
    assert_close(score, entry["recomputed"], entry["tolerance"])
    if tracker != "STRUCK":
        assert_close(score, entry["published"], 0.001)  # papers round to three digits, or cut


class ToolkitsOTB2015(OTB2015):
    """OTB2015 as STRUCK's score files pair it: Tiger1 from its first row, not from the run's first frame."""

    def __getitem__(self, name: str) -> Sequence:
        sequence = super().__getitem__(name)
        if name != "Tiger1":
            return sequence
        return replace(sequence, truth=read_rows(self.root / name / "groundtruth_rect.txt", 4) - ONE_BASED)


class Struck:
    """STRUCK's published boxes beside the score files that its authors stored with them."""

    def __init__(self, golden: Path) -> None:
        entry = entry_of("STRUCK", golden)
        self.published: dict[str, float] = entry["published"]
        self.dataset = ToolkitsOTB2015(golden.parent / "annotations")
        self.run = published(entry, golden)
        self.score = score_run(self.run, self.dataset, OTB, allow_length_mismatch=True)
        with ZipFile(golden / entry["file"]) as archive:
            files = [
                name for name in archive.namelist() if name.startswith("scores_tb100/") and name[-1] != "/"
            ]
            self.stored = {Path(name).stem: json.loads(archive.read(name)) for name in files}
        names = {normalize_name(name): name for name in self.score.sequences} | {"human42": "Human4"}
        self.names = {stored: names[normalize_name(stored)] for stored in self.stored["ALL"]["seqs"]}

    def overlaps(self, name: str) -> NDArray[np.float64]:
        truth, boxes = self.dataset[name].truth, self.run.trajectories[name][0].boxes
        length = min(len(truth), len(boxes))
        return OTB.measure(boxes[:length], truth[:length]).overlaps

    def mean_curve(self, metric: str, stored_names: list[str]) -> NDArray[np.float64]:
        rows = [self.score.sequences.index(self.names[name]) for name in stored_names]
        return self.score.curves[metric][rows].mean(axis=0)


@pytest.fixture
def struck(shared: Path) -> Struck:
    return Struck(shared / "golden")


@pytest.mark.shared
def test_stored_score_of_struck_pairs_tiger1_from_row_1(struck):
    assert_close(struck.score, struck.published, 0.00005)


# The last row of these two is 0,0,0,0 in the ground truth that is passed around today, and a miss; the stored
# scores were made with a copy that had a box there.
LAST_ROW_EMPTY = ("Board", "Twinnings")


@pytest.mark.shared
def test_stored_scores_of_struck_by_sequence(struck):
    stored = struck.stored["ALL"]
    assert len(stored["seqs"]) == 100
    for theirs, mean_overlap, failures in zip(
        stored["seqs"], stored["overlapScores"], stored["errorNum"], strict=True
    ):
        name = struck.names[theirs]
        if name in LAST_ROW_EMPTY:
            continue
        overlaps = struck.overlaps(name)
        # Their mean leaves unusable frames out, but divides by the annotated length where results end early.
        share_tracked = len(overlaps) / len(struck.dataset[name].truth)
        assert overlaps[overlaps >= 0].mean() * share_tracked == pytest.approx(mean_overlap, abs=1e-9), name
        assert 10 * np.mean(overlaps < 0.5) == pytest.approx(failures, abs=1e-9), name


@pytest.mark.shared
def test_stored_curves_of_struck(struck):
    all_names = struck.stored["ALL"]["seqs"]
    last_overlap, frames = {}, {}
    for name in LAST_ROW_EMPTY:
        overlaps = struck.overlaps(name)
        assert np.flatnonzero(overlaps < 0).tolist() == [len(overlaps) - 1]
        # What their mean overlap says about the frame that is empty in our copy.
        total = struck.stored["ALL"]["overlapScores"][all_names.index(name)] * len(overlaps)
        last_overlap[name], frames[name] = total - overlaps[:-1].sum(), len(overlaps)
    assert len(struck.stored) == 1 + 11
    for attribute, stored in struck.stored.items():
        there = [name for name in LAST_ROW_EMPTY if name in stored["seqs"]]
        of = len(stored["seqs"])
        regained = sum((last_overlap[name] > SUCCESS_AUC.thresholds) / frames[name] / of for name in there)
        success = struck.mean_curve("success", stored["seqs"]) + regained
        assert success == pytest.approx(np.array(stored["successRateList"]), abs=1e-12), attribute
        # There the empty row is a hit at every distance, and a real box was one from its error on.
        given_away = struck.mean_curve("precision", stored["seqs"]) - stored["precisionList"]
        most = sum(1 / frames[name] / of for name in there)
        assert -1e-12 < given_away.min() <= given_away.max() < most + 1e-12, attribute
        assert given_away[20:] == pytest.approx(np.zeros(31), abs=1e-12), attribute


@pytest.mark.shared
def test_matlab_grid_changes_two_curve_values(struck):
    k = np.arange(21)
    grid = np.where(k <= 10, k * 0.05, 1 - (20 - k) * 0.05)
    profile = replace(OTB, metrics=(replace(SUCCESS_AUC, thresholds=grid),))
    theirs = score_run(struck.run, struck.dataset, profile, allow_length_mismatch=True)
    change = np.abs(theirs.curves["success"].mean(axis=0) - struck.score.curves["success"].mean(axis=0))
    assert np.count_nonzero(change) == 2
    assert 0.00006 < change.max() == change[13] < 0.00007


# Two boxes, and what got10k 0.1.3 gives for them: `rect_iou` and `center_error` of got10k/utils/metrics.py,
# to ten decimals. The last four: the same box, one far away, one without extent, one that only touches.
GOT10K = (
    ((36.4, 35.0, 11.3, 38.0), (36.9, 37.1, 11.6, 36.8), 0.8274714017, 1.6347782724),
    ((12.5, 19.9, 67.4, 76.6), (9.8, 17.1, 68.4, 78.6), 0.8958521466, 2.8425340807),
    ((-2.3, 59.8, 64.0, 42.5), (-2.6, 57.7, 65.7, 39.9), 0.8278609144, 3.4441980199),
    ((-3.9, 58.8, 23.0, 36.9), (-5.3, 60.0, 18.5, 37.7), 0.652434593, 3.9852854352),
    ((47.9, 39.6, 70.7, 51.5), (46.7, 39.8, 70.5, 51.9), 0.9493125335, 1.3601470509),
    ((54.3, 37.3, 9.4, 79.6), (55.7, 35.8, 12.2, 81.1), 0.5784568428, 2.8987066081),
    ((34.4, 39.7, 30.2, 76.2), (36.1, 42.0, 31.8, 77.9), 0.7881383522, 4.0215046935),
    ((42.4, 20.3, 16.3, 39.5), (42.6, 17.4, 16.0, 38.0), 0.8136182543, 3.6503424497),
    ((30.3, 3.8, 38.8, 61.8), (18.9, 5.9, 34.3, 53.6), 0.4079391667, 13.7957420967),
    ((55.8, 41.9, 64.7, 42.3), (47.5, 44.0, 67.6, 52.9), 0.6067360823, 10.083774095),
    ((48.0, 29.1, 22.3, 44.7), (47.9, 37.4, 33.5, 53.9), 0.4077478727, 14.0235516186),
    ((-4.8, 15.2, 8.9, 63.9), (-23.7, 25.0, 11.6, 67.3), 0.0, 20.9821948328),
    ((50.7, 26.6, 35.3, 36.1), (53.7, 29.7, 37.9, 33.2), 0.7267285285, 4.6057029865),
    ((-2.8, 52.8, 19.9, 60.1), (-18.0, 51.9, 13.5, 68.7), 0.0, 18.7114937939),
    ((42.4, 55.7, 11.8, 58.3), (40.1, 56.4, 5.0, 54.2), 0.1800886045, 5.8576872569),
    ((6.4, 18.3, 48.5, 74.9), (6.3, 6.4, 50.9, 74.1), 0.6875450128, 12.3490890352),
    ((51.1, 32.1, 27.4, 13.6), (27.4, -15.9, 37.7, 7.6), 0.0, 54.2687985863),
    ((30.2, 15.9, 55.4, 59.7), (19.6, 11.2, 91.7, 58.7), 0.5249738092, 9.1674696618),
    ((14.5, 33.6, 20.0, 74.6), (16.2, 3.9, 52.9, 92.9), 0.2203034372, 27.417603834),
    ((22.5, 17.0, 75.7, 77.6), (43.8, 18.0, 94.0, 85.0), 0.4297122492, 30.8105907116),
    ((9.1, 17.5, 2.9, 26.7), (9.1, 17.5, 2.9, 26.7), 1.0, 0.0),
    ((3.1, 52.9, 12.9, 69.8), (203.1, 52.9, 12.9, 69.8), 0.0, 200.0),
    ((38.6, 9.8, 52.2, 78.6), (50.9, 5.8, 0.0, 0.0), 0.0, 45.4459019055),
    ((10.0, 20.0, 30.0, 40.0), (40.0, 20.0, 5.0, 40.0), 0.0, 17.5),
)


def test_overlaps_and_errors_equal_got10ks():
    a, b, overlaps, errors = (np.array(column) for column in zip(*GOT10K, strict=True))
    assert iou(a, b) == pytest.approx(overlaps, abs=1e-9)
    assert center_error(a, b) == pytest.approx(errors, abs=1e-9)
