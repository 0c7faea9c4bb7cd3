from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from benchmarks.cli import exporting, importing
from benchmarks.cli.main import main
from benchmarks.datasets import open_dataset
from benchmarks.store import find_runs, read_run, truth_digest
from trackers.commands import Parser, catch_user_errors

DEMO = open_dataset("demo", None)


def command(module: ModuleType, *words: Any) -> int:
    """Runs one command like `main`."""
    parser = Parser(prog=module.NAME)
    module.add_arguments(parser)

    def execute(arguments: Any) -> int:
        parsed: argparse.Namespace = parser.parse_args(arguments)
        status: int = module.run(parsed)
        return status

    return catch_user_errors(execute)([str(word) for word in words])


@pytest.fixture
def text_results(tmp_path: Path) -> Callable[..., Path]:
    """Returns a function that writes text files with the demo's ground truth, shifted by some pixels."""

    def files(pixels: float) -> Path:
        folder = tmp_path / "given"
        folder.mkdir(exist_ok=True)
        for name in DEMO.names():
            np.savetxt(
                folder / f"{name}_mine.txt",
                DEMO[name].truth + np.array([pixels, pixels, 0, 0]),
                delimiter=",",
            )
        (folder / "notes.txt").write_text("about these results")
        return folder

    return files


def words(folder: Path, results: Path, *more: str) -> list[Any]:
    return [folder, "--from", "txt", "--tracker", "T", "--dataset", "demo", "--results", results, *more]


def test_renamed_import_folder_is_reported(text_results, tmp_path):
    results = tmp_path / "results"
    assert command(importing, *words(text_results(1), results)) == 0
    assert read_run(results, "demo", "T").notes == ()
    (results / "demo" / "T").rename(results / "demo" / "U")
    [remark] = read_run(results, "demo", "U").notes
    assert "made under the name 'T'" in remark


def test_imported_results_are_scored(text_results, tmp_path, capsys):
    results = tmp_path / "results"
    assert command(importing, *words(text_results(1), results)) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    count = len(DEMO.names())
    assert captured.err.splitlines() == [
        f"pixels count from 1: of {count} first boxes {count} are 1-based ground truth and 0 0-based",
        "skipped, not results of a sequence under this protocol: notes.txt",
        f"{count} of {count} sequences of {DEMO.title} imported; in {results}/demo/T/ope",
    ]
    run = read_run(results, "demo", "T")
    assert run.failed == {}
    for name in DEMO.names():
        np.testing.assert_allclose(run.trajectories[name][0].boxes, DEMO[name].truth)
        assert run.truth[name] == truth_digest(DEMO[name].truth)
    manifest = json.loads((results / "demo" / "T" / "ope" / "run.json").read_text())
    assert manifest["identity"] is None
    assert manifest["environments"][0]["imported"]["format"] == "txt"
    assert manifest["environments"][0]["imported"]["origin"] == "one"

    assert main(["score", "--dataset", "demo", "--results", str(results), "--format", "json"]) == 0
    [record] = json.loads(capsys.readouterr().out)
    # Not 20/21, because the target is out of view in some frames.
    assert 0.9 < record["success"] <= 20 / 21
    assert record["sequences"] == count


def test_existing_results_need_overwrite(text_results, tmp_path, capsys):
    results = tmp_path / "results"
    given = words(text_results(0), results)
    assert command(importing, *given) == 0
    capsys.readouterr()
    assert command(importing, *given) == 2
    assert "give another --tracker, or --overwrite" in capsys.readouterr().err
    assert command(importing, *given, "--overwrite") == 0


def test_declared_origin_is_used(text_results, tmp_path):
    results = tmp_path / "results"
    assert command(importing, *words(text_results(0), results, "--one-based")) == 0
    name = DEMO.names()[0]
    boxes = read_run(results, "demo", "T").trajectories[name][0].boxes
    np.testing.assert_allclose(boxes, DEMO[name].truth - [1, 1, 0, 0])


def test_one_bad_file_prevents_the_import(text_results, tmp_path, capsys):
    folder, results = text_results(0), tmp_path / "results"
    bad = folder / f"{DEMO.names()[3]}_mine.txt"
    bad.write_text(bad.read_text().rstrip().rpartition("\n")[0])
    assert command(importing, *words(folder, results)) == 2
    err = capsys.readouterr().err
    assert f"{bad}: 59 boxes where {DEMO.names()[3]} has 60 frames" in err
    assert len(err.splitlines()) == 1
    assert not results.exists()


@pytest.mark.parametrize("form", ["got10k", "otb-json", "otb-mat", "pysot", "pytracking", "txt"])
def test_exported_zip_is_read_again(form, text_results, tmp_path, capsys):
    results, out = tmp_path / "results", tmp_path / "new" / "T.ZIP"
    assert command(importing, *words(text_results(0.0), results)) == 0
    export = ["--to", form, "--tracker", "T", "--dataset", "demo", "--results", results]
    assert command(exporting, *export, out) == 0
    assert f"written in {out}" in capsys.readouterr().err
    back = ["--from", form, "--tracker", "back", "--dataset", "demo", "--results", results]
    assert command(importing, out, *back) == 0
    before, after = (read_run(results, "demo", tracker).trajectories for tracker in ("T", "back"))
    for name in DEMO.names():
        np.testing.assert_allclose(after[name][0].boxes, before[name][0].boxes, atol=0.01)
    content = out.read_bytes()
    capsys.readouterr()
    assert command(exporting, *export, out) == 2
    assert capsys.readouterr().err == f"error: {out} exists; name a new .zip file or a folder\n"
    assert out.read_bytes() == content


@pytest.mark.parametrize("name", ["x.tar.gz", "x.mat", "x.json", "x.TXT"])
def test_name_of_another_file_is_no_folder(name, text_results, tmp_path, capsys):
    results = tmp_path / "results"
    assert command(importing, *words(text_results(0.0), results)) == 0
    capsys.readouterr()
    export = ["--to", "txt", "--tracker", "T", "--dataset", "demo", "--results", results]
    assert command(exporting, *export, tmp_path / name) == 2
    assert "name a folder or a .zip file" in capsys.readouterr().err
    assert not (tmp_path / name).exists()
    assert command(exporting, *export, tmp_path / "results.v2") == 0


def test_export_and_import_round_trip(text_results, tmp_path, capsys):
    results, out = tmp_path / "results", tmp_path / "out"
    assert command(importing, *words(text_results(0.0), results)) == 0
    export = ["--tracker", "T", "--dataset", "demo", "--results", results]
    assert command(exporting, "--to", "got10k", *export, out) == 0
    err = capsys.readouterr().err
    assert f"{len(DEMO.names())} sequences, {len(DEMO.names())} files written in {out}" in err
    name = DEMO.names()[0]
    # As the GOT-10k toolkit reads it.
    np.testing.assert_allclose(np.loadtxt(out / "T" / f"{name}.txt", delimiter=","), DEMO[name].truth)
    back = ["--from", "got10k", "--tracker", "back", "--dataset", "demo", "--results", results]
    assert command(importing, out, *back) == 0
    before, after = (read_run(results, "demo", tracker).trajectories[name][0] for tracker in ("T", "back"))
    assert np.array_equal(after.boxes, before.boxes)

    assert command(exporting, "--to", "pysot", *export, out) == 2
    assert "is not an empty folder; name a new one" in capsys.readouterr().err


def test_damaged_sequence_is_left_out_of_export(text_results, tmp_path, capsys):
    results, out = tmp_path / "results", tmp_path / "out"
    assert command(importing, *words(text_results(0), results)) == 0
    name = DEMO.names()[1]
    (results / "demo" / "T" / "ope" / f"{name}.txt").write_text("1,2,3,4\n")
    capsys.readouterr()
    assert (
        command(exporting, "--to", "txt", "--tracker", "T", "--dataset", "demo", "--results", results, out)
        == 0
    )
    assert f"{name} is left out: its files are missing or were changed" in capsys.readouterr().err
    assert not (out / f"{name}_T.txt").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"--from": "otb"}, "there is no format of results 'otb'"),
        ({"--dataset": "dmo"}, "there is no data set 'dmo' (did you mean 'demo'?)"),
        ({"--protocol": "tre"}, "format 'txt' cannot hold results of protocol 'tre'"),
        ({"--tracker": "../T"}, "cannot name a results folder"),
        ({"path": "nowhere"}, "there is no file or folder nowhere"),
    ],
)
def test_bad_options_are_one_sentence(tmp_path, capsys, change, expected):
    options = {
        "--from": "txt",
        "--tracker": "T",
        "--dataset": "demo",
        "--results": str(tmp_path / "r"),
        **change,
    }
    path = options.pop("path", str(tmp_path))
    assert command(importing, path, *(word for pair in options.items() for word in pair)) == 2
    err = capsys.readouterr().err
    assert expected in err
    assert len(err.splitlines()) == 1


def test_skipped_files_are_named_by_every_score(text_results, tmp_path, capsys):
    folder, results = text_results(0), tmp_path / "results"
    short, broken, *others = DEMO.names()
    for name in (short, broken):
        path = folder / f"{name}_mine.txt"
        path.write_text(path.read_text().rstrip().rpartition("\n")[0] if name == short else "nothing")
    assert command(importing, *words(folder, results, "--skip-bad")) == 0
    err = capsys.readouterr().err
    assert f"{short} is left out: {folder}/{short}_mine.txt: 59 boxes where {short} has 60 frames" in err
    assert f"7 of 9 sequences of Demo imported (without {short}, {broken}); in" in err
    assert set(read_run(results, "demo", "T").trajectories) == set(others)
    assert main(["score", "--dataset", "demo", "--results", str(results), "--format", "json"]) == 0
    captured = capsys.readouterr()
    [record] = json.loads(captured.out)
    assert (record["sequences"], record["of"]) == (7, 9)
    assert f"T: {short} is left out: failed: its file was not imported" in captured.err
    assert f"T: {broken} is left out" in captured.err


def test_columns_can_be_declared(tmp_path, capsys):
    folder, results = tmp_path / "given", tmp_path / "results"
    folder.mkdir()
    for name in DEMO.names():
        x, y, w, h = DEMO[name].truth.T
        np.savetxt(folder / f"{name}.txt", np.stack([0 * x, x, y, x + w, y + h], axis=1), delimiter=" ")
    assert command(importing, *words(folder, results)) == 2
    assert "if so, give --columns xyxy --skip-columns 1" in capsys.readouterr().err
    assert command(importing, *words(folder, results, "--columns", "xyxy", "--skip-columns", "1")) == 0
    name = DEMO.names()[0]
    np.testing.assert_allclose(
        read_run(results, "demo", "T").trajectories[name][0].boxes, DEMO[name].truth, atol=1e-6
    )


def test_results_of_another_protocol_are_suggested(text_results, tmp_path, capsys):
    results = tmp_path / "results"
    assert command(importing, *words(text_results(0), results, "--protocol", "unsupervised")) == 0
    assert capsys.readouterr().err.endswith("T/unsupervised; score them with --protocol unsupervised\n")
    assert main(["score", "--dataset", "demo", "--results", str(results)]) == 2
    hint = "there are some of unsupervised: give --protocol unsupervised\n"
    assert capsys.readouterr().err == (
        f"error: there are no results of protocol 'ope' on demo in {results}; {hint}"
    )

    # Also if other trackers have results of this protocol.
    other = words(text_results(0), results)
    other[other.index("T")] = "other"
    assert command(importing, *other) == 0
    capsys.readouterr()
    for given in (
        ["score", "--tracker", "T"],
        ["compare", "other", "T"],
        ["export", "--to", "txt", "--tracker", "T", str(tmp_path / "out")],
    ):
        assert main([*given, "--dataset", "demo", "--results", str(results)]) == 2
        assert capsys.readouterr().err.endswith(f"; {hint}"), given


def folder_of_one(root: Path, one_based: str = "true") -> Path:
    (root / "cat").mkdir(parents=True)
    (root / "sotbench.toml").write_text(f"one_based = {one_based}\n")
    (root / "cat" / "groundtruth.txt").write_text("".join(f"{10 + k},20,30,40\n" for k in range(4)))
    return root


@pytest.mark.parametrize("one_based", ["true", "false"])
@pytest.mark.parametrize("name", ["folder", "folder-my-cats"])
def test_folder_has_one_name_in_every_command(tmp_path, capsys, one_based, name):
    root, results, out = (
        folder_of_one(tmp_path / "my cats", one_based),
        tmp_path / "results",
        tmp_path / "out",
    )
    given = tmp_path / "given"
    given.mkdir()
    (given / "cat.txt").write_text((root / "cat" / "groundtruth.txt").read_text())
    options = ["--dataset", name, "--data-root", root, "--results", results]
    assert command(importing, given, "--from", "got10k", "--tracker", "T", *options) == 0
    assert (results / "folder-my-cats" / "T" / "ope" / "run.json").is_file()
    assert command(exporting, "--to", "got10k", "--tracker", "T", *options, out) == 0
    np.testing.assert_allclose(
        np.loadtxt(out / "T" / "cat.txt", delimiter=","), np.loadtxt(given / "cat.txt", delimiter=",")
    )
    words = list(map(str, options))
    assert main(["score", *words, "--format", "json"]) == 0
    assert main(["list", "sequences", *words[:4]]) == 0
    assert main(["verify", *words[:4]]) == 1, "frames are missing"


def test_suggested_commands_work_on_a_folder(tmp_path, capsys):
    root = folder_of_one(tmp_path / "pets")
    options = ["--dataset", "folder-pets", "--data-root", str(root), "--results", str(tmp_path / "results")]
    assert main(["score", *options]) == 2
    hint = "`sotbench run --tracker NAME --dataset folder --data-root DIR`"
    assert hint in capsys.readouterr().err
    assert main(["run", "--tracker", "still", "--sequences", "dog", *options]) == 2
    hint = "`sotbench list sequences --dataset folder-pets --data-root DIR`"
    assert hint in capsys.readouterr().err
    assert main(["list", "sequences", "--dataset", "folder-pets", "--data-root", str(tmp_path)]) == 0
    assert main(["score", "--dataset", "folder-cats", "--data-root", str(root)]) == 2
    assert "is data set 'folder-pets', not 'folder-cats'" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["txt", "got10k", "pysot"])
def test_sotbench_run_folder_can_be_imported(form, tmp_path, capsys):
    shared = ["--dataset", "demo", "--results", str(tmp_path)]
    assert main(["run", "--tracker", "ncc", *shared, "--sequences", "easy", "scale"]) == 0
    folder = tmp_path / "demo" / "ncc" / "ope"
    assert main(["import", str(folder), "--from", form, "--tracker", "copy", *shared]) == 0
    assert "2 of 9 sequences of Demo imported" in capsys.readouterr().err
    for name in ("easy.txt", "easy.time.txt", "scale.txt", "scale.time.txt"):
        assert (tmp_path / "demo" / "copy" / "ope" / name).read_bytes() == (folder / name).read_bytes()


def each_tracker(root: Path) -> Path:
    """Writes results of four trackers, one with three repetitions and one truncated, and a file of notes."""
    for tracker, pixels in (
        ("A", 0),
        ("B tracker", 2),
        ("dimp50_000", 0),
        ("dimp50_001", 1),
        ("dimp50_002", 2),
    ):
        (root / tracker).mkdir(parents=True)
        for name in DEMO.names():
            moved = DEMO[name].truth + np.array([[0, 0, 0, 0]] + [[pixels, 0, 0, 0]] * 59)
            np.savetxt(root / tracker / f"{name}.txt", moved, delimiter=",")
    shutil.make_archive(str(root / "packed"), "gztar", root / "A")
    shutil.copytree(root / "A", root / "short")
    short = root / "short" / f"{DEMO.names()[2]}.txt"
    short.write_text("".join(short.read_text().splitlines(keepends=True)[:-1]))
    (root / "notes").mkdir()
    (root / "notes" / "readme.txt").write_text("nothing")
    return root


def test_import_one_folder_per_tracker(tmp_path, capsys):
    root, results = each_tracker(tmp_path / "given"), tmp_path / "results"
    given = [root, "--from", "pytracking", "--dataset", "demo", "--results", results]
    assert command(importing, *given) == 1, "one of them is short"
    err = capsys.readouterr().err
    assert find_runs(results, "demo") == ["A", "B-tracker", "dimp50", "packed"]
    assert [len(runs) for runs in read_run(results, "demo", "dimp50").trajectories.values()] == [3] * 9
    assert f"short is left out: 1 of 9 files cannot be imported: {root}/short/{DEMO.names()[2]}.txt" in err
    assert "notes is left out: " in err
    assert err.splitlines()[-1] == "4 of 6 trackers imported"
    assert command(importing, *given, "--skip-bad", "--overwrite") == 0
    assert find_runs(results, "demo") == ["A", "B-tracker", "dimp50", "packed", "short"]
    capsys.readouterr()
    assert main(["score", "--dataset", "demo", "--results", str(results), "--format", "json"]) == 0
    records = {record["tracker"]: record for record in json.loads(capsys.readouterr().out)}
    assert records["A"]["success"] == records["packed"]["success"]
    assert records["dimp50"]["repetitions"] == 3
    assert records["dimp50"]["success_std"] > 0


def test_files_need_a_tracker_name(text_results, tmp_path, capsys):
    given = ["--from", "txt", "--dataset", "demo", "--results", tmp_path / "results"]
    assert command(importing, text_results(0), *given) == 2
    assert "holds no folder or archive of a tracker; give --tracker NAME" in capsys.readouterr().err
    assert command(importing, tmp_path / "x.zip", *given) == 2
    assert "give --tracker NAME" in capsys.readouterr().err
