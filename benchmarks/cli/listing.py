"""`list`: lists the names that other commands take."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks.options import add_data_root, add_split
from trackers.errors import UserError, printable
from trackers.registry import Registry
from trackers.wording import counted_of

NAME = "list"
HELP = "List trackers, data sets, protocols, profiles, plots, or the sequences of a data set."
EXAMPLES = "example: sotbench list sequences --dataset otb2015 --data-root ~/data"


REGISTRIES = {
    "trackers": "trackers.catalog:TRACKERS",
    "datasets": "benchmarks.datasets:DATASETS",
    "protocols": "benchmarks.protocols:PROTOCOLS",
    "profiles": "benchmarks.scoring:PROFILES",
    "plots": "reports.plots:PLOTS",
}
"""What can be listed, and its registry; named, since nothing of `reports` is imported here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument(
        "what",
        nargs="?",
        choices=[*REGISTRIES, "sequences"],
        help="what to list (default: all but sequences)",
    )
    parser.add_argument("--dataset", metavar="D", help="the data set whose sequences to list")
    add_split(parser)
    add_data_root(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints one name per line with a short description."""
    if arguments.what == "sequences":
        return _list_sequences(arguments)

    kinds = [arguments.what] if arguments.what else list(REGISTRIES)
    for kind in kinds:
        module, _, attribute = REGISTRIES[kind].partition(":")
        registry: Registry = getattr(import_module(module), attribute)
        if len(kinds) > 1:
            print(f"{kind}:")
        for name in registry:
            print(printable(f"  {name:<16} {registry.summary(name)}"))
    return 0


def _list_sequences(arguments: argparse.Namespace) -> int:
    from benchmarks.datasets import SequenceError, open_dataset

    if not arguments.dataset:
        raise UserError("`list sequences` needs --dataset; see `sotbench list datasets`")
    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    present = dataset.names()
    for name in present:
        try:
            sequence = dataset[name]
        except SequenceError as error:
            print(printable(f"  {name:<16} cannot be read: {error}"))
            continue
        line = f"  {name:<16} {len(sequence.truth):>6} frames  {' '.join(sequence.attributes)}"
        print(printable(line.rstrip()))
    missing = len(dataset.all_names) - len(present)
    print(
        counted_of(len(present), len(dataset.all_names), "sequence")
        + (f", {missing} missing" if missing else "")
    )
    return 0
