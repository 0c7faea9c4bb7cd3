from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main

ROOT = Path(__file__).parents[3]
LENGTHS = {"Deer": 71, "Skiing": 81, "KiteSurf": 84}
WALKER = """
import os, time
import numpy as np
from trackers import Tracker

class Walker(Tracker):
    def init(self, frame, box): self.box = box
    def update(self, frame):
        time.sleep(float(os.environ.get("WALKER_SLEEP", "0")))
        self.box = self.box + [np.random.normal(0, 1), frame.mean() / 255, 0, 0]
        return self.box
"""


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes three sequences in OTB2015's layout, with tiny random frames."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name, length in LENGTHS.items():
        folder = root / "otb2015" / name
        (folder / "img").mkdir(parents=True)
        rows = [f"{5 + 0.1 * i:.0f},4,10,8" for i in range(length)]
        (folder / "groundtruth_rect.txt").write_text("\n".join(rows))
        for number in range(1, length + 1):
            pixels = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "img" / f"{number:04}.jpg")
    return root


@pytest.fixture
def walker(tmp_path: Path) -> str:
    path = tmp_path / "walker.py"
    path.write_text(WALKER)
    return f"{path}:Walker"


def arguments(walker: str, data_root: Path, results: Path) -> list[str]:
    return [
        "run",
        "--tracker",
        walker,
        "--dataset",
        "otb2015",
        "--data-root",
        str(data_root),
        "--results",
        str(results),
    ]


def boxes(results: Path) -> dict[str, bytes]:
    folder = results / "otb2015" / "Walker" / "ope"
    return {name: (folder / f"{name}.txt").read_bytes() for name in LENGTHS}


def test_run_and_score(
    walker: str, data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    assert main(arguments(walker, data_root, results)) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "97 of the 100 sequences of OTB2015 are missing" in captured.err
    assert "[3/3]" in captured.err
    assert "3 of 3 sequences ok; 236 frames" in captured.err

    score = ["score", "--dataset", "otb2015", "--data-root", str(data_root), "--results", str(results)]
    assert main([*score, "--format", "json"]) == 0
    [record] = json.loads(capsys.readouterr().out)
    assert {
        key: record[key] for key in ("tracker", "dataset", "protocol", "profile", "sequences", "of", "frames")
    } == {
        "tracker": "Walker",
        "dataset": "otb2015",
        "protocol": "ope",
        "profile": "otb",
        "sequences": 3,
        "of": 100,
        "frames": 236,
    }
    for metric in ("success", "precision", "normalized_precision"):
        assert 0 <= record[f"{metric}_low"] <= record[metric] <= record[f"{metric}_high"] <= 1

    assert main([*score, "--format", "csv", "--by", "sequence"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["sequence"] for row in rows] == ["Deer", "KiteSurf", "Skiing"]
    assert np.mean([float(row["success"]) for row in rows]) == pytest.approx(record["success"])

    assert main([*score, "--format", "json", "--by", "attribute"]) == 0
    by_attribute = json.loads(capsys.readouterr().out)
    assert {r["attribute"]: r["sequences"] for r in by_attribute}["IPR"] == 3

    assert main(score) == 0
    table = capsys.readouterr().out
    assert "3 of 100" in table
    assert f"{record['success']:.3f}" in table


def test_killed_run_resumes_to_the_same_bytes(walker: str, data_root: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main(arguments(walker, data_root, whole)) == 0

    command = [sys.executable, "-m", "benchmarks", *arguments(walker, data_root, broken)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "WALKER_SLEEP": "0.02"}, stderr=subprocess.DEVNULL
    )
    first = broken / "otb2015" / "Walker" / "ope" / "run.json"
    deadline = time.monotonic() + 60
    while not first.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = set(json.loads(first.read_text())["sequences"])
    assert done, "killed too early for this test"
    assert done != set(LENGTHS), "killed too late for this test"
    # Also truncate a finished file, like an interrupted copy.
    cut = first.parent / f"{min(done)}.txt"
    cut.write_bytes(cut.read_bytes()[:-30])

    assert main(arguments(walker, data_root, broken)) == 0
    assert boxes(broken) == boxes(whole)


def test_interrupt_keeps_finished_sequences(walker: str, data_root: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    command = [sys.executable, "-m", "benchmarks", *arguments(walker, data_root, results)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "WALKER_SLEEP": "0.02"}, stderr=subprocess.PIPE, text=True
    )
    manifest = results / "otb2015" / "Walker" / "ope" / "run.json"
    deadline = time.monotonic() + 60
    while not manifest.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert json.loads(manifest.read_text())["sequences"]["Deer"]["status"] == "ok"


def test_damaged_data_fails_only_its_sequence(
    walker: str, data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "damaged"
    shutil.copytree(data_root, root)
    frame = root / "otb2015" / "Deer" / "img" / "0040.jpg"
    frame.write_bytes(frame.read_bytes()[:200])
    truth = root / "otb2015" / "Skiing" / "groundtruth_rect.txt"
    truth.write_text("\n".join(truth.read_text().splitlines()[:50]))

    assert main(arguments(walker, root, tmp_path / "results")) == 1
    err = capsys.readouterr().err
    assert "Deer failed: " in err
    assert "0040.jpg is damaged" in err
    assert "Skiing failed: " in err
    assert "50 rows, expected 81" in err
    assert "1 of 3 sequences ok" in err

    score = [
        "score",
        "--dataset",
        "otb2015",
        "--data-root",
        str(data_root),
        "--results",
        str(tmp_path / "results"),
    ]
    assert main([*score, "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["sequences"] == 1
    assert "Walker: Deer is left out: failed: " in captured.err


def test_truncated_ground_truth_is_never_scored(
    walker: str, data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(walker, data_root, tmp_path / "results")) == 0
    root = tmp_path / "cut"
    shutil.copytree(data_root, root)
    truth = root / "otb2015" / "Deer" / "groundtruth_rect.txt"
    truth.write_text("\n".join(truth.read_text().splitlines()[:50]))
    capsys.readouterr()

    words = [
        "score",
        "--dataset",
        "otb2015",
        "--data-root",
        str(root),
        "--results",
        str(tmp_path / "results"),
    ]
    assert main(words) == 2
    assert "50 rows, expected 71" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"--tracker": "nccc"}, "there is no tracker 'nccc' (did you mean 'ncc'?)"),
        ({"--dataset": "otb2016"}, "there is no data set 'otb2016' (did you mean 'otb2015'?)"),
        ({"--data-root": "nowhere"}, "there is no folder nowhere/otb2015"),
        ({"--sequences": "Dear"}, "no sequence 'Dear' (did you mean 'Deer'?)"),
        ({"--sequences": "Basketball"}, "sequence Basketball of otb2015 is not in"),
        ({"--protocol": "opa"}, "there is no protocol 'opa' (did you mean 'ope'?)"),
        ({"--set": "reach"}, "--set takes KEY=VALUE, not 'reach'"),
        ({"--set": "raech=2"}, "no setting 'raech' (did you mean 'reach'?)"),
        ({"--weights": "w.pth"}, "takes no weights"),
        ({"--device": "cuda"}, "runs on the CPU only"),
        ({"--name": "../x"}, "cannot name a results folder"),
    ],
)
def test_bad_input_is_one_sentence(
    data_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], expected: str
) -> None:
    options: dict[str, Any] = {
        "--tracker": "ncc",
        "--dataset": "otb2015",
        "--sequences": "Deer",
        "--data-root": str(data_root),
        "--results": str(tmp_path / "results"),
        **change,
    }
    assert main(["run", *(word for option in options.items() for word in option)]) == 2
    err = capsys.readouterr().err
    assert expected in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_score_without_results_suggests_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "--dataset", "demo", "--results", str(tmp_path)]) == 2
    assert "make some with `sotbench run --tracker NAME --dataset demo`" in capsys.readouterr().err


def test_suggested_run_has_the_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--dataset", "demo", "--protocol", "tre", "--results", str(tmp_path)]
    assert main(["score", *options]) == 2
    assert "`sotbench run --tracker NAME --dataset demo --protocol tre`" in capsys.readouterr().err
