"""`sotbench failures`: where trackers lose the target, how, and what it costs: an HTML file and a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_protocol,
    add_results,
    add_selection,
    add_split,
    add_trackers,
    count,
    count_or_zero,
    read_selection,
)
from reports.presentation_options import add_presentation_options, presentation_of
from trackers.commands import Parser, catch_user_errors, print_path, print_stderr
from trackers.errors import UserError

_MOST_ROWS = 15
"""Losses of each tracker in the terminal."""


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench failures",
        description="Show where trackers lose the target, by sequence, by attribute and by what happens "
        "before, with strips of frames, and which failures two trackers share.",
        epilog="example: sotbench failures --dataset demo --tracker ncc siamfc",
    )
    add_dataset(options)
    add_trackers(options)
    add_protocol(options)
    add_selection(options)
    add = options.add_argument
    add(
        "--least",
        type=count,
        default=10,
        metavar="N",
        help="a target is lost when the overlap is below 0.1 in at least N frames (default: 10)",
    )
    add(
        "--strips",
        type=count_or_zero,
        default=40,
        metavar="N",
        help="show frames of the N costliest losses of each tracker, if they are at hand (default: 40)",
    )
    add("--out", type=Path, metavar="FILE", help="output file (default: <dataset>-<protocol>-failures.html)")
    add_split(options)
    add_data_root(options)
    add_results(options)
    add_presentation_options(options, lines=False)
    return options


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Finds the failures, prints them, writes the page and prints its path."""
    chosen = parser().parse_args(arguments)

    from datetime import datetime

    from benchmarks.tables.terminal import show
    from reports.failure_report.detection import find_failures
    from reports.failure_report.document import (
        failures_page,
        losses_table,
        make_strips,
        overview_table,
    )
    from reports.failure_report.summary import TrackerFailures
    from reports.report_data import without_hidden
    from trackers.atomic import write_atomic

    presentation = presentation_of(chosen)
    selection = without_hidden(read_selection(chosen), presentation)
    dataset = selection.dataset
    trackers = []
    for run in selection.read(print_stderr):
        names = [
            name
            for name in dataset.names()
            if run.trajectories.get(name) and not dataset[name].first_box_only
        ]
        found = [find_failures(dataset[name], run.trajectories[name], chosen.least) for name in names]
        if found:
            trackers.append(TrackerFailures(run.tracker, tuple(found)))
        else:
            print_stderr(f"{run.tracker} is left out: none of its sequences has ground truth here")
    if not trackers:
        raise UserError("no sequence has both results and ground truth; see --data-root")
    if chosen.tracker is None:
        trackers.sort(key=lambda one: (one.total_cost, one.tracker.casefold()))
    trackers.sort(key=lambda one: presentation.place(one.tracker))
    show(overview_table(trackers, presentation))
    show(losses_table(trackers, presentation, _MOST_ROWS))
    strips = make_strips(dataset, trackers, presentation, chosen.strips, print_stderr)
    made = datetime.now().astimezone()
    page = failures_page(dataset, selection.protocol, trackers, strips, presentation, chosen.least, made)
    path = chosen.out or Path(f"{dataset.name}-{selection.protocol}-failures.html")
    write_atomic(path, page.encode())
    print_path(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
