"""`sotbench COMMAND`: one command line for running, scoring, reports, data and trackers.

Each command lives beside the code that it drives: `benchmarks.cli`, `reports.*`, `trackers.*`. The
`python -m` forms of those packages are the same code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

# Nothing of `trackers` is imported before it is known to be our package.
from benchmarks.cli.main import main as benchmarks_main
from benchmarks.cli.main import refuse_shadowing_packages

USAGE = "usage: sotbench COMMAND ...; `sotbench COMMAND --help` explains one"


class Command(NamedTuple):
    """A command of another package.

    Attributes:
        target: the `module:function` that runs it; None for a command of `benchmarks.cli`.
        summary: what it does, in a line.
        keeps_name: whether the function expects the command's name as its first argument.
    """

    target: str | None
    summary: str
    keeps_name: bool = False


GROUPS: dict[str, dict[str, Command]] = {
    "Run": {
        "run": Command(None, "run a tracker over a data set; resumes what an earlier run began"),
        "reproduce": Command(None, "run again what a run folder describes, and compare the boxes"),
        "speed": Command(None, "measure a tracker's speed, with an interval"),
        "tune": Command(None, "choose a tracker's settings on a validation set"),
    },
    "Score": {
        "score": Command(None, "score runs, with 95 % intervals"),
        "compare": Command(None, "test whether one tracker is better than another"),
        "rank": Command(None, "rank trackers as VOT does"),
    },
    "Report": {
        "plot": Command("reports.plot:main", "plot scores for a paper"),
        "table": Command("reports.table:main", "write tables: LaTeX, Markdown, HTML, CSV"),
        "html": Command("reports.html:main", "write one HTML file with everything"),
        "failures": Command("reports.failures:main", "show where trackers lose the target, and how"),
        "site": Command("reports.site:main", "write a static site to publish, from a results folder"),
        "serve": Command("reports.serve:main", "show a folder of results in the browser, live"),
        "video": Command("reports.video:main", "make videos of sequences with the trackers' boxes"),
    },
    "Data": {
        "import": Command(None, "import results that another tool stored"),
        "export": Command(None, "export results in another tool's format"),
        "verify": Command(None, "check a data set's files"),
        "verify-results": Command(None, "check a run folder, as a submission"),
        "download": Command(None, "download a data set, or print where to get it"),
    },
    "Trackers": {
        "demo": Command("trackers.demo:main", "track a target in your own video or camera"),
        "check": Command(
            "trackers.__main__:main", "check that a tracker follows the interface", keeps_name=True
        ),
        "new": Command("trackers.__main__:main", "write a package with a new tracker", keeps_name=True),
        "train": Command("trackers.train:main", "train SiamFC or GradNet"),
        "convert": Command("trackers.convert:main", "convert the weights of other projects"),
    },
    "Help": {
        "list": Command(None, "list trackers, data sets, protocols, profiles, plots, or sequences"),
        "doctor": Command(None, "show versions, devices and optional packages, and find problems"),
    },
}
"""The commands by what a user wants to do."""

COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: the command line without the program's name (default: that of the process).

    Returns:
        The exit status: 0 success; 1 some sequence failed; 2 wrong usage or missing data; 130 interrupted.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    command = COMMANDS.get(words[0]) if words else None
    if command is not None and command.target is None:
        return benchmarks_main(arguments)
    if (status := refuse_shadowing_packages()) is not None:
        return status
    if not words:
        return _refuse("a command is missing")
    if words[0] in ("-h", "--help", "--version"):
        from trackers.commands import catch_user_errors

        return catch_user_errors(_print_about)(words)
    if command is None or command.target is None:
        return _unknown(words[0])
    module, _, name = command.target.partition(":")
    function: Callable[[Sequence[str] | None], int] = getattr(import_module(module), name)
    return function(words if command.keeps_name else words[1:])


def _print_about(words: Sequence[str] | None) -> int:
    """Prints the version or the overview of all commands."""
    if words and words[0] == "--version":
        from importlib.metadata import version

        print(f"sotbench {version('sotbench')}")
    else:
        print(help_text())
    return 0


def help_text() -> str:
    """Returns the overview of all commands."""
    lines = [USAGE, "", "Run, score and compare visual object trackers.", ""]
    for group, commands in GROUPS.items():
        lines.append(f"{group}:")
        lines += [f"  {name:<15}{command.summary}" for name, command in commands.items()]
        lines.append("")
    lines += ["Options:", f"  {'--version':<16}print the version", f"  {'--help':<16}print this overview", ""]
    lines.append("example: sotbench run --tracker ncc --dataset demo && sotbench score --dataset demo")
    return "\n".join(lines)


def _unknown(word: str) -> int:
    from trackers.registry import did_you_mean

    return _refuse(f"there is no command '{word}'{did_you_mean(word, list(COMMANDS))}")


def _refuse(reason: str) -> int:
    from trackers.stderr import print_stderr

    print_stderr(f"sotbench: {reason}; `sotbench --help` lists the commands")
    return 2
