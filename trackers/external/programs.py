"""What `process:COMMAND`, `trax:COMMAND` and `trackers.ini:NAME` stand for: a program to start."""

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

_LARGEST_INI = 1 << 20
"""Bytes."""


@dataclass(frozen=True)
class Program:
    """A tracker that is a program.

    Attributes:
        protocol: what is spoken with it: JSON lines (`"process"`) or TraX.
        command: the program and its arguments.
        environment: variables beside those of this process.
        properties: named arguments that TraX hands over at each initialisation.
        restart: whether it has to be started for each initialisation.
        name: what `trackers.ini` calls it.
    """

    protocol: Literal["process", "trax"]
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    restart: bool = False
    name: str = ""

    @property
    def label(self) -> str:
        """A name for its results: of the last word that is a file, or of the module or program."""
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
    """What a `--tracker` stands for, or None where it is no program.

    Raises:
        UserError: the command is empty or cannot be split, or `trackers.ini` does not have it.
    """
    for protocol in ("process", "trax"):
        if tracker.startswith(f"{protocol}:"):
            return Program(protocol, _words(tracker.partition(":")[2], tracker))
    path, _, name = tracker.rpartition(":")
    if not path.endswith(".ini"):
        return None
    try:
        text = read_regular(path, _LARGEST_INI).decode()
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

    The toolkit's `trax` and `traxpython` are understood, with `paths`, `linkpaths`, `python`, `restart`,
    `env_NAME` and `arg_NAME`. What it needs to know beside that (tags, storage, metadata) changes no box.

    Raises:
        UserError: the text is no such file, does not have the tracker, or has it under another protocol.
    """
    if "\0" in text:
        raise UserError(f"{path} is not a trackers.ini: it has a zero byte")
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
        # A dotted name is run as a module, anything else as code: vot-toolkit's own rule.
        module = re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_.]*", command)
        paths = f"import sys; sys.path[:0] = {folders!r}; "
        words = (
            section.get("python", sys.executable),
            *(["-m", command] if module else ["-c", paths + command]),
        )
    else:
        raise UserError(
            f"{path}: tracker '{name}' has protocol '{kind}'; trax and traxpython can be run, for others "
            "give the command that starts it as trax:COMMAND"
        )
    restart = section.get("restart", "").lower() in ("true", "1", "t", "y", "yes")
    return Program("trax", words, environment, properties, restart, name)


def _paths(ini: Path, paths: str) -> list[str]:
    """A list of folders, each relative to the file that names it."""
    return [str((ini.parent / path).resolve()) for path in paths.split(os.pathsep) if path]
