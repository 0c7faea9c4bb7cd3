"""What every command shares: how it reads its options and answers a user's mistake."""

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
from typing import TYPE_CHECKING, Any, NoReturn

from trackers.errors import UserError, printable

if TYPE_CHECKING:
    from trackers.catalogue import TrackerSpec


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistake with one sentence and exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Prints the sentence and exits."""
        self.exit(2, f"{self.prog}: {printable(message)}; see `{self.prog} --help`\n")


def positive(text: str) -> float:
    """Reads a number above zero, for argparse."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


FORMS = "a name, package.module:Class, path/file.py:Class, process:COMMAND, trax:COMMAND or trackers.ini:NAME"
"""What `--tracker` takes."""


def add_tracker_options(
    parser: argparse.ArgumentParser, positional: bool = False, default: str | None = None
) -> None:
    """Adds `--tracker`, or the tracker as an argument without a name, and what decides how it is built."""
    add = parser.add_argument
    if positional:
        add("tracker", metavar="TRACKER", help=FORMS)
    elif default:
        add("--tracker", default=default, metavar="T", help=f"{FORMS} (default: {default})")
    else:
        add("--tracker", required=True, metavar="T", help=FORMS)
    add("--device", default="auto", metavar="DEV", help="auto, cpu, cuda or cuda:N (default: auto)")
    add("--weights", type=Path, metavar="FILE", help="the tracker's weights")
    add("--precision", metavar="P", help="of networks: float32, tf32 or bf16 (default: the tracker's own)")
    add("--set", nargs="+", default=[], action="extend", metavar="KEY=VALUE", help="settings of the tracker")


def add_isolation_options(parser: argparse.ArgumentParser, always: bool = False) -> None:
    """Adds the limits of a tracker's own process, and `--isolate` unless every tracker gets one."""
    add = parser.add_argument
    if always:
        parser.set_defaults(isolate=True)
    else:
        add("--isolate", action="store_true", help="run a Python tracker in a process of its own")
    own = "of a tracker in a process of its own"
    add("--start-timeout", type=positive, default=120.0, metavar="S", help=f"{own}: seconds to get ready")
    add("--frame-timeout", type=positive, default=60.0, metavar="S", help=f"{own}: seconds per frame")
    add("--memory", type=positive, metavar="GB", help=f"{own} (default: 3/4 of what this process may have)")


def tracker_spec(arguments: argparse.Namespace) -> TrackerSpec:
    """The tracker that the options name."""
    from trackers.catalogue import TrackerSpec
    from trackers.processes.limits import ProcessLimits

    settings = _settings(arguments.set)
    if arguments.precision is not None:
        settings["precision"] = arguments.precision
    spec = TrackerSpec(arguments.tracker, arguments.device, arguments.weights, settings)
    if not hasattr(arguments, "isolate"):
        return spec
    memory = None if arguments.memory is None else int(arguments.memory * 1e9)
    limits = ProcessLimits(arguments.start_timeout, arguments.frame_timeout, memory)
    return replace(spec, isolate=arguments.isolate, limits=limits)


def _settings(words: list[str]) -> dict[str, str]:
    """Splits `key=value` words."""
    settings = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise UserError(f"--set takes KEY=VALUE, not '{word}'")
        settings[key.replace("-", "_")] = value
    return settings


class SafeStderr:
    """Standard error as a file to which writing never fails.

    It may be closed, on a full disk, or a pipe that nobody reads any more: hours of work do not end because
    nobody can be told of them.
    """

    def write(self, text: str) -> int:
        """Writes as far as that is possible."""
        if sys.stderr is None:
            return len(text)
        with contextlib.suppress(OSError):
            try:
                self._stream().write(text)
            except ValueError:  # a tracker has closed the object; the system's own is still there
                os.write(2, text.encode(errors="backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """As `write`."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._stream().flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return bool(self._stream().isatty())
        except (OSError, ValueError, AttributeError):
            return False

    def __getattr__(self, name: str) -> Any:
        if name == "rich_proxied_file":  # rich would take it for one of its own, and write to what is behind
            raise AttributeError(name)
        return getattr(self._stream(), name)

    @staticmethod
    def _stream() -> Any:
        """What writes: while rich shows a bar on a terminal, it has put a file of its own in the place."""
        return getattr(sys.stderr, "rich_proxied_file", sys.stderr)


def print_stderr(line: str) -> None:
    """Prints a line on standard error, whatever names and messages of strangers it holds.

    It ends nothing if it cannot be printed, as `SafeStderr` says.
    """
    file = SafeStderr()
    file.write(printable(line) + "\n")
    file.flush()


def print_path(path: Path) -> None:
    """Prints the name of a file that was written, on standard output; nobody need be there to read it.

    What else a command was asked to write is written, and its status is that of its work.
    """
    try:
        print(printable(str(path)), flush=True)
    except OSError:
        _settle_streams()  # the line stays in the buffer, and would fail again when the command ends


Command = Callable[[Sequence[str] | None], int]


def catch_user_errors(main: Command) -> Command:
    """Wraps a command so that what a user can put right ends in one sentence, never in a traceback.

    Exit status 2 for wrong usage or missing data, 130 when interrupted. With `SOTBENCH_TRACEBACK=1` in the
    environment the traceback is printed as well, for authors of trackers.
    """

    def command(arguments: Sequence[str] | None = None) -> int:
        _hold_streams()
        try:
            status = main(arguments)
            if sys.stdout is not None and not sys.stdout.closed:
                sys.stdout.flush()  # what cannot be printed is to be known now, not while Python ends
            return status
        except UserError as error:
            return _say(str(error))
        except BrokenPipeError:
            # Whoever read our output has enough: a closed `| head` is no mistake.
            return 0
        except OSError as error:
            return _say(f"{error.filename or 'input or output'}: {error.strerror or error}")
        except KeyboardInterrupt:
            print_stderr("interrupted; what was finished is kept")
            return 130
        finally:
            _settle_streams()

    return command


class _Closed(io.TextIOBase):
    """Standard output where whoever started the command has closed it (`>&-`)."""

    def write(self, text: str) -> int:  # noqa: ARG002
        raise OSError(errno.EBADF, "it is closed, and the answer would be printed there", "standard output")


def _hold_streams() -> None:
    """Keeps files that are opened from taking the numbers of standard streams that are closed."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    if sys.stdout is None:
        sys.stdout = _Closed()


def _settle_streams() -> None:
    """Gives up what could not be written: Python would try again when it ends, and change the exit status."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)


def _say(sentence: str) -> int:
    if os.environ.get("SOTBENCH_TRACEBACK"):
        traceback.print_exc()
    print_stderr(f"error: {sentence}")
    return 2
