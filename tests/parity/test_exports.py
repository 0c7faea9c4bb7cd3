"""What we export, opened by got10k itself, and read as the code of pysot and of pytracking reads it.

The OTB folder is made up: the data set's own names and windows, drawn boxes, and empty files for frames.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest

# One that begins late, one in the middle of its images, two of one folder, the second target of a folder, and
# two that have more images than rows.
NAMES = ("Tiger1", "David", "Jogging.1", "Jogging.2", "Human4", "Football1", "Diving", "Deer")
FOLDERS = ("Tiger1", "David", "Jogging", "Human4", "Football1", "Diving", "Deer")
IMAGES = {"David": 770, "Football1": 100, "Diving": 231}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with ground truth for `NAMES` and an empty file for every image."""
    root = tmp_path_factory.mktemp("data")
    (root / "otb2015").mkdir()
    dataset = open_dataset("otb2015", root)
    generator = np.random.default_rng(0)
    for name in NAMES:
        target = dataset.targets[name]
        rows = target.last - target.truth_starts + 1
        truth = np.cumsum(generator.normal(0, 1, (rows, 4)), axis=0) + np.array([90, 80, 0, 0])
        truth[:, 2:] = np.abs(truth[:, 2:]) + 20
        folder = root / "otb2015" / target.folder
        (folder / "img").mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / target.truth, truth, delimiter=",", fmt="%.3f")
        for number in range(1, IMAGES.get(target.folder, target.last) + 1):
            (folder / "img" / f"{number:04}.jpg").touch()
    (root / "otb2015" / "Human4" / "groundtruth_rect.1.txt").touch()
    return root


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """Boxes that lie beside the target."""
    root = tmp_path_factory.mktemp("results")
    folder = RunFolder(root, "otb2015", "mine", "ope")
    manifest = Manifest("otb2015", None)
    dataset = open_dataset("otb2015", data)
    for name in NAMES:
        truth = dataset[name].truth
        boxes = truth + np.array([3, 2, -4, 5]) * (np.arange(len(truth)) > 0)[:, None]
        runs = folder.write(name, [Trajectory(boxes, np.full(len(boxes), 0.1))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(folder.manifest_path)
    return root


def export(form: str, results: Path, out: Path, protocol: str = "ope") -> Path:
    words = ["--tracker", "mine", "--dataset", "otb2015", "--protocol", protocol, "--results", results]
    assert main(["export", "--to", form, *map(str, words), str(out)]) == 0
    return out


def test_got10k_reads_every_exported_sequence(data, results, tmp_path, monkeypatch, capsys):
    experiments = pytest.importorskip("got10k.experiments")
    from got10k.datasets import OTB

    monkeypatch.setattr(OTB, "_OTB__version_dict", {"ours": list(FOLDERS)})
    monkeypatch.setattr(experiments.ExperimentOTB, "plot_curves", lambda self, names: None)
    export("got10k", results, tmp_path / "out" / "OTBours")
    assert "Tiger1: 5 rows with the first box stand for the frames before" in capsys.readouterr().err
    dataset = OTB(str(data / "otb2015"), version="ours", download=False)
    experiment = experiments.ExperimentOTB.__new__(experiments.ExperimentOTB)
    experiment.dataset = dataset
    experiment.result_dir, experiment.report_dir = (
        str(tmp_path / "out" / "OTBours"),
        str(tmp_path / "reports"),
    )
    experiment.nbins_iou, experiment.nbins_ce = 21, 51
    report = experiment.report(["mine"])["mine"]["seq_wise"]
    assert set(report) == set(NAMES)
    words = ["--tracker", "mine", "--dataset", "otb2015", "--profile", "got10k", "--by", "sequence"]
    capsys.readouterr()
    assert (
        main(["score", *words, *map(str, ["--data-root", data, "--results", results, "--format", "json"])])
        == 0
    )

    for row in json.loads(capsys.readouterr().out):
        theirs = report[row["sequence"]]
        assert theirs["speed_fps"] == pytest.approx(10)
        if row["sequence"] != "Tiger1":  # of which got10k counts five frames more
            assert row["success"] == pytest.approx(theirs["success_score"], abs=1e-6)


def rows_of_truth(data: Path, name: str, omit: int = 0) -> NDArray[np.float64]:
    target = open_dataset("otb2015", data).targets[name]
    return np.loadtxt(data / "otb2015" / target.folder / target.truth, delimiter=",")[omit:]


@pytest.mark.parametrize("name", NAMES)
def test_pysot_reads_exports(data, results, tmp_path, name):
    """`OTBVideo.load_tracker`: `<tracker>/<name>.txt`, commas, rows as in OTB100.json: 349 of Tiger1."""
    spelled = {"Jogging.1": "Jogging-1", "Jogging.2": "Jogging-2", "Human4": "Human4-2"}.get(name, name)
    with (export("pysot", results, tmp_path / "out") / "mine" / f"{spelled}.txt").open() as file:
        boxes = [list(map(float, line.strip().split(","))) for line in file]
    truth = rows_of_truth(data, name, omit=5 if name == "Tiger1" else 0)
    assert np.array(boxes).shape == truth.shape
    np.testing.assert_allclose(boxes[0], truth[0], atol=1e-9)
    np.testing.assert_allclose(boxes[1:], truth[1:] + np.array([3, 2, -4, 5]), atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_pytracking_reads_exports(data, results, tmp_path, name):
    """`load_text` of `<tracker>/<parameters>/<name>.txt`, tabs or commas; Tiger1's `initOmit` is 5."""
    spelled = {"Jogging.1": "Jogging_1", "Jogging.2": "Jogging_2", "Human4": "Human4_2"}.get(name, name)
    out = export("pytracking", results, tmp_path / "out") / "mine"
    boxes = np.loadtxt(out / f"{spelled}.txt", delimiter="\t", dtype=np.float64)
    truth = rows_of_truth(data, name, omit=5 if name == "Tiger1" else 0)
    assert boxes.shape == truth.shape
    np.testing.assert_allclose(boxes[0], truth[0], atol=1e-9)
    assert np.loadtxt(out / f"{spelled}_time.txt").shape == (len(truth),)
