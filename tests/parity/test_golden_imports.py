"""Published results, imported as they were published, against the scores that were published for them.

The files lie in `../shared/golden`; `scores.json` beside them says what tool wrote each, and the score of
these very files under a profile. Every sequence has to be found, whatever its spelling in the file.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from scipy.io import loadmat

from benchmarks.datasets import open_dataset
from benchmarks.protocols.robustness import segment_starts
from benchmarks.scoring import PROFILES, score_run
from benchmarks.store import RunResults
from benchmarks.store.formats import FORMATS, ImportedResults, read_results

ENTRIES = [
    ("SiamFC-3s", "ope"),
    ("STRUCK", "ope"),
    ("DaSiamRPN", "ope"),
    ("Struck-HSV", "ope"),
    ("KCF-LAB", "ope"),
    ("ATOM", "ope"),
    ("SiamFC", "supervised"),
    ("SiamFC", "realtime"),
]


def entry_of(tracker: str, protocol: str, shared: Path) -> dict[str, Any]:
    entries = json.loads((shared / "golden" / "scores.json").read_text())["results"]
    return next(e for e in entries if (e["tracker"], e.get("protocol", "ope")) == (tracker, protocol))


def imported(entry: dict[str, Any], protocol: str, shared: Path) -> ImportedResults:
    dataset = open_dataset(entry["dataset"], shared / "annotations")
    form = FORMATS.load(entry["format"])()
    return read_results(shared / "golden" / entry["file"], form, dataset, protocol)


@pytest.mark.shared
@pytest.mark.parametrize(("tracker", "protocol"), ENTRIES)
def test_imports_score_as_published(tracker, protocol, shared):
    entry = entry_of(tracker, protocol, shared)
    results = imported(entry, protocol, shared)
    assert len(results.trajectories) == entry["sequences"]
    assert results.origin == ("zero" if entry["dataset"] == "vot2017" else "one")

    run = RunResults(tracker, entry["dataset"], protocol, results.trajectories, {}, {}, imported=True)
    dataset = open_dataset(entry["dataset"], shared / "annotations")
    [record] = score_run(run, dataset, PROFILES.load(entry["profile"])).records()
    expected = entry["recomputed"]
    if "eao" in expected:
        # Of EAO the stored recomputation lies 0.0014 below what the challenge published; ours is the
        # published one. It counts a failure five frames before the end as followed by a new start
        # (tests/parity/test_vot2017.py reproduces it with that one change).
        expected = expected | {"eao": entry["published"]["eao"]}
    found = {name: record[name] for name in expected}
    assert found == pytest.approx(expected, abs=entry["tolerance"])


@pytest.mark.shared
def test_notes_on_struck(shared):
    results = imported(entry_of("STRUCK", "ope", shared), "ope", shared)
    assert results.notes == [
        "pixels count from 1: of 100 first boxes 25 are 1-based ground truth and 5 0-based",
        "ClifBar: the file says that the run ends with frame 329 of 472; it is kept as it is",
        "Tiger1: the first box is at frame 6 of the ground-truth file, so the 349 rows are paired "
        "with its rows 6-354",
    ]
    assert len(results.skipped) == 12
    assert all(name.startswith("scores_tb100/") for name in results.skipped)


@pytest.mark.shared
def test_tre_has_twenty_segments_from_ground_truth(shared):
    entry = entry_of("SiamFC-3s", "ope", shared)
    results = imported(entry, "tre", shared)
    dataset = open_dataset("otb2015", shared / "annotations")
    assert len(results.trajectories) == 100
    for name, runs in results.trajectories.items():
        truth = dataset[name].truth
        assert len(runs) == 20
        for run in runs:
            assert run.start + len(run.boxes) == len(truth)
            np.testing.assert_allclose(run.boxes[0], truth[run.start], atol=1)


# Where the authors' runs start elsewhere: presumably the sequences of which their toolkit leaves out start
# frames, for occlusion or because the target is out of view. That list is not published with the data set.
START_FRAMES_LEFT_OUT = {
    "Basketball",
    "CarScale",
    "Coke",
    "David3",
    "Doll",
    "Dudek",
    "FaceOcc1",
    "FaceOcc2",
    "Football",
    "Freeman4",
    "Girl",
    "Ironman",
    "Jogging.1",
    "Jogging.2",
    "Lemming",
    "Liquor",
    "Matrix",
    "RedTeam",
    "Skating1",
    "Soccer",
    "Subway",
    "Suv",
    "Tiger1",
    "Tiger2",
    "Walking",
    "Walking2",
    "Woman",
}


@pytest.mark.shared
def test_tre_segments_start_as_the_toolkits(shared):
    results = imported(entry_of("SiamFC-3s", "ope", shared), "tre", shared)
    dataset = open_dataset("otb2015", shared / "annotations")
    differing = {
        name
        for name, runs in results.trajectories.items()
        if sorted(run.start for run in runs) != segment_starts(dataset[name].truth)
    }
    assert differing == START_FRAMES_LEFT_OUT


@pytest.mark.shared
def test_text_file_is_read_exactly(shared):
    results = imported(entry_of("ATOM", "ope", shared), "ope", shared)
    with (
        ZipFile(shared / "golden" / "lasot" / "ATOM.pytracking.zip") as archive,
        archive.open("bus-2.txt") as file,
    ):
        expected = np.loadtxt(file, delimiter=",")
    assert np.array_equal(results.trajectories["bus-2"][0].boxes, expected - [1, 1, 0, 0])


@pytest.mark.shared
def test_mat_files_are_read_as_by_scipy(shared):
    results = imported(entry_of("SiamFC-3s", "ope", shared), "tre", shared)
    with ZipFile(shared / "golden" / "otb2015" / "SiamFC-3s.otb-mat.zip") as archive:
        for name in ("Deer", "Skiing", "Tiger1"):
            cells = loadmat(io.BytesIO(archive.read(f"{name}_siamfc3s.mat")), simplify_cells=True)["results"]
            for run, cell in zip(results.trajectories[name], cells, strict=True):
                assert np.array_equal(run.boxes, cell["res"] - [1, 1, 0, 0])


@pytest.mark.shared
def test_vot_repetitions_codes_and_times(shared):
    results = imported(entry_of("SiamFC", "supervised", shared), "supervised", shared)
    runs = results.trajectories["singer2"]
    assert len(runs) == 3
    assert [len(runs) for runs in results.trajectories.values()] == [3] * 60
    with ZipFile(shared / "golden" / "vot2017" / "SiamFC.vot.zip") as archive:
        lines = archive.read("baseline/singer2/singer2_002.txt").decode().split()
        times = archive.read("baseline/singer2/singer2_time.txt").decode().split()
    for line, code, box in zip(lines, runs[1].codes, runs[1].boxes, strict=True):
        assert line == str(code) if code < 3 else np.array_equal(np.array(line.split(","), float), box)
    np.testing.assert_array_equal(runs[1].seconds, [float(line.split(",")[1]) for line in times])
