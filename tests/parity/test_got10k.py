"""Profile `got10k` against got10k's own report of the same boxes.

The stored scores are what `ExperimentOTB.report` of got10k 0.1.3 gives for DaSiamRPN's boxes in `../shared`,
as `ExperimentOTB` stores them. Where got10k is installed, its report is also made anew, of drawn boxes.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main
from benchmarks.datasets.disk_dataset import read_metadata
from benchmarks.scoring import score_run
from benchmarks.scoring.profiles import GOT10K

ONE_BASED = np.array([1.0, 1.0, 0.0, 0.0])

# Success AUC and precision at 20 pixels; four of the ten have frames without a box.
OTB2015 = {
    "Basketball": (0.6773727, 0.9779310),
    "Biker": (0.3192488, 0.4859155),
    "Board": (0.4580434, 0.3710602),
    "Bolt": (0.7208163, 1.0000000),
    "Crowds": (0.6786057, 1.0000000),
    "David": (0.6759681, 1.0000000),
    "Deer": (0.6492287, 0.9577465),
    "Jogging.1": (0.6547231, 0.9869707),
    "Tiger1": (0.6779915, 0.8595989),
    "Twinnings": (0.6410412, 0.9894068),
}


@pytest.mark.shared
def test_scores_equal_the_toolkits_by_sequence(published):
    run, dataset = published("DaSiamRPN")
    run = replace(run, trajectories={name: run.trajectories[name] for name in OTB2015})
    score = score_run(run, dataset, GOT10K)
    for name, part in score.by_sequence().items():
        metric_values = part.metrics()
        found = (metric_values["success"].value, metric_values["precision"].value)
        assert found == pytest.approx(OTB2015[name], abs=1e-6), name


def drawn(sequences: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Prediction and ground truth in files' numbers; some of the latter are empty or outside."""
    generator = np.random.default_rng(0)
    pairs = {}
    for number in range(sequences):
        truth = np.cumsum(generator.normal(0, 3, (120, 4)), axis=0) + np.array([30, 30, 40, 40])
        truth[:, 2:] = np.maximum(truth[:, 2:], 8)
        truth[generator.random(120) < 0.05] = 0
        pairs[f"s{number}"] = (truth + generator.normal(0, 5, truth.shape).clip(-7, None), truth)
    return pairs


def test_report_of_the_real_toolkit(tmp_path, monkeypatch):
    experiments = pytest.importorskip("got10k.experiments")
    pairs = drawn(4)

    class Known(list[tuple[None, np.ndarray]]):
        seq_names: tuple[str, ...] = tuple(pairs)

    # Its constructor downloads the data set; everything else is its own.
    experiment = experiments.ExperimentOTB.__new__(experiments.ExperimentOTB)
    experiment.dataset = Known((None, truth) for _, truth in pairs.values())
    experiment.result_dir, experiment.report_dir = str(tmp_path / "results"), str(tmp_path / "reports")
    experiment.nbins_iou, experiment.nbins_ce = 21, 51
    monkeypatch.setattr(experiment, "plot_curves", lambda names: None)
    for name, (prediction, _) in pairs.items():
        experiment._record(str(tmp_path / "results" / "mine" / f"{name}.txt"), prediction, np.ones(1))
    report = experiment.report(["mine"])["mine"]["seq_wise"]
    for name, (prediction, truth) in pairs.items():
        frames = GOT10K.measure(prediction - ONE_BASED, truth - ONE_BASED)
        curves = GOT10K.curves(frames)
        assert curves["success"] == pytest.approx(np.array(report[name]["success_curve"]), abs=1e-12)
        assert curves["precision"] == pytest.approx(np.array(report[name]["precision_curve"]), abs=1e-12)
        assert curves["sr50"] == pytest.approx(report[name]["success_rate"], abs=1e-12)


def got10k_val(root: Path, lengths: list[int], size: tuple[int, int] = (64, 48)) -> dict[str, np.ndarray]:
    """GOT-10k's own layout, with frames that do not show the target and boxes that leave the image."""
    generator = np.random.default_rng(1)
    truths = {}
    for number, length in enumerate(lengths, start=1):
        name = f"GOT-10k_Val_{number:06}"
        truth = np.cumsum(generator.normal(0, 2, (length, 4)), axis=0) + np.array([20, 15, 0, 0])
        truth[:, 2:] = np.abs(truth[:, 2:]) + 12
        cover = np.where(generator.random(length) < 0.3, 0, 8)
        cover[0] = 8
        folder = root / "val" / name
        folder.mkdir(parents=True)
        for frame in range(1, length + 1):
            Image.new("RGB", size).save(folder / f"{frame:08}.jpg")
        np.savetxt(folder / "groundtruth.txt", truth, delimiter=",", fmt="%.4f")
        for flag, values in (("cover", cover), ("absence", cover == 0), ("cut_by_image", cover * 0)):
            np.savetxt(folder / f"{flag}.label", values, fmt="%d")
        (folder / "meta_info.ini").write_text(f"[METAINFO]\nresolution: {size}\n")
        truths[name] = np.loadtxt(folder / "groundtruth.txt", delimiter=",")
    (root / "val" / "list.txt").write_text("\n".join(truths) + "\n")
    (root / "val" / "sotbench.toml").write_text("one_based = false\n")
    return truths


def test_average_overlap_of_the_real_toolkit(tmp_path, monkeypatch, capsys):
    experiments = pytest.importorskip("got10k.experiments")
    truths = got10k_val(tmp_path, [17, 24, 31, 38])
    out = ["--results", str(tmp_path / "ours")]
    experiment = experiments.ExperimentGOT10k(
        str(tmp_path), "val", str(tmp_path / "results"), str(tmp_path / "reports")
    )
    monkeypatch.setattr(experiment, "plot_curves", lambda *_: None)
    generator = np.random.default_rng(2)
    for name, truth in truths.items():
        boxes = (
            truth + generator.normal(0, 3, truth.shape).clip(-9, None) * (np.arange(len(truth)) > 0)[:, None]
        )
        boxes[:, 2:] = np.maximum(boxes[:, 2:], 1)
        place = tmp_path / "results" / "GOT-10k" / "mine" / name / f"{name}_001.txt"
        experiment._record(str(place), boxes, np.ones(len(boxes)))
    theirs = experiment.report(["mine"])["mine"]
    data = ["--dataset", "folder", "--data-root", str(tmp_path / "val"), *out]
    given = str(tmp_path / "results" / "GOT-10k" / "mine")
    assert main(["import", given, "--from", "got10k", "--tracker", "mine", *data]) == 0
    capsys.readouterr()
    assert main(["score", *data, "--profile", "got10k", "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["ao"] == pytest.approx(theirs["overall"]["ao"], abs=1e-9)
    assert captured.err == ""
    assert main(["score", *data, "--profile", "got10k", "--format", "json", "--by", "sequence"]) == 0
    for row in json.loads(capsys.readouterr().out):
        assert row["ao"] == pytest.approx(theirs["seq_wise"][row["sequence"]]["ao"], abs=1e-9)
    for path in (tmp_path / "val").glob("*/*.label"):
        path.unlink()
    assert main(["score", *data, "--profile", "got10k", "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert abs(json.loads(captured.out)[0]["ao"] - theirs["overall"]["ao"]) > 0.01
    assert captured.err.startswith(
        "profile 'got10k' leaves out frames without the target, but val has no visibility flags"
    )


def test_repetitions_on_got10k_itself_as_by_the_real_toolkit(tmp_path, monkeypatch, capsys):
    experiments = pytest.importorskip("got10k.experiments")
    lengths = [int(row["frames"]) for row in read_metadata("got10k.csv")[:3]]
    truths = got10k_val(tmp_path / "GOT-10k", lengths)
    experiment = experiments.ExperimentGOT10k(
        str(tmp_path / "GOT-10k"), "val", str(tmp_path / "results"), str(tmp_path / "reports")
    )
    monkeypatch.setattr(experiment, "plot_curves", lambda *_: None)
    generator = np.random.default_rng(2)
    folder = tmp_path / "results" / "GOT-10k" / "mine"
    for name, truth in truths.items():
        for number in (1, 2, 3):
            boxes = truth + generator.normal(0, number, truth.shape).clip(-9, None)
            boxes[:, 2:] = np.maximum(boxes[:, 2:], 1)
            boxes[0] = truth[0]
            experiment._record(str(folder / name / f"{name}_{number:03}.txt"), boxes, np.ones(len(boxes)))
    theirs = experiment.report(["mine"])["mine"]
    data = ["--dataset", "got10k", "--data-root", str(tmp_path), "--results", str(tmp_path / "ours")]
    assert main(["import", str(folder), "--from", "got10k", "--tracker", "mine", *data]) == 0
    capsys.readouterr()
    assert main(["score", *data, "--format", "json"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert (found["profile"], found["repetitions"]) == ("got10k", 3)
    assert (found["ao"], found["sr50"]) == pytest.approx(
        (theirs["overall"]["ao"], theirs["overall"]["sr"]), abs=1e-9
    )
    # Of the toolkit's 101 points, the one at 0.75.
    assert found["sr75"] == pytest.approx(theirs["overall"]["succ_curve"][75], abs=1e-9)
