"""Results of strangers: no name leads out of their folder, and what is no file is not read."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cli.main import main
from benchmarks.store import file_digest, find_runs, read_run

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
def test_no_name_in_a_manifest_leads_out_of_its_folder(results: Path, name: str):
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
    """Makes something that is no file of results."""
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
def test_what_is_no_file_of_results_is_not_read(
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
def test_a_manifest_that_is_no_file_is_one_sentence(
    results: Path, what: str, capsys: pytest.CaptureFixture[str]
):
    path = folder(results) / "run.json"
    path.unlink()
    put(path, what)
    capsys.readouterr()
    assert main(["score", *WORDS, "--results", str(results)]) == 2
    assert capsys.readouterr().err == f"error: {path} is no file; remove its folder\n"


@pytest.mark.parametrize("what", ["pipe", "folder", "device"])
def test_a_journal_that_is_no_file_is_not_read(results: Path, what: str):
    path = folder(results) / "run.journal"
    put(path, what)
    assert set(read_run(results, "demo", "still").trajectories) == {"easy", "motion"}


def test_folders_that_no_run_has_made_are_passed_over(results: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("<img src=x>", "\x1b[31m", "a b", ".hidden", "two\nlines"):
        (results / "demo" / name / "ope").mkdir(parents=True)
        (results / "demo" / name / "ope" / "run.json").write_text("{}")
    assert find_runs(results, "demo") == ["still"]
    assert main(["score", *WORDS, "--results", str(results)]) == 0
    assert "img" not in capsys.readouterr().out
