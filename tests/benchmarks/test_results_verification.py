"""`sotbench verify-results`: each kind of damage to a run folder is named, and nothing else is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.protocols import Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest

Change = Callable[[dict[str, Any], Path], object]


@pytest.fixture
def folder(squares: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs a tracker over all squares; returns the run's folder."""
    monkeypatch.setattr(type(squares), "all_names", tuple(squares.lengths))
    assert main(["run", "--tracker", "still", "--dataset", "squares", "--results", str(tmp_path)]) == 0
    return tmp_path / "squares/still/ope"


def verdict(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main(["verify-results", str(folder), "--json", *options])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["valid"] == (status == 0)
    return status, found


@pytest.mark.parametrize(
    "protocol", ["ope", "tre", "sre", "supervised", "realtime", "unsupervised", "long-term"]
)
@pytest.mark.usefixtures("folder")
def test_every_protocol_writes_valid_results(
    protocol: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--dataset", "squares", "--results", str(tmp_path), "--protocol", protocol]
    assert main(["run", "--tracker", "ncc", *words]) == 0
    status, found = verdict(tmp_path / "squares/ncc" / protocol, capsys)
    assert (status, found["findings"]) == (0, [])
    assert (found["valid_sequences"], found["sequences"]) == (4, 4)


def rewrite(boxes: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Returns a change of the boxes of sequence "right", with their digest in the manifest."""

    def change(manifest: dict[str, Any], folder: Path) -> None:
        rows = np.loadtxt(folder / "right.txt", delimiter=",")
        changed = boxes(rows)
        stored = RunFolder.at(folder).write("right", [Trajectory(changed, np.ones(len(changed)))])
        manifest["sequences"]["right"]["runs"] = [vars(stored[0])]

    return change


def moved_start(rows: np.ndarray) -> np.ndarray:
    rows[0] += 3
    return rows


def infinite(rows: np.ndarray) -> np.ndarray:
    rows[4, 0] = np.inf
    return rows


@pytest.mark.parametrize(
    ("change", "part", "sentence"),
    [
        (lambda m, f: (f / "right.txt").write_text("1,2,3,4\n"), "files", "were changed since the run"),
        (lambda m, f: (f / "right.time.txt").unlink(), "files", "are missing"),
        (lambda m, f: m["sequences"].pop("right"), "sequences", "1 of 4 is missing: right"),
        (
            lambda m, f: m["sequences"].__setitem__("left", m["sequences"]["right"]),
            "sequences",
            "not in Squares: left",
        ),
        (
            lambda m, f: m["sequences"]["right"].update(status="timeout", message="too slow"),
            "sequences",
            "timeout: too slow",
        ),
        (lambda m, f: m["sequences"]["right"].update(truth="0" * 64), "data", "other ground truth"),
        (lambda m, f: m.update(environments=[]), "machine", "no record of environment 0"),
        (lambda m, f: m["environments"][0].pop("processor"), "machine", "does not record processor"),
        (rewrite(lambda rows: rows[:-2]), "length", "10 boxes for 12 frames"),
        (rewrite(moved_start), "first box", "in frame 1 it is "),
        (rewrite(infinite), "boxes", "1 box is not finite"),
        (rewrite(lambda rows: np.where(np.arange(12)[:, None], np.nan, rows)), "boxes", "no box after"),
    ],
)
def test_damage_is_named(
    change: Change, part: str, sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((folder / "run.json").read_text())
    change(manifest, folder)
    (folder / "run.json").write_text(json.dumps(manifest))
    status, found = verdict(folder, capsys)
    problems = [finding for finding in found["findings"] if not finding["harmless"]]
    assert status == 1
    assert [finding["part"] for finding in problems] == [part]
    assert sentence in problems[0]["problem"]
    assert main(["verify-results", str(folder)]) == 1
    assert "; not valid: 1 problem\n" in capsys.readouterr().out


def test_damaged_manifest_is_a_problem_and_a_missing_one_is_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "run.json").write_text("{")
    status, found = verdict(folder, capsys)
    assert (status, found["findings"][0]["part"]) == (1, "manifest")
    (folder / "run.json").unlink()
    assert main(["verify-results", str(folder)]) == 2
    assert "is not the folder of a run: it has no run.json" in capsys.readouterr().err


def test_folder_is_verified_wherever_it_lies(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(folder, tmp_path / "submission")
    status, found = verdict(tmp_path / "submission/run.json", capsys)
    assert (status, found["tracker"], found["dataset"]) == (0, "still", "squares")
    assert main(["verify-results", str(folder.parent)]) == 2
    assert f"give one of those inside, such as {folder}" in capsys.readouterr().err


def test_notes_do_not_make_results_invalid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "more.txt").write_text("1,2,3,4\n")
    renamed = folder.parent.rename(folder.parents[1] / "other") / "ope"
    status, found = verdict(renamed, capsys)
    assert status == 0
    assert [finding["part"] for finding in found["findings"]] == ["manifest", "files"]
    assert "made under the name 'still'" in found["findings"][0]["problem"]


def test_imported_results_lack_a_machine_and_may_be_accepted(
    squares: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = RunFolder(folder.parents[2], "squares", "theirs", "ope")
    manifest = Manifest("squares", None)
    for name in squares.lengths:
        truth = squares[name].truth
        rounded = Trajectory(np.rint(truth) + 1, np.full(len(truth), np.nan))
        runs = theirs.write(name, [rounded])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(theirs.manifest_path)
    status, found = verdict(theirs.path, capsys)
    assert (status, [finding["part"] for finding in found["findings"]]) == (1, ["machine"])
    assert verdict(theirs.path, capsys, "--imported")[0] == 0
