"""Trackers that are programs: commands, `trackers.ini`, labels."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trackers import TrackerSpec, UserError
from trackers.external.programs import read_program

INI = """
[Plain]
label = The plain one
protocol = trax
command = ./plain --fast "two words"
env_CUDA_VISIBLE_DEVICES = 1
arg_mode = slow
linkpaths = lib
tags = a, b
restart = true

[Module]
protocol = traxpython
command = my.tracker
paths = src:more

[Code]
protocol = traxpython
command = import my; my.run("x")
python = /usr/bin/python3

[Matlab]
protocol = traxmatlab
command = run
"""


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    path = tmp_path / "trackers.ini"
    path.write_text(INI)
    return path


def test_command_is_split_like_a_shell() -> None:
    program = read_program("process:./mine --name 'two words'")
    assert program
    assert program.protocol == "process"
    assert program.command == ("./mine", "--name", "two words")
    assert read_program("trax:x y").protocol == "trax"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["ncc", "package.module:Class", "file.py:Class"])
def test_other_trackers_are_not_programs(name: str) -> None:
    assert read_program(name) is None


def test_trackers_ini_program(ini: Path) -> None:
    plain = read_program(f"{ini}:Plain")
    assert plain
    assert plain.protocol == "trax"
    assert plain.command == ("./plain", "--fast", "two words")
    assert plain.environment == {"CUDA_VISIBLE_DEVICES": "1", "LD_LIBRARY_PATH": str(ini.parent / "lib")}
    assert plain.properties == {"mode": "slow"}
    assert plain.restart
    assert TrackerSpec(f"{ini}:Plain").label == "Plain"


def test_trackers_ini_python(ini: Path) -> None:
    folders = [str(ini.parent / "src"), str(ini.parent / "more")]
    module, code = read_program(f"{ini}:Module"), read_program(f"{ini}:Code")
    assert module
    assert code
    assert module.command == (sys.executable, "-m", "my.tracker")
    assert module.environment["PYTHONPATH"] == ":".join(folders)
    assert code.command[:2] == ("/usr/bin/python3", "-c")
    assert code.command[2].endswith('import my; my.run("x")')


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Plan", r"has no tracker 'Plan' \(did you mean 'Plain'\?\); it has: Plain, Module"),
        ("Matlab", "protocol 'traxmatlab', and only trax and traxpython are supported"),
    ],
)
def test_user_errors_are_one_sentence(ini: Path, name: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        read_program(f"{ini}:{name}")


def test_bad_trackers_ini_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_program(f"{tmp_path}/none.ini:X")
    for content in (b"no section", b"\xff\xfe[", b"[X]\nprotocol = traxpython\npaths = \0\n"):
        (tmp_path / "broken.ini").write_bytes(content)
        with pytest.raises(UserError, match=r"broken.ini is not a trackers.ini"):
            read_program(f"{tmp_path}/broken.ini:X")


@pytest.mark.parametrize(
    ("command", "label"),
    [
        ("process:./FILE.py", "FILE"),
        ("process:python3 ./FILE.py --fast", "FILE"),
        ("process:python3 -m some.module --fast", "some.module"),
        ("trax:camshift", "camshift"),
    ],
)
def test_label_is_name_of_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, label: str
) -> None:
    (tmp_path / "FILE.py").touch()
    monkeypatch.chdir(tmp_path)
    assert TrackerSpec(command).label == label


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"weights": Path("w")}, "leave --weights out"),
        ({"device": "cuda:0"}, "leave --device out"),
        ({"settings": {"a": "1"}}, "leave --set out"),
    ],
)
def test_programs_refuse_options_of_python_trackers(options: dict[str, object], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        TrackerSpec("process:true", **options).build()  # type: ignore[arg-type]
