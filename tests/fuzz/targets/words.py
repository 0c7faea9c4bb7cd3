"""What a user writes on the command line: settings, trackers, and the files that they name."""

from __future__ import annotations

import os
import re
from pathlib import Path
from types import ModuleType

from tests.fuzz.target import Target, choice, text_of
from trackers import registry
from trackers.catalog import TRACKERS, TrackerSpec, setting_value
from trackers.external.programs import Program, parse_ini

_DEFAULTS = (None, 1, 1.5, True, "text")
# Without entry points, which would be looked for on the disk each time.
_NAMES = registry.Registry("tracker", TRACKERS.entries, by_path=True, hint="see the list")


def _check_setting(data: bytes) -> None:
    number, rest = choice(data)
    default = _DEFAULTS[number % len(_DEFAULTS)]
    value = setting_value("tracker", "setting", text_of(rest), default)
    assert default is None or type(value) is type(default)


def _check_tracker(data: bytes) -> None:
    # No word of a command line has a zero byte, and not every UTF-8 is UTF-8.
    name = os.fsdecode(data.replace(b"\0", b" "))
    spec = TrackerSpec(name)
    program = spec.program
    if program:
        _hold(program)
    assert re.fullmatch(r"[\w.+-]*", spec.label)
    if program or name.endswith(".py") or ".py:" in name:
        return
    real = registry.importlib.import_module
    registry.importlib.import_module = _imported  # type: ignore[assignment]
    try:
        _NAMES.load(name)
    finally:
        registry.importlib.import_module = real


def _imported(name: str) -> ModuleType:
    """Of nothing that a fuzzer thinks of, anything is imported."""
    if not name or name.startswith("."):
        raise TypeError("a relative name without a package")
    raise ModuleNotFoundError(f"No module named {name!r}")


def _check_ini(data: bytes) -> None:
    name, _, text = text_of(data).partition("\0")
    _hold(parse_ini(text, Path("trackers.ini"), name))


def _hold(program: Program) -> None:
    assert program.protocol in ("process", "trax")
    assert program.command
    assert all(isinstance(word, str) for word in program.command)
    assert isinstance(program.label, str)
    for mapping in (program.environment, program.properties):
        assert all(isinstance(text, str) for pair in mapping.items() for text in pair)


SETTING = Target(
    "setting",
    _check_setting,
    lambda: [
        *(b"\x001.5", b"\x01-3", b"\x021e-3", b"\x03TRUE", b"\x04words", b"\x00[1, (2, {'a': None})]"),
        *(b"\x00" + b"(" * 300, b"\x01" + b"9" * 5000),
    ],
    (
        *(
            b"(",
            b"[",
            b"{",
            b"'",
            b'"',
            b"None",
            b"+1j",
            b":",
            b",",
            b"-",
            b"~",
            b"b'",
            b"\\x",
            b"\\N{",
            b"#",
            b"\n",
        ),
    ),
    longest=8192,
)
TRACKER = Target(
    "tracker",
    _check_tracker,
    lambda: [
        *(b"siamfc", b"package.module:Class", b"process:./a.out --fast 'a b'", b"trax:python -m tracker"),
        *(b"process:'", b"trax:", b":", b"a:b:c", b"no/such/trackers.ini:NAME", b".:x"),
    ],
    (b"process:", b"trax:", b".ini:", b".py:", b"'", b'"', b"\\", b"-m ", b"siamfc", b"..", b"/", b"\xff"),
)
TRACKERS_INI = Target(
    "trackers-ini",
    _check_ini,
    lambda: [
        b"NCC\0[NCC]\nlabel = NCC\nprotocol = traxpython\ncommand = ncc\npaths = a:b\nenv_HOME = $HOME\n",
        b"x\0[DEFAULT]\nprotocol = trax\n[x]\ncommand = ./x '%(y)s'\ny = 1\nrestart = true\nlinkpaths = .\n",
    ],
    (
        *(
            b"\0",
            b"[x]",
            b"command = ",
            b"protocol = trax\n",
            b"traxpython",
            b"paths",
            b"linkpaths",
            b"python",
        ),
        *(
            b"env_",
            b"arg_",
            b"%(",
            b")s",
            b"%%",
            b"restart",
            b"[DEFAULT]",
            b"\n ",
            b";",
            b"#",
            b"$HOME",
            b":",
        ),
    ),
)
