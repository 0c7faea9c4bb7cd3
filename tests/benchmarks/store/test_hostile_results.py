"""Results from untrusted sources: names never leave their folder, and only regular files are read."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main
from benchmarks.store import file_digest, find_runs, read_run
from trackers.errors import UserError

WORDS = ["--dataset", "demo"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results = tmp_path_factory.mktemp("made") / "results"
    words = ["--tracker", "still", "--sequences", "easy", "motion", "--results", str(results)]
    assert main(["run", *WORDS, *words]) == 0
    return results


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "results")


def folder(results: Path) -> Path:
    return results / "demo" / "still" / "ope"


def rewrite(results: Path, change: Any) -> None:
    path = folder(results) / "run.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("name", ["../../../secret", "/etc/secret", "..", ".", "", "a/b", "a\0b", "x" * 300])
def test_manifest_names_never_leave_the_folder(results: Path, name: str):
    secret = results.parent / "secret.txt"
    for path in (secret, results.parent / "secret.time.txt"):
        path.write_text("1,2,3,4\n")
    files = [{"boxes": file_digest(secret), "times": file_digest(secret), "start": 0}]
    entry = {"status": "ok", "frames": 1, "truth": "", "images": "", "runs": files}
    rewrite(results, lambda content: content["sequences"].update({name: entry}))

    run = read_run(results, "demo", "still")

    assert set(run.trajectories) == {"easy", "motion"}
    assert "its files are missing" in run.failed[name]


def put(path: Path, what: str) -> None:
    """Creates something that is not a result file."""
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "huge":
        with path.open("wb") as sparse:
            sparse.truncate(1 << 40)
    else:
        path.symlink_to({"device": "/dev/zero", "nowhere": "/nowhere", "itself": path.name}[what])


@pytest.mark.parametrize("what", ["device", "pipe", "folder", "nowhere", "itself", "huge"])
@pytest.mark.parametrize("file", ["motion.txt", "motion.time.txt"])
def test_pipes_devices_and_huge_files_are_not_read(
    results: Path, what: str, file: str, capsys: pytest.CaptureFixture[str]
):
    path = folder(results) / file
    path.unlink()
    put(path, what)
    capsys.readouterr()
    assert main(["score", *WORDS, "--results", str(results), "--by", "sequence", "--format", "json"]) == 0
    printed = capsys.readouterr()
    assert [record["sequence"] for record in json.loads(printed.out)] == ["easy"]
    assert "motion is left out: its files are missing or were changed since the run" in printed.err


@pytest.mark.parametrize("what", ["pipe", "folder", "device"])
def test_manifest_that_is_not_a_file_is_refused(results: Path, what: str, capsys: pytest.CaptureFixture[str]):
    path = folder(results) / "run.json"
    path.unlink()
    put(path, what)
    capsys.readouterr()
    assert main(["score", *WORDS, "--results", str(results)]) == 2
    assert capsys.readouterr().err == f"error: {path} is not a file; remove its folder\n"


@pytest.mark.parametrize("what", ["pipe", "folder", "device"])
def test_journal_that_is_not_a_file_is_ignored(results: Path, what: str):
    path = folder(results) / "run.journal"
    put(path, what)
    assert set(read_run(results, "demo", "still").trajectories) == {"easy", "motion"}


def test_folders_with_invalid_names_are_ignored(results: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("<img src=x>", "\x1b[31m", "a b", ".hidden", "two\nlines"):
        (results / "demo" / name / "ope").mkdir(parents=True)
        (results / "demo" / name / "ope" / "run.json").write_text("{}")
    assert find_runs(results, "demo") == ["still"]
    assert main(["score", *WORDS, "--results", str(results)]) == 0
    assert "img" not in capsys.readouterr().out


@pytest.mark.parametrize("what", ["data set", "protocol"])
def test_results_of_another_dataset_or_protocol_are_refused(
    results: Path, capsys: pytest.CaptureFixture[str], what: str
):
    path = folder(results) / "run.json"
    if what == "data set":
        shutil.copytree(results / "demo", results / "otb2015")
        with pytest.raises(
            UserError, match=r"run\.json is of data set 'demo' and lies where 'otb2015' belongs"
        ):
            read_run(results, "otb2015", "still")
    else:
        path.parent.rename(path.parent.with_name("tre"))
        words = ["score", *WORDS, "--protocol", "tre", "--results", str(results)]
        assert main(words) == 2
        assert "run.json is of protocol 'ope' and lies where 'tre' belongs" in capsys.readouterr().err
        assert (
            main(["run", *WORDS, "--tracker", "still", "--protocol", "tre", "--results", str(results)]) == 2
        )


def test_renamed_folder_is_reported(results: Path, capsys: pytest.CaptureFixture[str]):
    (results / "demo" / "still").rename(results / "demo" / "ncc")
    assert main(["score", *WORDS, "--results", str(results)]) == 0
    said = capsys.readouterr().err
    assert "ncc: its results were made under the name 'still'; was its folder renamed" in said
    # Manifests of earlier versions do not record the name; then the tracker's name is compared.
    path = results / "demo" / "ncc" / "ope" / "run.json"
    content = json.loads(path.read_text())
    del content["tracker"]
    path.write_text(json.dumps(content))
    assert main(["score", *WORDS, "--results", str(results)]) == 0
    assert "its run.json says that tracker still was run" in capsys.readouterr().err


def test_unreadable_run_is_named(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    stat = os.stat
    hidden = str(results / "demo" / "hidden")
    (results / "demo" / "hidden").mkdir()

    def denied(path: Any, *given: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(hidden + "/"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *given, **named)

    monkeypatch.setattr(os, "stat", denied)
    assert find_runs(results, "demo") == ["hidden", "still"]
    with pytest.raises(UserError, match=r"hidden/ope/run\.json: Permission denied"):
        read_run(results, "demo", "hidden")
