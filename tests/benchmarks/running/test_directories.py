"""A run with relative paths, whose tracker changes the working directory."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.cli.main import main

MOVES = """
import os
from trackers import Tracker

class Moves(Tracker):
    def __init__(self, weights=None, where: str = "/", fail: bool = False):
        self.where, self.fail, self.count = where, fail, 0
        assert weights is None or weights.read_text() == "7"
    def init(self, frame, box):
        self.box = box
        os.chdir(self.where)
    def update(self, frame):
        if self.fail and not os.path.exists("failed"):
            open("failed", "w").close()
            raise RuntimeError("once")
        return self.box
"""


@pytest.mark.parametrize("options", [(), ("--isolate",), ("--workers", "2")])
def test_relative_paths_survive_a_directory_change(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "moves.py").write_text(MOVES)
    (tmp_path / "weights").write_text("7")
    monkeypatch.chdir(tmp_path)
    words = ["run", "--tracker", "moves.py:Moves", "--weights", "weights", "--dataset", "folder"]
    words += [
        "--data-root",
        videos.name,
        "--results",
        "r",
        "--set",
        f"where={tmp_path / 'elsewhere'}",
        "fail=true",
    ]
    # After a failure the tracker is built again from its relative path.
    assert main([*words, *options]) == 1
    assert not list((tmp_path / "elsewhere").glob("*/"))
    monkeypatch.chdir(tmp_path)
    assert main([*words, *options]) == 0
    os.chdir(tmp_path)
    [manifest] = Path("r").glob("*/*/ope/run.json")
    records = json.loads(manifest.read_text())["sequences"]
    assert [record["status"] for record in records.values()] == ["ok"] * 4
    assert json.loads(manifest.read_text())["identity"]["tracker"] == "moves.py:Moves"
    assert main(["score", "--dataset", "folder", "--data-root", videos.name, "--results", "r"]) == 0
