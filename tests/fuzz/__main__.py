"""`python -m tests.fuzz`: fuzzes parsers and counts executions."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.campaign import Campaign, report
from tests.fuzz.registry import TARGETS, chosen
from trackers.commands import Parser, catch_user_errors, positive
from trackers.errors import UserError

EXAMPLES = (
    "examples: python -m tests.fuzz --target manifest --seconds 60; "
    "python -m tests.fuzz --executions 10000000"
)


def _parser() -> Parser:
    options = Parser(
        prog="python -m tests.fuzz",
        description="Fuzzes every parser, and says how many inputs it was given. Exit status 1 if one broke "
        "what its parser promises.",
        epilog=EXAMPLES,
    )
    add = options.add_argument
    add("--target", nargs="+", metavar="NAME", help="the parsers to fuzz (default: all)")
    add("--executions", type=positive, metavar="N", help="how many, of all targets together")
    add("--seconds", type=positive, metavar="S", help="how long, for all targets together")
    add(
        "--folder",
        type=Path,
        default=Path("results/.fuzz"),
        metavar="DIR",
        help="where inputs, logs and the count are kept; a campaign goes on there (default: results/.fuzz)",
    )
    add("--minimise", action="store_true", help="take the campaign's inputs into tests/fuzz/corpus instead")
    add("--list", action="store_true", help="list the targets")
    add("--count", action="store_true", help="print how many executions there were so far")
    return options


@catch_user_errors
def main(words: Sequence[str] | None = None) -> int:
    """Fuzzes, or lists or minimises."""
    arguments = _parser().parse_args(words)
    if arguments.list:
        print("\n".join(f"{name:16}{TARGETS.summary(name)}" for name in TARGETS))
        return 0
    targets = chosen(arguments.target)
    campaign = Campaign(arguments.folder)
    if arguments.count:
        print(report(campaign, targets))
        return 0
    if arguments.minimise:
        for target in targets:
            print(f"{target.name}: {campaign.minimise(target)} inputs kept")
        return 0
    return _fuzz(campaign, targets, arguments)


def _fuzz(campaign: Campaign, targets: Sequence, arguments: argparse.Namespace) -> int:
    if arguments.executions is None and arguments.seconds is None:
        raise UserError("give --executions N or --seconds S, so that it ends")
    shares = sum(target.share for target in targets)
    broken = []
    for target in targets:
        part = target.share / shares
        executions = None if arguments.executions is None else max(int(arguments.executions * part), 1)
        seconds = None if arguments.seconds is None else arguments.seconds * part
        if not campaign.fuzz(target, executions, seconds):
            broken.append(target.name)
            print(f"{target.name}: see {campaign.folder}/logs/{target.name}.log", file=sys.stderr)
    print(report(campaign, targets))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(None))
