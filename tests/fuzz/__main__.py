"""`python -m tests.fuzz`: fuzzes parsers and counts executions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.campaign import Campaign, report
from tests.fuzz.registry import TARGETS, load_targets
from trackers.commands import Parser, catch_user_errors, positive
from trackers.errors import UserError

EXAMPLES = (
    "examples: python -m tests.fuzz --target manifest --seconds 60; "
    "python -m tests.fuzz --executions 10000000"
)


def _parser() -> Parser:
    options = Parser(
        prog="python -m tests.fuzz",
        description="Fuzzes every parser and counts the inputs. Exit status 1 if one crashed a parser.",
        epilog=EXAMPLES,
    )
    add = options.add_argument
    add("--target", nargs="+", metavar="NAME", help="the parsers to fuzz (default: all)")
    add("--executions", type=positive, metavar="N", help="number of inputs, over all targets")
    add("--seconds", type=positive, metavar="S", help="seconds, over all targets")
    add(
        "--folder",
        type=Path,
        default=Path("results/.fuzz"),
        metavar="DIR",
        help="folder of inputs, logs and counts; a campaign continues there (default: results/.fuzz)",
    )
    add(
        "--minimize",
        action="store_true",
        help="store a minimal set of the campaign's inputs in tests/fuzz/corpus instead",
    )
    add("--list", action="store_true", help="list the targets")
    add("--count", action="store_true", help="print the number of executions so far")
    return options


@catch_user_errors
def main(words: Sequence[str] | None = None) -> int:
    """Fuzzes the targets, lists them, or minimizes their inputs."""
    arguments = _parser().parse_args(words)
    if arguments.list:
        print("\n".join(f"{name:16}{TARGETS.summary(name)}" for name in TARGETS))
        return 0
    targets = load_targets(arguments.target)
    campaign = Campaign(arguments.folder)
    if arguments.count:
        print(report(campaign, targets))
        return 0
    if arguments.minimize:
        for target in targets:
            print(f"{target.name}: {campaign.minimize(target)} inputs kept")
        return 0
    return _fuzz(campaign, targets, arguments)


def _fuzz(campaign: Campaign, targets: Sequence, arguments: argparse.Namespace) -> int:
    if arguments.executions is None and arguments.seconds is None:
        raise UserError("give --executions N or --seconds S to limit the campaign")
    total = sum(target.share for target in targets)
    crashed = []
    for target in targets:
        fraction = target.share / total
        executions = None if arguments.executions is None else max(int(arguments.executions * fraction), 1)
        seconds = None if arguments.seconds is None else arguments.seconds * fraction
        if not campaign.fuzz(target, executions, seconds):
            crashed.append(target.name)
            print(f"{target.name}: see {campaign.folder}/logs/{target.name}.log", file=sys.stderr)
    print(report(campaign, targets))
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main(None))
