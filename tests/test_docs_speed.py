"""docs/speed.md agrees with the options of `sotbench speed` and the keys of its record."""

from __future__ import annotations

import argparse
import re
from dataclasses import fields
from pathlib import Path

import pytest
from speed_records import made

from benchmarks.cli import speed
from benchmarks.speed import SpeedRecord
from benchmarks.speed.machine import Conditions

PAGE = (Path(__file__).parents[1] / "docs" / "speed.md").read_text(encoding="utf-8")


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    speed.add_arguments(parser)
    return parser.parse_args(words)


def test_table_lists_every_key_of_the_record() -> None:
    table = PAGE[PAGE.index("| key | meaning |") :]
    listed = [
        key
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(listed) == sorted({"schema", *(field.name for field in fields(SpeedRecord))})
    assert all(f"`{field.name}`" in table for field in fields(Conditions))


def test_commands_parse_and_defaults_agree() -> None:
    commands = re.findall(r"^sotbench speed (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        options = parsed(command.split())
        assert options.dataset == "demo"
        assert f"the first 1 + {options.warm_up} + {options.frames} (`--frames`)" in PAGE
        assert f"Each of the {options.repetitions} passes (`--repetitions`)" in PAGE


def test_python_example_compares_two_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, seconds in (("old", [0.02, 0.021]), ("new", [0.01, 0.011])):
        made(seconds).write(tmp_path).rename(tmp_path / f"{name}.json")
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out.startswith("faster: 1.9")
