"""`python -m benchmarks`: one sub-command per file of this folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.installation import shadowing_packages


def main(arguments: Sequence[str] | None = None) -> int:
    """Parses the command line, runs the command and returns its exit status.

    0 success; 1 the run finished, but some sequence failed, timed out or gave invalid boxes; 2 wrong usage
    or missing data; 130 interrupted.
    """
    try:
        if (status := refuse_shadowing_packages()) is not None:
            return status
        # Import `trackers` only after checking that it is our package.
        from trackers.processes.supervisor import SupervisedCommand, needs_supervisor, run_supervised
        from trackers.signals import install_interrupt_hook

        if arguments is None:
            install_interrupt_hook()
        if arguments is None and sys.argv[1:2] in (["run"], ["tune"]) and needs_supervisor():
            kept = "sequences" if sys.argv[1] == "run" else "trials"
            return run_supervised(
                f"finished {kept} are kept; repeat the command to resume",
                "with --isolate the tracker runs in its own process, and a crash fails only one sequence",
            )
        with SupervisedCommand():
            return _main(arguments)
    except KeyboardInterrupt:
        # Commands handle it themselves; this one came while they were being imported.
        print("interrupted before the command started", file=sys.stderr)
        return 130


def _main(arguments: Sequence[str] | None) -> int:
    from benchmarks.cli import (
        compare,
        doctor,
        download,
        exporting,
        importing,
        listing,
        rank,
        reproduce,
        run,
        score,
        speed,
        tune,
        verify,
        verify_results,
    )
    from trackers.commands import Parser, catch_user_errors

    parser = Parser(prog="sotbench", description="Run visual object trackers over data sets and score them.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (
        *(listing, run, reproduce, score, compare, rank, speed, tune),
        *(importing, exporting, verify, verify_results, download, doctor),
    ):
        sub = commands.add_parser(
            command.NAME,
            # argparse fills in values after a percent sign in `help`, and not in `description`.
            help=command.HELP.replace("%", "%%"),
            description=command.HELP,
            epilog=command.EXAMPLES,
        )
        command.add_arguments(sub)
        sub.set_defaults(command=command.run)

    def execute(words: Sequence[str] | None) -> int:
        parsed = parser.parse_args(words)
        status: int = parsed.command(parsed)
        return status

    return catch_user_errors(execute)(arguments)


def refuse_shadowing_packages() -> int | None:
    """Prints an error and returns the exit status if other packages shadow ours; otherwise returns None."""
    if problems := shadowing_packages():
        print(f"error: {problems[0]}", file=sys.stderr)
        return 2
    return None
