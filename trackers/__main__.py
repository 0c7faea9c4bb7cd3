"""`python -m trackers`: checks a tracker, or writes a new one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trackers import scaffold
from trackers.checking import command as checking
from trackers.commands import Parser, catch_user_errors


def _main(words: Sequence[str] | None) -> int:
    parser = Parser(prog="sotbench", description="For authors of trackers.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (checking, scaffold):
        sub = commands.add_parser(
            command.NAME, help=command.HELP, description=command.HELP, epilog=command.EXAMPLES
        )
        command.add_arguments(sub)
        sub.set_defaults(command=command.run)
    arguments = parser.parse_args(words)
    status: int = arguments.command(arguments)
    return status


main = catch_user_errors(_main)

if __name__ == "__main__":
    sys.exit(main(None))
