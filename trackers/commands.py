"""Shared parts of all commands: common options, messages, exit statuses, robust standard streams."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from trackers.errors import UserError, printable
from trackers.processes.limits import ProcessLimits
from trackers.stderr import print_stderr as print_stderr

if TYPE_CHECKING:
    from trackers.catalog import TrackerSpec


OptionContainer: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"
"""What options are added to: a parser or a group of its options."""


class Parser(argparse.ArgumentParser):
    """An argument parser that reports a mistake in one sentence and exits with status 2."""

    def error(self, message: str) -> NoReturn:
        """Prints the message and exits."""
        self.exit(2, f"{self.prog}: {printable(message)}; see `{self.prog} --help`\n")


def positive(text: str) -> float:
    """Parses a finite number above zero, for argparse."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


positive.__name__ = "number (above 0)"  # in argparse's message


FORMS = "a name, package.module:Class, path/file.py:Class, process:COMMAND, trax:COMMAND or trackers.ini:NAME"
"""The forms of `--tracker`."""


def add_tracker_options(
    parser: OptionContainer, positional: bool = False, default: str | None = None
) -> None:
    """Adds `--tracker`, or a positional TRACKER, and the options that it is built with."""
    add = parser.add_argument
    if positional:
        add("tracker", metavar="TRACKER", help=FORMS)
    elif default:
        add("--tracker", default=default, metavar="T", help=f"{FORMS} (default: {default})")
    else:
        add("--tracker", required=True, metavar="T", help=FORMS)
    add("--device", default="auto", metavar="DEV", help="auto, cpu, cuda or cuda:N (default: auto)")
    add("--weights", type=Path, metavar="FILE", help="the tracker's weights")
    add(
        "--precision",
        metavar="P",
        help="precision of networks: float32, tf32 or bf16 (default: the tracker's)",
    )
    add("--set", nargs="+", default=[], action="extend", metavar="KEY=VALUE", help="settings of the tracker")
    add(
        "--settings",
        type=Path,
        metavar="FILE",
        help="a TOML file of settings, such as `sotbench tune` writes; --set overrides it",
    )


def add_isolation_options(parser: OptionContainer, always: bool = False) -> None:
    """Adds the limits of a tracker's process, and `--isolate` unless `always`."""
    add = parser.add_argument
    if always:
        parser.set_defaults(isolate=True)
    else:
        add("--isolate", action="store_true", help="run a Python tracker in its own process")
    defaults = ProcessLimits()
    add(
        "--start-timeout",
        type=positive,
        default=defaults.start_timeout,
        metavar="S",
        help="seconds that a tracker in its own process gets to start (default: %(default)g)",
    )
    add(
        "--frame-timeout",
        type=positive,
        default=defaults.frame_timeout,
        metavar="S",
        help="seconds per frame that a tracker in its own process gets (default: %(default)g)",
    )
    add(
        "--memory",
        type=positive,
        metavar="GB",
        help="memory limit of a tracker in its own process (default: 3/4 of what this process may use)",
    )


def tracker_spec(arguments: argparse.Namespace) -> TrackerSpec:
    """Returns the tracker that the options describe."""
    from trackers.catalog import TrackerSpec

    settings = _settings(arguments.set)
    if arguments.precision is not None:
        if "precision" in settings:
            raise UserError("--precision and --set both give the precision; give it once")
        settings["precision"] = arguments.precision
    if getattr(arguments, "settings", None) is not None:
        from trackers.settings_file import read_settings_file

        settings = read_settings_file(arguments.settings) | settings
    spec = TrackerSpec(arguments.tracker, arguments.device, arguments.weights, settings)
    if not hasattr(arguments, "isolate"):
        return spec
    memory = None if arguments.memory is None else int(arguments.memory * 1e9)
    limits = ProcessLimits(arguments.start_timeout, arguments.frame_timeout, memory)
    return replace(spec, isolate=arguments.isolate, limits=limits)


def _settings(words: list[str]) -> dict[str, str]:
    """Parses `key=value` words.

    Raises:
        UserError: one is no such word, or a key is there twice.
    """
    settings = dict[str, str]()
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise UserError(f"--set takes KEY=VALUE, not '{word}'")
        name = key.replace("-", "_")
        if name in settings:
            raise UserError(f"--set gives '{name}' twice, as '{settings[name]}' and '{value}'; give it once")
        settings[name] = value
    return settings


def print_path(path: Path) -> None:
    """Prints the path of a file that was written on standard output.

    If standard output cannot be written, the command continues and its exit status does not change.
    """
    try:
        print(printable(str(path)), flush=True)
    except OSError:
        _settle_streams()  # the line is still in the buffer, and would fail again at exit


Command = Callable[[Sequence[str] | None], int]


def catch_user_errors(main: Command) -> Command:
    """Wraps a command so that a user's mistake is reported in one sentence, without a traceback.

    The exit status is 2 for wrong usage or missing data, and 130 for an interruption. With
    `SOTBENCH_TRACEBACK=1` in the environment the traceback is printed as well, for authors of trackers.
    """

    def command(arguments: Sequence[str] | None = None) -> int:
        _hold_streams()
        try:
            status = main(arguments)
            if sys.stdout is not None and not sys.stdout.closed:
                sys.stdout.flush()  # fail here, not while Python exits
            return status
        except UserError as error:
            return _report(str(error))
        except BrokenPipeError:
            # The reader has closed the pipe, such as `| head`, which is not a mistake.
            return 0
        except OSError as error:
            return _report(f"{error.filename or 'input or output'}: {error.strerror or error}")
        except KeyboardInterrupt:
            print_stderr("interrupted; finished work is kept")
            return 130
        finally:
            _settle_streams()

    return command


class _Closed(io.TextIOBase):
    """Standard output that the caller has closed (`>&-`)."""

    def write(self, text: str) -> int:  # noqa: ARG002
        raise OSError(errno.EBADF, "it is closed, so the result cannot be printed", "standard output")


def _hold_streams() -> None:
    """Opens closed standard streams, so that other files do not get their descriptors."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = _Closed()


def _settle_streams() -> None:
    """Discards output that cannot be written: Python would fail on it at exit and change the status."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)


def _report(sentence: str) -> int:
    if os.environ.get("SOTBENCH_TRACEBACK"):
        traceback.print_exc()
    print_stderr(f"error: {sentence}")
    return 2
