"""`speed`: how fast a tracker is, and whether that is faster than before."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from benchmarks.cli.output import show
from benchmarks.options import add_data_root, add_dataset, add_results, add_split, count, sequences_to_run
from trackers.commands import add_isolation_options, add_tracker_options, tracker_spec
from trackers.signals import override_signal_handler

NAME = "speed"
HELP = "Measure how fast a tracker is, with an interval and a record of the machine; compare with before."
EXAMPLES = (
    "examples: sotbench speed --tracker siamfc-lite --sequences easy; "
    "sotbench speed --tracker ncc --threads 1 --against results/speed/ncc/20261124T160000Z.json"
)


def whole(text: str) -> int:
    """Reads a whole number, 0 or more, for argparse."""
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_tracker_options(parser)
    add_isolation_options(parser)
    add_dataset(parser, default="demo")
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    add = parser.add_argument
    add("--sequences", nargs="+", metavar="S", help="show these alone (default: all that are there)")
    add(
        "--frames",
        type=count,
        default=40,
        metavar="N",
        help="updates to count in each sequence, from its beginning (default: 40, or as many as there are)",
    )
    add(
        "--warm-up",
        type=whole,
        default=10,
        metavar="N",
        help="updates after each initialisation that are not counted (default: 10)",
    )
    add(
        "--repetitions",
        type=count,
        default=5,
        metavar="N",
        help="passes over the sequences, each in a process of its own, for the interval (default: 5)",
    )
    add("--threads", type=count, metavar="N", help="that libraries may use (default: as they like)")
    add("--name", metavar="NAME", help="keep the record under this name (default: the tracker's)")
    add("--against", type=Path, metavar="FILE", help="say whether it is faster than in this earlier record")
    add("--format", choices=["table", "json"], default="table", help="how to print it (default: table)")


def run(arguments: argparse.Namespace) -> int:
    """Measures, keeps the record, and prints it; what makes it doubtful is said on standard error."""
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

    def told(number: int, fps: float) -> None:
        print(f"[{number}/{arguments.repetitions}] {fps:.1f} FPS", file=sys.stderr)

    name = arguments.name or spec.label
    # Being told to end is an interruption: what was started has to be ended as well.
    with override_signal_handler(signal.SIGTERM, signal.default_int_handler):
        record = measure(workload, name, arguments.repetitions, arguments.threads, told)
    path = record.write(arguments.results)
    for doubt in record.doubts:
        print(f"warning: {doubt}; do not trust these figures", file=sys.stderr)
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
            notes.append(f"what else differs: {'; '.join(comparison.notes)}")
    show(record_table(record, tuple(notes)))
    return 0
