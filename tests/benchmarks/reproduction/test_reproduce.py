"""`sotbench reproduce`: what is the same, what has changed, and what cannot be reproduced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import sotbench
from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.reproduction import read_record
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest
from trackers.siamese.siamfc import SiamFCLite

DRIFT = """
from trackers import Tracker
class Drift(Tracker):
    def init(self, frame, box): self.box = box
    def update(self, frame): return self.box + [{shift}, 0, 0, 0]
"""


def make(results: Path, tracker: str, *options: str, sequences: tuple[str, ...] = ("right",)) -> Path:
    """Runs a tracker over the squares; returns the run's folder."""
    words = ["--dataset", "squares", "--results", str(results), "--sequences", *sequences, *options]
    assert main(["run", "--tracker", tracker, *words]) == 0
    [manifest] = results.glob("squares/*/*/run.json")
    return manifest.parent


def again(folder: Path, *options: str) -> int:
    """Reproduces a run, whose folder must stay as it is; returns the exit status."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    status = main(["reproduce", str(folder), *options])
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    return status


@pytest.mark.usefixtures("squares")
@pytest.mark.parametrize("protocol", ["ope", "sre", "supervised"])
def test_same_tracker_gives_the_same_bytes(
    protocol: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path, "ncc", "--protocol", protocol, sequences=("right", "down"))
    capsys.readouterr()
    assert again(folder) == 0
    said = capsys.readouterr().out
    assert "2 of 2 sequences have the same boxes, byte for byte" in said
    assert "has changed" in said


@pytest.mark.usefixtures("squares")
def test_changed_code_is_named_with_the_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "drift.py"
    plugin.write_text(DRIFT.format(shift=1))
    folder = make(tmp_path / "results", f"{plugin}:Drift", "--repeat", "2")
    plugin.write_text(DRIFT.format(shift=4))
    capsys.readouterr()
    assert again(folder, "--tracker", f"{plugin}:Drift", "--json") == 1
    outcome = json.loads(capsys.readouterr().out)
    assert set(outcome["changes"]) >= {"code"}
    right = outcome["sequences"]["right"]
    assert (right["same"], right["frames"], right["first"], right["max_difference"]) == (False, 24, 1, 3)
    # The target is 12 wide, so boxes 3 pixels apart share 9 of 15; the two first frames are equal.
    assert right["mean_iou"] == pytest.approx((2 + 22 * 9 / 15) / 24)


@pytest.mark.usefixtures("squares")
def test_plugin_is_not_started_by_its_manifest_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "drift.py"
    plugin.write_text(DRIFT.format(shift=1))
    folder = make(tmp_path / "results", f"{plugin}:Drift")
    plugin.write_text("raise SystemExit('it was started')")
    assert again(folder) == 2
    assert "is started only when you name it: give --tracker" in capsys.readouterr().err


@pytest.mark.usefixtures("squares")
def test_other_thread_count_is_named(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        folder = make(tmp_path, "siamfc-lite")
        torch.set_num_threads(2)
        outcome = sotbench.reproduce(folder)
    finally:
        torch.set_num_threads(threads)
    assert outcome.changes["torch_threads"] == ("1", "2")
    assert outcome.sequences["right"].max_difference < 0.01


@pytest.mark.usefixtures("squares")
def test_other_weights_are_refused_until_their_file_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with safe_open(SiamFCLite.default_weights(), "pt") as file:
        changed = {name: file.get_tensor(name) + 1e-3 for name in file.keys()}  # noqa: SIM118 - no mapping
        save_file(changed, own := tmp_path / "own.safetensors", file.metadata())
    folder = make(tmp_path / "results", "siamfc-lite", "--weights", str(own))
    assert again(folder) == 2
    assert "has other weights (sha256 " in capsys.readouterr().err
    assert again(folder, "--weights", str(tmp_path / "gone")) == 2
    assert "gone" in capsys.readouterr().err
    assert again(folder, "--weights", str(own)) == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"truth": "0" * 64}, "right (its ground truth differs)"),
        ({"images": "0" * 64}, "right (its frames differ)"),
    ],
)
@pytest.mark.usefixtures("squares")
def test_changed_data_are_refused(
    change: dict[str, str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path, "still", sequences=("right", "down"))
    manifest = json.loads((folder / "run.json").read_text())
    manifest["sequences"]["right"] |= change
    (folder / "run.json").write_text(json.dumps(manifest))
    assert again(folder) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "leave them out with --sequences" in said
    assert again(folder, "--sequences", "down") == 0


@pytest.mark.usefixtures("squares")
def test_missing_tracker_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make(tmp_path, "still")
    manifest = json.loads((folder / "run.json").read_text())
    manifest["identity"]["tracker"] = "stil"
    (folder / "run.json").write_text(json.dumps(manifest))
    assert again(folder) == 2
    assert "there is no tracker 'stil' (did you mean 'still'?)" in capsys.readouterr().err


def test_imported_results_cannot_be_reproduced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = open_dataset("demo", None)["easy"].truth
    folder = RunFolder(tmp_path, "demo", "theirs", "ope")
    runs = folder.write("easy", [Trajectory(truth, np.ones(len(truth)))])
    record = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    Manifest("demo", None, sequences={"easy": record}).write(folder.manifest_path)
    assert again(folder.path) == 2
    assert "holds imported results, which cannot be reproduced" in capsys.readouterr().err


@pytest.mark.usefixtures("squares")
def test_changed_boxes_and_unfinished_sequences_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path, "still")
    (folder / "right.txt").write_text("1,2,3,4\n")
    assert again(folder) == 2
    assert "files of right in" in capsys.readouterr().err
    manifest = json.loads((folder / "run.json").read_text())
    assert again(folder, "--sequences", "down") == 2
    assert "has no sequence 'down'" in (said := capsys.readouterr().err)
    assert "(the run has right)" in said
    manifest["sequences"]["right"] |= {"status": "timeout", "message": "it took too long", "runs": []}
    (folder / "run.json").write_text(json.dumps(manifest))
    assert again(folder) == 2
    assert "none of its sequences is ok" in capsys.readouterr().err


@pytest.mark.usefixtures("squares")
def test_failure_of_the_new_run_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = tmp_path / "drift.py"
    plugin.write_text(DRIFT.format(shift=1))
    folder = make(tmp_path / "results", f"{plugin}:Drift")
    plugin.write_text(DRIFT.format(shift="1 / 0"))
    assert again(folder, "--tracker", f"{plugin}:Drift") == 1
    assert "right: failed now: " in capsys.readouterr().out


@pytest.mark.usefixtures("squares")
def test_record_is_kept_beside_the_run_and_expires_with_its_boxes(tmp_path: Path) -> None:
    folder = make(tmp_path, "still", sequences=("right", "down"))
    assert read_record(RunFolder.at(folder)) is None
    assert main(["reproduce", str(folder), "--sequences", "down", "--record", "--by", "A. Reader"]) == 0
    run = RunFolder.at(folder)
    record, manifest = read_record(run), run.read_manifest()
    assert record is not None
    assert manifest is not None
    assert (record.by, record.of) == ("A. Reader", 2)
    assert list(record.current(manifest)) == ["down"]
    manifest.sequences["down"] = manifest.sequences["right"]
    assert not record.current(manifest)
    (folder / "reproduced.json").write_text("{}")
    with pytest.raises(sotbench.UserError, match="is not the record of a reproduction"):
        read_record(run)


@pytest.mark.usefixtures("squares")
def test_new_run_is_kept_where_the_user_says_but_never_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make(tmp_path / "results", "still")
    assert again(folder, "--out", str(tmp_path / "new")) == 0
    assert (tmp_path / "new/squares/still/ope/right.txt").read_bytes() == (folder / "right.txt").read_bytes()
    assert again(folder, "--out", str(tmp_path / "results")) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", str(tmp_path)]) == 2
    assert "is not the folder of a run" in capsys.readouterr().err
