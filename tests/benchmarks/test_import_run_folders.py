"""`import` of run folders of sotbench: by their manifest, wherever they lie."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import Identity, Manifest, RunFolder, SequenceRecord, find_runs, read_run, truth_digest
from benchmarks.store.run_folder import MANIFEST

DEMO = open_dataset("demo", None)
NAMES = DEMO.names()[:3]


def identity(protocol: str, repeat: int) -> Identity:
    return Identity("ncc", {}, None, None, protocol, "cpu", 0, repeat)


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Returns a function that writes a run folder of the demo, as `run` does."""

    def make(
        tracker: str = "ncc", protocol: str = "ope", repeat: int = 1, dataset: str = "demo", made: bool = True
    ) -> Path:
        folder = RunFolder(tmp_path / "theirs", dataset, tracker, protocol)
        manifest = Manifest(dataset, identity(protocol, repeat) if made else None, tracker=tracker)
        rng = np.random.default_rng(len(tracker) + repeat)
        for name in NAMES:
            truth = DEMO[name].truth
            runs = []
            for _ in range(repeat):
                boxes = truth + rng.normal(0, 1, truth.shape)
                boxes[0] = truth[0]
                runs.append(Trajectory(boxes, rng.uniform(0.01, 0.02, len(truth))))
            files = folder.write(name, runs)
            manifest.sequences[name] = SequenceRecord(
                "ok", frames=len(truth), truth=truth_digest(truth), runs=files
            )
        folder.path.mkdir(parents=True, exist_ok=True)
        manifest.write(folder.manifest_path)
        return folder.path

    return make


def imported(tmp_path: Path, path: Path, *more: str, form: str = "txt") -> int:
    results = str(tmp_path / "mine")
    return main(["import", str(path), "--from", form, "--dataset", "demo", "--results", results, *more])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.txt")}


@pytest.mark.parametrize("form", ["txt", "got10k", "pysot", "pytracking", "vot"])
@pytest.mark.parametrize("repeat", [1, 3])
def test_run_folder_is_read_as_ours(form, repeat, make_run, tmp_path, capsys):
    folder = make_run(repeat=repeat)
    assert imported(tmp_path, folder, "--tracker", "copy", form=form) == 0
    assert f"{folder} is a run of sotbench" in capsys.readouterr().err
    assert contents(tmp_path / "mine/demo/copy/ope") == contents(folder)
    run = read_run(tmp_path / "mine", "demo", "copy")
    assert {len(runs) for runs in run.trajectories.values()} == {repeat}


def test_run_with_repetitions_from_the_command_line(tmp_path, capsys):
    where = ["--dataset", "demo", "--results", str(tmp_path / "theirs")]
    assert main(["run", "--tracker", "still", "--repeat", "2", "--sequences", "easy", *where]) == 0
    assert imported(tmp_path, tmp_path / "theirs/demo/still/ope", "--tracker", "copy") == 0
    assert "with 2 runs per sequence" in capsys.readouterr().err
    assert len(read_run(tmp_path / "mine", "demo", "copy").trajectories["easy"]) == 2


@pytest.mark.parametrize("pack", ["zip", "gztar"])
@pytest.mark.parametrize("top", ["theirs", "theirs/demo/ncc", "theirs/demo/ncc/ope"])
def test_archive_of_a_run_folder(pack, top, make_run, tmp_path):
    folder = make_run(repeat=2)
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), pack, tmp_path / top))
    assert imported(tmp_path, archive) == 0
    assert contents(tmp_path / "mine/demo/ncc/ope") == contents(folder)


def test_results_root_gives_each_run_of_the_data_set(make_run, tmp_path, capsys):
    make_run("ncc", repeat=2)
    make_run("other")
    make_run("ncc", protocol="unsupervised")
    make_run("elsewhere", dataset="otb2015")
    assert imported(tmp_path, tmp_path / "theirs") == 0
    assert capsys.readouterr().err.splitlines()[-1] == "3 of 3 trackers imported"
    assert find_runs(tmp_path / "mine", "demo") == ["ncc", "other"]
    assert find_runs(tmp_path / "mine", "demo", "unsupervised") == ["ncc"]
    assert len(read_run(tmp_path / "mine", "demo", "ncc").trajectories[NAMES[0]]) == 2


def test_run_folders_beside_other_results(make_run, tmp_path):
    ours = make_run()
    root = tmp_path / "collection"
    shutil.copytree(ours, root / "of sotbench")
    (root / "plain").mkdir()
    for name in NAMES:
        np.savetxt(root / "plain" / f"{name}.txt", DEMO[name].truth, delimiter=",")
    assert imported(tmp_path, root) == 0
    assert find_runs(tmp_path / "mine", "demo") == ["ncc", "plain"]


def test_tracker_name_selects_among_several(make_run, tmp_path, capsys):
    make_run("ncc", repeat=2)
    make_run("other")
    assert imported(tmp_path, tmp_path / "theirs", "--tracker", "ncc") == 0
    assert len(read_run(tmp_path / "mine", "demo", "ncc").trajectories[NAMES[0]]) == 2
    assert imported(tmp_path, tmp_path / "theirs", "--tracker", "third") == 2
    err = capsys.readouterr().err
    assert "holds 2 runs of sotbench on demo: demo/ncc/ope (ncc, ope), demo/other/ope (other, ope)" in err
    assert "name the folder of one, or leave out --tracker" in err


def test_protocol_comes_from_the_run(make_run, tmp_path, capsys):
    folder = make_run(protocol="unsupervised")
    assert imported(tmp_path, folder, "--tracker", "copy") == 0
    assert find_runs(tmp_path / "mine", "demo", "unsupervised") == ["copy"]
    assert imported(tmp_path, folder, "--tracker", "copy", "--protocol", "ope") == 2
    assert "under protocol 'unsupervised', not 'ope'; see --protocol" in capsys.readouterr().err


def test_imported_run_can_be_imported_again(make_run, tmp_path):
    folder = make_run(made=False, repeat=2)
    moved = tmp_path / "moved"
    folder.rename(moved)
    assert imported(tmp_path, moved) == 0
    assert contents(tmp_path / "mine/demo/ncc/ope") == contents(moved)


def test_other_data_set_is_named(make_run, tmp_path, capsys):
    folder = make_run(dataset="otb2015")
    assert imported(tmp_path, folder, "--tracker", "copy") == 2
    assert "is a run of sotbench on data set 'otb2015', not 'demo'; see --dataset" in capsys.readouterr().err
    assert imported(tmp_path, tmp_path / "theirs") == 2
    assert "none on demo; there are some on otb2015 (ope)" in capsys.readouterr().err


@pytest.mark.parametrize("options", [("--one-based",), ("--columns", "xyxy")])
def test_declarations_that_contradict_a_run_are_refused(options, make_run, tmp_path, capsys):
    assert imported(tmp_path, make_run(), "--tracker", "copy", *options) == 2
    assert "whose boxes are 0-based x, y, w, h; leave out --one-based" in capsys.readouterr().err


def test_changed_and_missing_files_are_named(make_run, tmp_path, capsys):
    folder = make_run(repeat=2)
    (folder / f"{NAMES[0]}.2.txt").write_text("1,2,3,4\n")
    (folder / f"{NAMES[1]}.1.time.txt").unlink()
    assert imported(tmp_path, folder, "--tracker", "copy") == 2
    err = capsys.readouterr().err
    assert f"{NAMES[0]}: its files were changed since the run; to import them as they are, remove" in err
    assert f"{NAMES[1]}.1.time.txt: is missing" in err
    assert not (tmp_path / "mine/demo/copy/ope" / MANIFEST).exists()
    assert imported(tmp_path, folder, "--tracker", "copy", "--skip-bad") == 0
    run = read_run(tmp_path / "mine", "demo", "copy")
    assert list(run.trajectories) == [NAMES[2]]
    assert set(run.failed) == set(NAMES[:2])


def test_other_ground_truth_is_refused(make_run, tmp_path, capsys):
    folder = make_run()
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["sequences"][NAMES[0]]["truth"] = "0" * 64
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert imported(tmp_path, folder, "--tracker", "copy") == 2
    assert f"{NAMES[0]}: was made on other ground truth than the one here" in capsys.readouterr().err


def test_failed_sequences_stay_failed(make_run, tmp_path):
    folder = make_run()
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["sequences"][NAMES[0]] |= {"status": "timeout", "message": "took too long", "runs": []}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert imported(tmp_path, folder, "--tracker", "copy") == 0
    run = read_run(tmp_path / "mine", "demo", "copy")
    assert list(run.trajectories) == list(NAMES[1:])
    assert "timeout: took too long" in run.failed[NAMES[0]]


def test_damaged_manifest_beside_times_is_named(make_run, tmp_path, capsys):
    folder = make_run(repeat=2)
    (folder / MANIFEST).write_text("{")
    assert imported(tmp_path, folder, "--tracker", "copy") == 2
    assert f"{folder}/{MANIFEST} is not a run's manifest" in capsys.readouterr().err


def test_foreign_run_json_is_only_a_file(tmp_path):
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / MANIFEST).write_text('{"learning_rate": 0.1}')
    for name in NAMES:
        np.savetxt(folder / f"{name}.txt", DEMO[name].truth, delimiter=",")
    assert imported(tmp_path, folder, "--tracker", "T") == 0


def test_results_in_their_place_are_left_alone(make_run, tmp_path, capsys):
    folder = make_run()
    before = contents(folder)
    where = ["--dataset", "demo", "--results", str(tmp_path / "theirs"), "--overwrite"]
    assert main(["import", str(folder), "--from", "txt", "--tracker", "ncc", *where]) == 2
    assert "is where its results belong; there is nothing to import" in capsys.readouterr().err
    assert contents(folder) == before
    assert read_run(tmp_path / "theirs", "demo", "ncc").imported is False


def test_same_run_twice_is_refused(make_run, tmp_path, capsys):
    folder = make_run()
    root = tmp_path / "collection"
    for name in ("a", "b"):
        shutil.copytree(folder, root / name)
    assert imported(tmp_path, root) == 2
    assert "holds 2 runs of 'ncc' under protocol 'ope'" in capsys.readouterr().err
