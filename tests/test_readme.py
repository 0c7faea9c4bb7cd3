"""The README's commands and its plug-in are what they claim to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from benchmarks.store import read_run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_ci_runs_the_readmes_test_command_as_written() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if "tox" in line]
    assert commands == [blocks("sh")[1].strip()]


def test_the_first_command_is_what_tox_runs_as_demo() -> None:
    demo = re.sub(r" --(results|out) \S+| --overwrite", "", (ROOT / "tox.ini").read_text())
    for command in blocks("sh")[0].split(" && ")[2:]:
        assert command.strip().removeprefix(".venv/bin/") in demo


def test_the_plug_in_runs_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = blocks("python")
    (tmp_path / "my_tracker.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    [command] = [block for block in blocks("sh") if "my_tracker.py" in block]
    words = command.split()
    assert words[:3] == ["python", "-m", "benchmarks"]

    assert main([*words[3:], "--sequences", "easy"]) == 0

    [trajectory] = read_run(tmp_path / "results", "demo", "Drift").trajectories["easy"]
    assert trajectory.boxes[59, 0] == trajectory.boxes[0, 0] + 59 * 2.5


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
