"""`run`: a tracker over a data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.cli.options import (
    add_data_root,
    add_dataset,
    add_protocol,
    add_results,
    add_split,
    count,
    positive,
)
from trackers.errors import UserError

NAME = "run"
HELP = "Run a tracker over a data set; what an earlier run has done is kept."
EXAMPLES = (
    "examples: sotbench run --tracker ncc --dataset demo; "
    "sotbench run --tracker siamfc --weights siamfc.pth --dataset otb2015 --data-root ~/data; "
    "sotbench run --tracker my_tracker.py:Mine --set rate=0.1 --dataset demo"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument(
        "--tracker", required=True, metavar="T", help="a name, package.module:Class or path/file.py:Class"
    )
    add_dataset(parser)
    add_protocol(parser)
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    parser.add_argument(
        "--sequences", nargs="+", metavar="S", help="run these alone (default: all that are there)"
    )
    parser.add_argument(
        "--device", default="auto", metavar="DEV", help="auto, cpu, cuda or cuda:N (default: auto)"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="the tracker's weights")
    parser.add_argument(
        "--set", nargs="+", default=[], action="extend", metavar="KEY=VALUE", help="settings of the tracker"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="for trackers that draw numbers (default: 0)"
    )
    parser.add_argument(
        "--repeat", type=count, metavar="N", help="how often to make each run (default: as the protocol says)"
    )
    parser.add_argument("--timeout", type=positive, metavar="S", help="seconds that one sequence may take")
    parser.add_argument(
        "--name", metavar="NAME", help="keep the results under this name (default: the tracker's)"
    )
    parser.add_argument("--overwrite", action="store_true", help="run again what is already there")


def run(arguments: argparse.Namespace) -> int:
    """Runs, says how it went, and returns 1 if a sequence is not ok."""
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.names import select
    from benchmarks.running import RunSettings, run
    from trackers.catalogue import TrackerSpec

    spec = TrackerSpec(arguments.tracker, arguments.device, arguments.weights, _settings(arguments.set))
    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    present = dataset.names()
    if not present:
        raise UserError(f"no sequence of {arguments.dataset} is in {arguments.data_root}")
    names = list(present)
    if arguments.sequences:
        names = select(arguments.sequences, dataset.all_names, dataset.name)
        if absent := [name for name in names if name not in present]:
            raise UserError(f"sequence {absent[0]} of {dataset.name} is not in {arguments.data_root}")
    elif len(present) < len(dataset.all_names):
        missing = len(dataset.all_names) - len(present)
        print(
            f"{missing} of the {len(dataset.all_names)} sequences of {dataset.title} are missing",
            file=sys.stderr,
        )

    summary = run(
        RunSettings(
            spec=spec,
            name=arguments.name or spec.label,
            results=arguments.results,
            protocol=arguments.protocol,
            seed=arguments.seed,
            repeat=arguments.repeat,
            limit=arguments.timeout,
            overwrite=arguments.overwrite,
        ),
        dataset,
        names,
    )
    done = len(summary.records) - len(summary.failed)
    line = f"{done} of {len(summary.records)} sequences ok"
    if summary.kept:
        line += f" ({summary.kept} from an earlier run)"
    if summary.update_seconds > 0:
        line += (
            f"; {summary.frames} frames, {summary.updates / summary.update_seconds:.1f} FPS "
            "(updates alone, without decoding and initialisation)"
        )
    print(f"{line}; in {summary.path}", file=sys.stderr)
    return 1 if summary.failed else 0


def _settings(words: list[str]) -> dict[str, str]:
    """Splits `key=value` words."""
    settings = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise UserError(f"--set takes KEY=VALUE, not '{word}'")
        settings[key.replace("-", "_")] = value
    return settings
