from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.protocols import Trajectory
from benchmarks.store import (
    Identity,
    Manifest,
    RunFolder,
    SequenceRecord,
    find_runs,
    read_run,
    select_runs,
    truth_digest,
)
from trackers.errors import UserError

IDENTITY = Identity("ncc", {"reach": "2"}, None, "abc", "ope", "cpu", 0, 1)


def trajectory(length: int = 5) -> Trajectory:
    rng = np.random.default_rng(length)
    return Trajectory(rng.normal(50, 20, (length, 4)), rng.random(length))


def write_run(results: Path, tracker: str = "ncc") -> RunFolder:
    folder = RunFolder(results, "demo", tracker, "ope")
    files = folder.write("easy", [trajectory()])
    manifest = Manifest("demo", IDENTITY, [{"python": "3"}])
    manifest.sequences["easy"] = SequenceRecord("ok", frames=5, truth="t", runs=files)
    manifest.sequences["hard"] = SequenceRecord("failed", "frame 3: ValueError: no", "Traceback ...")
    manifest.write(folder.manifest_path)
    return folder


def test_written_results_are_read_back_exactly(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    manifest = folder.read_manifest()
    assert manifest is not None
    assert manifest.identity == IDENTITY
    again = folder.read("easy", manifest.sequences["easy"])
    assert again is not None
    assert len(again) == 1
    assert again[0].boxes.tobytes() == trajectory().boxes.tobytes()
    assert again[0].seconds.tobytes() == trajectory().seconds.tobytes()


def test_layout_is_as_documented(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    assert folder.path == tmp_path / "demo" / "ncc" / "ope"
    assert sorted(p.name for p in folder.path.iterdir()) == ["easy.time.txt", "easy.txt", "run.json"]
    line = (folder.path / "easy.txt").read_text().splitlines()[0]
    assert [float(number) for number in line.split(",")] == trajectory().boxes[0].tolist()
    content = json.loads((folder.path / "run.json").read_text())
    assert content["schema"] == 1
    assert content["sequences"]["hard"]["status"] == "failed"


@pytest.mark.parametrize("name", ["easy.txt", "easy.time.txt"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_damaged_file_does_not_count_as_done(tmp_path: Path, name: str, damage: str) -> None:
    folder = write_run(tmp_path)
    manifest = folder.read_manifest()
    assert manifest is not None
    assert folder.is_complete("easy", manifest.sequences["easy"])
    path = folder.path / name
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif damage == "changed":
        path.write_text(path.read_text().replace("1", "2", 1))
    else:
        path.unlink()

    assert not folder.is_complete("easy", manifest.sequences["easy"])
    run = read_run(tmp_path, "demo", "ncc")
    assert run.trajectories == {}
    assert "run it again" in run.failed["easy"]


def test_incomplete_sequences_are_listed_as_failed(tmp_path: Path) -> None:
    write_run(tmp_path)
    run = read_run(tmp_path, "demo", "ncc")
    assert list(run.trajectories) == ["easy"]
    assert run.failed == {"hard": "failed: frame 3: ValueError: no"}


def test_runs_are_found_and_selected(tmp_path: Path) -> None:
    for tracker in ("siamfc", "NCC", "ab"):
        write_run(tmp_path, tracker)
    (tmp_path / "demo" / "plots").mkdir()
    assert find_runs(tmp_path, "demo") == ["ab", "NCC", "siamfc"]
    assert find_runs(tmp_path, "demo", "tre") == []
    chosen = select_runs(tmp_path, "demo", "ope", ["siamfc", "ab", "siamfc"])
    assert [folder.tracker for folder in chosen] == ["siamfc", "ab"]
    with pytest.raises(UserError, match=r"no results of tracker 'siamfd' .* \(did you mean 'siamfc'\?\)"):
        select_runs(tmp_path, "demo", "ope", ["siamfd"])
    with pytest.raises(UserError, match="no results of protocol 'ope' on otb2015"):
        select_runs(tmp_path, "otb2015", "ope", None)
    with pytest.raises(UserError, match="there is no run of 'none'"):
        read_run(tmp_path, "demo", "none")


def test_other_protocols_are_named_also_on_data_sets_with_the_same_sequences(tmp_path: Path) -> None:
    for protocol in ("tre", "sre"):
        manifest = write_run(tmp_path).manifest_path
        place = tmp_path / "other" / "ncc" / protocol
        place.mkdir(parents=True)
        (place / manifest.name).write_bytes(manifest.read_bytes())
    hint = "there are some of sre, tre: give --protocol sre or tre"
    with pytest.raises(UserError, match=f"on new in .*, nor on other, .*; {hint}"):
        select_runs(tmp_path, "new", "ope", None, ["other"])
    with pytest.raises(
        UserError, match=f"no results of tracker 'ncc' of protocol 'long' on other in .*; {hint}"
    ):
        (tmp_path / "other" / "still" / "long").mkdir(parents=True)
        (tmp_path / "other" / "still" / "long" / "run.json").touch()
        select_runs(tmp_path, "other", "long", ["ncc"])
    with pytest.raises(UserError, match=f"there is no run of 'ncc' in .*; {hint}"):
        read_run(tmp_path, "other", "ncc")


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "x y"])
def test_invalid_folder_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="cannot name a results folder"):
        RunFolder(tmp_path, "demo", name, "ope")


def test_discard_removes_the_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    folder.discard()
    assert list(folder.path.iterdir()) == []


def test_truth_digest_depends_on_values_only() -> None:
    truth = np.arange(8.0).reshape(2, 4)
    assert truth_digest(truth) == truth_digest(np.asfortranarray(truth)) == truth_digest(truth.astype(">f8"))
    assert truth_digest(truth) != truth_digest(truth + 1e-12)


def test_confidences_and_direction_are_read_back(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "vot2020", "ncc", "multistart")
    plain = trajectory()
    confidences = np.array([np.nan, 0.1 + 0.2, 1.0, 0.0, -2.5])
    backward = replace(plain, start=4, backward=True, confidences=confidences)
    record = SequenceRecord("ok", frames=5, truth="t", runs=folder.write("easy", [plain, backward]))
    identity = replace(IDENTITY, protocol="multistart")
    Manifest("vot2020", identity, [{}], {"easy": record}).write(folder.manifest_path)
    manifest = folder.read_manifest()
    assert manifest is not None
    assert manifest.sequences["easy"] == record
    again = folder.read("easy", record)
    assert again is not None
    assert (again[0].confidences, again[0].backward) == (None, False)
    assert again[1].confidences is not None
    assert again[1].confidences.tobytes() == confidences.tobytes()
    assert (again[1].start, again[1].backward) == (4, True)
    runs = json.loads(folder.manifest_path.read_text())["sequences"]["easy"]["runs"]
    assert [set(run) - {"boxes", "times", "start"} for run in runs] == [set(), {"backward", "confidences"}]

    (folder.path / "easy.2.confidence.txt").write_text("nan\n1\n1\n1\n1\n")
    assert not folder.is_complete("easy", record)
    folder.discard()
    assert list(folder.path.iterdir()) == []
