"""`sotbench`: every command is found, grouped, and the same code as its `python -m` form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sotbench.cli import COMMANDS, GROUPS, main

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "plot": ["reports.plot"],
    "table": ["reports.table"],
    "html": ["reports.html"],
    "failures": ["reports.failures"],
    "site": ["reports.site"],
    "serve": ["reports.serve"],
    "video": ["reports.video"],
    "demo": ["trackers.demo"],
    "train": ["trackers.train"],
    "convert": ["trackers.convert"],
    "check": ["trackers", "check"],
    "new": ["trackers", "new"],
}
"""The `python -m` forms of commands that are none of `python -m benchmarks`."""


def output(*words: str) -> str:
    """Returns what a Python module prints on standard output."""
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return done.stdout


def test_help_shows_every_command_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for group, commands in GROUPS.items():
        assert f"\n{group}:\n" in said
        for name in commands:
            assert f"\n  {name} " in said
    assert set(GROUPS["Help"]) == {"list", "doctor"}
    assert "\n  --version " in said
    assert main([]) == 2


@pytest.mark.parametrize("group", ["tracker", "data", "parallel", "output"])
def test_options_of_run_are_in_groups(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["run", "--help"])
    assert exit_info.value.code == 0
    assert f"\n{group}:\n  --" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_the_same_help_as_its_module(name: str) -> None:
    assert output("sotbench", name, "--help") == output(*MODULES.get(name, ["benchmarks", name]), "--help")


def test_unknown_command_is_answered_with_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scroe"]) == 2
    assert capsys.readouterr().err == (
        "sotbench: there is no command 'scroe' (did you mean 'score'?); "
        "`sotbench --help` lists the commands\n"
    )
    assert main(["xyz"]) == 2
    assert "lists the commands" in capsys.readouterr().err


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sotbench 0.")


def test_overview_loads_nothing_heavy() -> None:
    program = (
        "import sys; from sotbench.cli import main; main(['--help']); "
        "heavy = {'torch', 'pandas', 'matplotlib', 'scipy', 'cv2', 'onnxruntime', 'optuna'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
