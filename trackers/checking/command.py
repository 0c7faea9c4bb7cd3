"""`check`: the conformance test on the command line."""

from __future__ import annotations

import argparse

NAME = "check"
HELP = (
    "Check that a tracker follows the interface; list violations and what its author should know. "
    "Exit status 1 on a violation."
)
EXAMPLES = (
    "examples: sotbench check ncc; sotbench check my_tracker.py:Mine --set rate=0.1; "
    'sotbench check "process:./mine"'
)

_SIGNS = {"ok": "ok", "note": "note", "violation": "VIOLATION"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    from trackers.commands import add_isolation_options, add_tracker_options

    add_tracker_options(parser, positional=True)
    add_isolation_options(parser, always=True)


def run(arguments: argparse.Namespace) -> int:
    """Prints a line per check and the verdict, and returns the exit status."""
    from trackers.checking.checks import ConformanceTest
    from trackers.commands import tracker_spec

    conformance = ConformanceTest(tracker_spec(arguments))
    violations = 0
    try:
        for finding in conformance.findings():
            violations += finding.verdict == "violation"
            print(f"{_SIGNS[finding.verdict]:<10} {finding.check:<10} {finding.text}", flush=True)
    finally:
        conformance.close()
    print(f"{arguments.tracker}: " + (f"{violations} to fix" if violations else "no violations"))
    return 1 if violations else 0
