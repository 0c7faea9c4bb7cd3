"""Reports are written even if standard output fails, and paths are escaped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cli.main import main as sotbench

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    for tracker in ("still", "ncc"):
        words = ["--tracker", tracker, "--dataset", "demo", "--sequences", "easy", "motion"]
        assert sotbench(["run", *words, "--results", str(folder / "results")]) == 0
    return folder / "results"


def shell(command: str, results: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command line in bash with `pipefail`."""
    line = "set -o pipefail; " + command.format(
        python=sys.executable, given=f"--dataset demo --results {results}", out=folder
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONUNBUFFERED", None)  # what is not written stays in the buffer
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


REPORTS = {
    "html": ("page.html", "{python} -m reports.html {given} --frames --out {out}/page.html"),
    "plot": (
        "p/scores.svg",
        "{python} -m reports.plot {given} --kind success precision scores --format png svg --out {out}/p",
    ),
    "table": (
        "t/comparison.csv",
        "{python} -m reports.table {given} --kind accuracy comparison --format markdown csv --out {out}/t",
    ),
}


@pytest.mark.parametrize("end", ["2>&1 | true", ">&- 2>&-", "> /dev/full 2>&1"])
@pytest.mark.parametrize("report", REPORTS)
def test_report_is_written_if_stdout_is_closed(report, end, results, tmp_path):
    last, command = REPORTS[report]
    done = shell(f"{command} {end}", results, tmp_path)
    assert (tmp_path / last).stat().st_size > 0
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("end", [">&-", "> /dev/full"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_unprintable_scores_are_one_sentence(form, end, results, tmp_path):
    done = shell(f"{{python}} -m benchmarks score {{given}} --format {form} {end}", results, tmp_path)
    assert done.returncode == 2
    [line] = [line for line in done.stderr.splitlines() if "left out" not in line]
    assert line.startswith("error: ")
    assert "closed" in line or "No space left" in line


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_reader_may_stop_after_the_first_line(form, results, tmp_path):
    done = shell(
        f"{{python}} -m benchmarks score {{given}} --by sequence --format {form} | true", results, tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_control_characters_of_paths_are_escaped(results, tmp_path):
    odd = tmp_path / "a\x1b[31m\u202e"
    odd.mkdir()
    (odd / "results").symlink_to(results)
    for command in (
        "reports.html --dataset demo --results '{0}/results' --out '{0}/page.html'",
        "reports.plot --dataset demo --results '{0}/results' --out '{0}/p' --kind success",
        "reports.table --dataset demo --results '{0}/results' --out '{0}/t'",
        "benchmarks score --dataset demo --results '{0}/none'",
        "benchmarks score --dataset demo --results '{0}/results' --sequences '@{0}/none'",
    ):
        done = shell(f"{{python}} -m {command.format(odd)}", results, tmp_path)
        assert r"a\x1b[31m\u202e" in done.stdout + done.stderr
        assert not set(done.stdout + done.stderr) & set("\x1b\u202e")


@pytest.mark.parametrize("name", ["trackers", "benchmarks"])
def test_foreign_package_is_named(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    command = [sys.executable, "-m", "reports.table", "--dataset", "demo"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert f"package '{name}'" in ended.stderr
    assert "rename it" in ended.stderr
