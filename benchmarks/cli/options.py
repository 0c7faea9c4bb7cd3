"""What every command shares: its options, and how it answers a user's mistake."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from benchmarks.datasets import default_data_root
from trackers.errors import UserError


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistake with one sentence and exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Prints the sentence and exits."""
        self.exit(2, f"{self.prog}: {message}; see `{self.prog} --help`\n")


def positive(text: str) -> float:
    """Reads a number above zero, for argparse."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def count(text: str) -> int:
    """Reads a whole number above zero, for argparse."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Adds `--dataset`."""
    parser.add_argument(
        "--dataset", required=True, metavar="D", help="the data set's name, such as demo or otb2015"
    )


def add_data_root(parser: argparse.ArgumentParser) -> None:
    """Adds `--data-root`."""
    parser.add_argument(
        "--data-root",
        type=Path,
        default=default_data_root(),
        metavar="DIR",
        help="folder that holds one folder per data set (default: $SOTBENCH_DATA); demo needs none",
    )


def add_split(parser: argparse.ArgumentParser) -> None:
    """Adds `--split`."""
    parser.add_argument(
        "--split",
        metavar="PART",
        help="which part of a data set that has several: test (default) or all of lasot",
    )


def add_results(parser: argparse.ArgumentParser) -> None:
    """Adds `--results`."""
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder of results (default: results)",
    )


def add_protocol(parser: argparse.ArgumentParser) -> None:
    """Adds `--protocol`."""
    parser.add_argument(
        "--protocol", default="ope", metavar="P", help="how the tracker is run (default: ope)"
    )


def add_trackers(parser: argparse.ArgumentParser) -> None:
    """Adds `--tracker`, for commands that read results."""
    parser.add_argument(
        "--tracker", nargs="+", metavar="NAME", help="whose results to use (default: all that are there)"
    )


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Adds `--profile`."""
    parser.add_argument(
        "--profile", metavar="NAME", help="the rules of scoring (default: those of the data set)"
    )


Command = Callable[[Sequence[str] | None], int]


def guarded(main: Command) -> Command:
    """Wraps a command so that what a user can put right ends in one sentence, never in a traceback.

    Exit status 2 for wrong usage or missing data, 130 when interrupted. With `SOTBENCH_TRACEBACK=1` in the
    environment the traceback is printed as well, for authors of trackers.
    """

    def command(arguments: Sequence[str] | None = None) -> int:
        try:
            return main(arguments)
        except UserError as error:
            return _say(str(error))
        except BrokenPipeError:
            # Whoever read our output has enough: a closed `| head` is no mistake.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            return _say(f"{error.filename or 'input or output'}: {error.strerror or error}")
        except KeyboardInterrupt:
            print("interrupted; what was finished is kept", file=sys.stderr)
            return 130

    return command


def _say(sentence: str) -> int:
    if os.environ.get("SOTBENCH_TRACEBACK"):
        traceback.print_exc()
    print(f"error: {sentence}", file=sys.stderr)
    return 2
