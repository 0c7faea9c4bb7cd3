"""`speed`: measures how fast a tracker is, and compares with an earlier measurement."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_results,
    add_sequences,
    add_split,
    count,
    count_or_zero,
    sequences_to_run,
)
from benchmarks.tables.terminal import show
from trackers.commands import add_isolation_options, add_tracker_options, tracker_spec
from trackers.signals import override_signal_handler

NAME = "speed"
HELP = "Measure how fast a tracker is, with an interval and a record of the machine; compare with a record."
EXAMPLES = (
    "examples: sotbench speed --tracker siamfc-lite --sequences easy; "
    "sotbench speed --tracker ncc --threads 1 --against results/speed/ncc/20261124T160000Z.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_tracker_options(parser)
    add_isolation_options(parser)
    add_dataset(parser, default="demo")
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    add = parser.add_argument
    add_sequences(parser)
    add(
        "--frames",
        type=count,
        default=40,
        metavar="N",
        help="updates to time in each sequence, from its beginning (default: 40, or all if it has fewer)",
    )
    add(
        "--warm-up",
        type=count_or_zero,
        default=10,
        metavar="N",
        help="updates after each initialization that are not counted (default: 10)",
    )
    add(
        "--repetitions",
        type=count,
        default=5,
        metavar="N",
        help="passes over the sequences, each in a separate process, for the interval (default: 5)",
    )
    add("--threads", type=count, metavar="N", help="threads that libraries may use (default: their choice)")
    add("--name", metavar="NAME", help="store the record under this name (default: the tracker's)")
    add("--against", type=Path, metavar="FILE", help="compare with this earlier record")
    add("--format", choices=["table", "json"], default="table", help="how to print it (default: table)")


def run(arguments: argparse.Namespace) -> int:
    """Measures, writes the record and prints it; prints reasons to doubt it on standard error."""
    from benchmarks.datasets import open_dataset
    from benchmarks.speed import read_record
    from benchmarks.speed.compare import compare
    from benchmarks.speed.measurement import Workload, measure
    from benchmarks.speed.tables import record_table

    earlier = read_record(arguments.against) if arguments.against else None
    spec = tracker_spec(arguments)
    place = (arguments.dataset, arguments.data_root, arguments.split)
    sequences = sequences_to_run(open_dataset(*place), arguments.sequences, arguments.data_root)
    workload = Workload(spec, *place, tuple(sequences), arguments.frames, arguments.warm_up)

    def print_repetition(number: int, fps: float) -> None:
        print(f"[{number}/{arguments.repetitions}] {fps:.1f} FPS", file=sys.stderr)

    name = arguments.name or spec.label
    # Treat SIGTERM like Ctrl-C, so that child processes are ended too.
    with override_signal_handler(signal.SIGTERM, signal.default_int_handler):
        record = measure(workload, name, arguments.repetitions, arguments.threads, print_repetition)
    path = record.write(arguments.results)
    for doubt in record.doubts:
        print(f"warning: {doubt}; do not trust these numbers", file=sys.stderr)
    print(f"the record is {path}", file=sys.stderr)
    comparison = compare(record, earlier) if earlier else None
    if arguments.format == "json":
        content = record.content()
        if comparison:
            content["comparison"] = comparison.content()
        print(json.dumps(content, indent=1))
        return 0
    notes = []
    if comparison:
        notes.append(f"against {arguments.against}: {comparison.verdict}")
        if comparison.notes:
            notes.append(f"other differences: {'; '.join(comparison.notes)}")
    show(record_table(record, tuple(notes)))
    return 0
