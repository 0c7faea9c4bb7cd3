"""The README's commands and code are what they claim to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sotbench import Scores
from sotbench.cli import COMMANDS

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


def test_the_notebook_lines_run_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [code] = blocks("python")
    names: dict[str, object] = {}
    exec(code, names)
    assert isinstance(names["scores"], Scores)
    assert names["scores"].trackers == ["ncc", "still"]


def test_the_commands_are_commands() -> None:
    for command in blocks("sh")[2].strip().splitlines():
        program, name, *_ = command.split()
        assert program == "sotbench"
        assert name in COMMANDS


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
