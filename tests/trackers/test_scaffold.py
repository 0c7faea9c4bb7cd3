"""`python -m trackers new` writes a working package."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks.cli.main import main as benchmarks
from trackers.__main__ import main

ROOT = Path(__file__).parents[2]


def test_new_package_tracks_and_passes_its_tests(tmp_path: Path) -> None:
    assert main(["new", "my-tracker", "--in", str(tmp_path)]) == 0
    package = tmp_path / "my-tracker"
    paths = os.pathsep.join([str(package), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package)],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=package,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout

    words = ["--dataset", "demo", "--sequences", "easy", "--results", str(tmp_path / "results")]
    tracker = str(package / "my_tracker" / "tracker.py") + ":MyTracker"
    assert benchmarks(["run", "--tracker", tracker, "--set", "reach=0.4", *words]) == 0


def test_new_package_has_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main(["new", "quick_one", "--in", str(tmp_path)])
    project = tomllib.loads((tmp_path / "quick_one" / "pyproject.toml").read_text())["project"]
    points = project["entry-points"]["sotbench.trackers"]
    assert points == {"quick_one": "quick_one:QuickOne"}
    # As an installer would record it.
    record = tmp_path / "quick_one" / "quick_one-0.1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: quick_one\nVersion: 0.1.0\n")
    (record / "entry_points.txt").write_text("[sotbench.trackers]\nquick_one = quick_one:QuickOne\n")
    monkeypatch.syspath_prepend(str(tmp_path / "quick_one"))
    assert main(["check", "quick_one"]) == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("5", "cannot name a tracker"), ("a/b", "cannot name"), ("there", "exists already")],
)
def test_user_errors_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, expected: str
) -> None:
    (tmp_path / "there").mkdir()
    assert main(["new", name, "--in", str(tmp_path)]) == 2
    assert expected in capsys.readouterr().err
