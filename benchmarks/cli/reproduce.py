"""`reproduce`: runs again what a run's manifest describes, and compares the boxes."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.run import interruptible
from benchmarks.options import add_data_root, add_sequences, add_split, count
from trackers.commands import FORMS, add_isolation_options
from trackers.errors import printable
from trackers.stderr import print_stderr
from trackers.wording import agree, counted_of

if TYPE_CHECKING:
    from benchmarks.reproduction import Reproduction, SequenceComparison

NAME = "reproduce"
HELP = "Run again what a run folder describes, and say whether the boxes are the same."
EXAMPLES = (
    "example: sotbench reproduce results/otb2015/siamfc/ope --data-root ~/data --sequences Basketball; exit "
    "status 0 if all boxes are the same bytes, 1 if some differ, 2 if the run cannot be reproduced"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder with the run.json")
    add_sequences(parser)
    add_data_root(parser)
    add_split(parser)
    add = parser.add_argument
    add("--tracker", metavar="T", help=f"where a tracker is that is none of sotbench's: {FORMS}")
    add("--weights", type=Path, metavar="FILE", help="the weights of the run, if not the tracker's default")
    add("--device", metavar="DEV", help="another device than that of the run: cpu, cuda or cuda:N")
    add("--batch", type=count, default=1, metavar="N", help="run N sequences at once, in one GPU batch")
    add("--workers", type=count, default=1, metavar="N", help="run in N processes")
    add_isolation_options(parser)
    add("--out", type=Path, metavar="DIR", help="keep the new run in this folder of results")
    add("--record", action="store_true", help="write the outcome into FOLDER, as reproduced.json")
    add("--by", default="", metavar="NAME", help="who reproduces it, for --record")
    add("--json", action="store_true", help="print the outcome as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Runs it again, prints the comparison, and returns 1 if boxes differ."""
    from benchmarks.datasets import open_dataset
    from benchmarks.reproduction import recorded_tracker, reproduce, write_record
    from benchmarks.reproduction.reproduce import read_identity, recorded_device
    from benchmarks.store import RunFolder
    from trackers.catalog import TrackerSpec
    from trackers.processes.limits import ProcessLimits

    folder = RunFolder.at(arguments.folder)
    manifest, identity = read_identity(folder)
    tracker = recorded_tracker(identity, arguments.tracker)
    memory = None if arguments.memory is None else int(arguments.memory * 1e9)
    spec = TrackerSpec(
        tracker,
        arguments.device or recorded_device(identity, tracker),
        arguments.weights,
        identity.settings,
        arguments.isolate,
        ProcessLimits(arguments.start_timeout, arguments.frame_timeout, memory),
    )
    dataset = open_dataset(manifest.dataset, arguments.data_root, arguments.split)
    with interruptible():
        outcome = reproduce(
            folder,
            spec,
            dataset,
            sequences=arguments.sequences,
            out=arguments.out,
            batch=arguments.batch,
            workers=arguments.workers,
        )
    if arguments.json:
        print(json.dumps(_as_json(outcome), indent=1))
    else:
        _print(outcome)
    if arguments.record:
        print_stderr(f"wrote {write_record(folder, outcome.record(arguments.by))}")
    return 0 if outcome.same else 1


def _print(outcome: Reproduction) -> None:
    from benchmarks.tables import Cell, Column, Table
    from benchmarks.tables.terminal import show

    headings = ("boxes", "differing frames", "first", "max difference", "mean IoU")
    show(
        Table(
            columns=(Column("sequence", numeric=False), *(Column(heading) for heading in headings)),
            rows=tuple(
                (Cell(printable(name)), *map(Cell, _cells(comparison)))
                for name, comparison in outcome.sequences.items()
            ),
            caption=printable(f"{outcome.tracker} on {outcome.dataset} ({outcome.protocol}), run again"),
            notes=tuple(
                printable(f"{name}: {comparison.problem}")
                for name, comparison in outcome.sequences.items()
                if comparison.problem
            ),
        )
    )
    for name, (before, after) in outcome.changes.items():
        print(printable(f"changed since the run: {name.replace('_', ' ')}: {before} -> {after}"))
    if not outcome.changes:
        print("nothing that is recorded of tracker and environment has changed")
    same = sum(comparison.same for comparison in outcome.sequences.values())
    number = counted_of(same, len(outcome.sequences), "sequence")
    print(f"{number} {agree(same, 'has', 'have')} the same boxes, byte for byte")


def _cells(comparison: SequenceComparison) -> tuple[str, ...]:
    if comparison.same:
        return "same", f"0 of {comparison.frames}", "", "", ""
    if not comparison.frames:
        return "none", "", "", "", ""
    first = "" if comparison.first is None else str(comparison.first + 1)
    largest = "" if comparison.max_difference is None else f"{comparison.max_difference:.3g} px"
    overlap = "" if comparison.mean_iou is None else f"{comparison.mean_iou:.4f}"
    return "differ", f"{comparison.differing} of {comparison.frames}", first, largest, overlap


def _as_json(outcome: Reproduction) -> dict[str, object]:
    return {
        "dataset": outcome.dataset,
        "tracker": outcome.tracker,
        "protocol": outcome.protocol,
        "same": outcome.same,
        "sequences": {name: asdict(comparison) for name, comparison in outcome.sequences.items()},
        "changes": {name: list(values) for name, values in outcome.changes.items()},
    }
