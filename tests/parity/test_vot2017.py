"""SiamFC's results in the VOT2017 challenge, scored anew under both VOT profiles.

`../shared/golden/vot2017/SiamFC.vot.zip` holds what the challenge's MATLAB toolkit 5.0.1 wrote. Figures of
profile `vot2017` are those that the VOT2017 report prints; scores of profile `vot-toolkit` are what
vot-toolkit 0.7.4 (with attributee 0.1.9, numpy 2.4.6) gives for the same files: its `AccuracyRobustness`,
`EAOCurve` averaged over 100 to 356, and `SequenceAccuracy`, each with its aggregation over sequences.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest

from benchmarks.datasets import open_dataset
from benchmarks.datasets.truth_files import read_regions
from benchmarks.scoring.vot_metrics import reliability, score_supervised, score_unsupervised
from benchmarks.scoring.vot_profiles import VOT2017, VOT_TOOLKIT, VOTProfile
from benchmarks.scoring.vot_repetitions import Repetitions, measure_repetitions
from benchmarks.store.trajectories import parse_regions

pytestmark = pytest.mark.shared


@cache
def stored_runs(shared: Path, experiment: str, rules: VOTProfile) -> list[Repetitions]:
    """Overlaps and codes of the published runs, in the data set's order."""
    dataset = open_dataset("vot2017", shared / "annotations")
    runs = []
    with ZipFile(shared / "golden" / "vot2017" / "SiamFC.vot.zip") as archive:
        names = [name for name in archive.namelist() if not name.endswith("_time.txt")]
        for sequence in dataset.names():
            boxes, polygons = read_regions(shared / "annotations" / "vot2017" / sequence / "groundtruth.txt")
            truth = boxes if polygons is None else polygons
            size = dataset[sequence].size
            files = sorted(name for name in names if name.startswith(f"{experiment}/{sequence}/"))
            parsed = [parse_regions(archive.read(name).decode(), name) for name in files]
            runs.append(measure_repetitions(sequence, parsed, truth, size, rules.raster))
    assert len(runs) == 60
    return runs


def metric_values(score) -> dict[str, float]:
    return {name: estimate.value for name, estimate in score.metrics().items()}


@pytest.mark.parametrize(
    ("experiment", "printed"),
    [
        ("baseline", {"accuracy": 0.502, "robustness": 0.585, "failures": 125, "eao": 0.188}),
        ("realtime", {"robustness": 0.604, "failures": 129, "eao": 0.182}),
    ],
)
def test_scores_equal_the_vot2017_report(shared, experiment, printed):
    found = metric_values(score_supervised(stored_runs(shared, experiment, VOT2017), VOT2017))
    assert {name: found[name] for name in printed} == pytest.approx(printed, abs=0.0005)


@pytest.mark.parametrize(("experiment", "protocol"), [("baseline", "supervised"), ("realtime", "realtime")])
def test_scores_equal_those_stored_with_results(shared, experiment, protocol):
    entries = json.loads((shared / "golden" / "scores.json").read_text())["results"]
    entry = next(entry for entry in entries if entry.get("protocol") == protocol)
    # Their EAO takes the failure five frames before the end of `leaves` for one that the tracker was started
    # again after. There is no frame left for that; the challenge's own scores take it for a late one.
    rules = replace(VOT2017, fragments=replace(VOT2017.fragments, late_frames=4))
    found = metric_values(score_supervised(stored_runs(shared, experiment, VOT2017), rules))
    stored = entry["recomputed"]
    assert {name: found[name] for name in stored} == pytest.approx(stored, abs=0.0005)


@pytest.mark.parametrize(
    ("experiment", "accuracy", "reliable", "eao", "phi"),
    [
        (
            "baseline",
            0.4931876263383969,
            0.8414239354019469,
            0.1841555986259183,
            (0.6773456511, 0.0643310153),
        ),
        (
            "realtime",
            0.4920583698668650,
            0.8391422987224260,
            0.1783802575384656,
            (0.6828482023, 0.0621202440),
        ),
    ],
)
def test_scores_equal_the_python_toolkits(shared, experiment, accuracy, reliable, eao, phi):
    score = score_supervised(stored_runs(shared, experiment, VOT_TOOLKIT), VOT_TOOLKIT)
    found = metric_values(score)
    assert found["accuracy"] == pytest.approx(accuracy, abs=1e-12)
    assert reliability(found["robustness"]) == pytest.approx(reliable, abs=1e-12)
    assert found["eao"] == pytest.approx(eao, abs=1e-7)  # theirs is in single precision
    lengths, curve = score.curve()
    assert curve[[0, 699]] == pytest.approx(phi, abs=1e-6)
    assert lengths[[0, 699]].tolist() == [2, 701]


# As the Python toolkit gives them in the baseline experiment: accuracy and failures.
BY_SEQUENCE = {
    "ants3": (0.356768, 2),
    "birds1": (0.304882, 4),
    "conduction1": (0.638476, 2),
    "crabs1": (0.4031, 6),
    "leaves": (0.373132, 5),
    "rabbit": (0.210092, 6),
    "zebrafish1": (0.185724, 10),
}


def test_scores_equal_the_python_toolkits_by_sequence(shared):
    runs = stored_runs(shared, "baseline", VOT_TOOLKIT)
    for run in runs:
        if run.sequence in BY_SEQUENCE:
            found = metric_values(score_supervised([run], VOT_TOOLKIT))
            assert (found["accuracy"], found["failures"]) == pytest.approx(
                BY_SEQUENCE[run.sequence], abs=1e-6
            ), run.sequence


def test_unsupervised_average_overlap(shared):
    def average(rules: VOTProfile) -> float:
        runs = {run.sequence: run.overlaps[0] for run in stored_runs(shared, "unsupervised", rules)}
        return metric_values(score_unsupervised(runs, rules))["ao"]

    assert average(VOT_TOOLKIT) == pytest.approx(0.33514048302054483, abs=1e-12)
    # The report's table is not at hand; over all 21,356 frames, the 60 initial ones among them as 0:
    runs = stored_runs(shared, "unsupervised", VOT2017)
    assert average(VOT2017) == pytest.approx(sum(run.overlaps[0, 1:].sum() for run in runs) / 21356)


def test_accuracy_by_tag(shared):
    runs = stored_runs(shared, "baseline", VOT2017)
    dataset = open_dataset("vot2017", shared / "annotations")
    every = score_supervised(runs, VOT2017)
    names = ("camera_motion", "illum_change", "occlusion", "size_change", "motion_change", "empty")
    by_tag = {
        name: score_supervised(
            runs, VOT2017, {run.sequence: dataset[run.sequence].tags[name] for run in runs}
        )
        for name in names
    }
    accuracy = {name: score.metrics()["accuracy"].value for name, score in by_tag.items()}
    assert min(accuracy, key=lambda name: accuracy[name]) == "occlusion"
    # Every frame has a tag or none at all.
    assert sum(score.frames.sum() for score in by_tag.values()) >= every.frames.sum() == 21356
    assert sum(score.failures.sum() for score in by_tag.values()) >= every.failures.sum()
    assert sum(by_tag["empty"].failures) < every.failures.sum()
