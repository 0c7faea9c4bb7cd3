"""Trackers that are programs: reads `process:COMMAND`, `trax:COMMAND` and `trackers.ini:NAME`."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trackers.errors import UserError
from trackers.registry import did_you_mean
from trackers.regular_files import read_regular

_MAX_INI_BYTES = 1 << 20


@dataclass(frozen=True)
class Program:
    """A tracker that is a program.

    Attributes:
        protocol: its protocol: JSON lines (`"process"`) or TraX.
        command: the program and its arguments.
        environment: variables in addition to those of this process.
        properties: named arguments that TraX sends with each initialization.
        restart: whether it has to be restarted for each initialization.
        name: its name in `trackers.ini`.
    """

    protocol: Literal["process", "trax"]
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    restart: bool = False
    name: str = ""

    @property
    def label(self) -> str:
        """Default name for results: of the last argument that is a file, or of the module or program."""
        if self.name:
            return self.name
        if self.files:
            return self.files[-1].stem
        if "-m" in self.command[:-1]:
            return self.command[self.command.index("-m") + 1]
        return Path(self.command[0]).name

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the command names."""
        return tuple(Path(word) for word in self.command if os.path.isfile(word))  # noqa: PTH113


def read_program(tracker: str) -> Program | None:
    """Returns the program that a `--tracker` value names, or None if it names none.

    Raises:
        UserError: the command is empty or cannot be split, or `trackers.ini` does not contain the tracker.
    """
    for protocol in ("process", "trax"):
        if tracker.startswith(f"{protocol}:"):
            return Program(protocol, _words(tracker.partition(":")[2], tracker))
    path, _, name = tracker.rpartition(":")
    if not path.endswith(".ini"):
        return None
    try:
        text = read_regular(path, _MAX_INI_BYTES).decode()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a trackers.ini: {error}") from None
    return parse_ini(text, Path(path), name)


def _words(command: str, where: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise UserError(f"'{where}' cannot be split into words: {error}") from None
    if not words:
        raise UserError(f"'{where}' names no program; give it after the colon, with its arguments")
    return words


def parse_ini(text: str, path: Path, name: str) -> Program:
    """Reads the tracker `name` from the text of `path`, a `trackers.ini` of vot-toolkit 0.7.4.

    It supports the toolkit's protocols `trax` and `traxpython`, and the keys `paths`, `linkpaths`, `python`,
    `restart`, `env_NAME` and `arg_NAME`. Other keys (tags, storage, metadata) do not affect the boxes.

    Raises:
        UserError: the text is not such a file, lacks the tracker, or has it with another protocol.
    """
    if "\0" in text:
        raise UserError(f"{path} is not a trackers.ini: it contains a zero byte")
    config = configparser.ConfigParser()
    try:
        config.read_string(text, str(path))
    except configparser.Error as error:
        raise UserError(f"{path} is not a trackers.ini: {str(error).splitlines()[0]}") from None
    if name not in config:
        known = config.sections()
        listed = ", ".join(known) or "none"
        raise UserError(f"{path} has no tracker '{name}'{did_you_mean(name, known)}; it has: {listed}")
    try:
        section = dict(config[name])
    except configparser.Error as error:
        raise UserError(f"{path}, tracker '{name}': {str(error).splitlines()[0]}") from None
    given = {key: os.path.expandvars(value) for key, value in section.items()}
    environment = {key[4:].upper(): value for key, value in given.items() if key.startswith("env_")}
    properties = {key[4:]: value for key, value in section.items() if key.startswith("arg_")}
    command = section.get("command", "")
    if libraries := _paths(path, section.get("linkpaths", "")):
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(
            [*filter(None, [environment.get("LD_LIBRARY_PATH")]), *libraries]
        )
    kind = section.get("protocol")
    if kind == "trax":
        words = _words(command, f"{path}:{name}")
    elif kind == "traxpython":
        folders = _paths(path, section.get("paths", ""))
        environment |= {"PYTHONPATH": os.pathsep.join(folders), "PYTHONUNBUFFERED": "1"}
        # As in vot-toolkit: a dotted name is run as a module, anything else as code.
        module = re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.]*", command)
        paths = f"import sys; sys.path[:0] = {folders!r}; "
        words = (
            section.get("python", sys.executable),
            *(["-m", command] if module else ["-c", paths + command]),
        )
    else:
        raise UserError(
            f"{path}: tracker '{name}' has protocol '{kind}', and only trax and traxpython are supported; "
            "give the command that starts it as trax:COMMAND"
        )
    restart = section.get("restart", "").lower() in ("true", "1", "t", "y", "yes")
    return Program("trax", words, environment, properties, restart, name)


def _paths(ini: Path, paths: str) -> list[str]:
    """Splits a list of folders, which are relative to the file that names them."""
    return [str((ini.parent / path).resolve()) for path in paths.split(os.pathsep) if path]
