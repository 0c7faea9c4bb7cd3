"""What commands that read results have in common: finding the runs, printing what was made of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.cached import CachedDataset
from benchmarks.datasets.subset import select_part
from benchmarks.store import RunResults, select_runs
from benchmarks.store.parallel_reading import read_runs_parallel
from benchmarks.tables import WRITERS, Table
from benchmarks.tables.terminal import print_table
from trackers.commands import print_stderr
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.scoring import Record, RunScore, ScoringProfile

T = TypeVar("T")

_NAMED = 5
"""So many sequences that cannot be scored are named."""


def add_format(parser: argparse.ArgumentParser) -> None:
    """Adds `--format`."""
    parser.add_argument(
        "--format",
        choices=["table", "json", "csv", *WRITERS],
        default="table",
        help="how to print them (default: table); latex needs the package booktabs",
    )


def open_selected(arguments: argparse.Namespace) -> Dataset:
    """Opens the data set, or the part of it, that the options name; each sequence is read once.

    Raises:
        UserError: there is no such data set or part.
    """
    split = getattr(arguments, "split", None)
    dataset = CachedDataset(open_dataset(arguments.dataset, arguments.data_root, split))
    return select_part(dataset, arguments.sequences, arguments.attribute)


def read_runs(
    arguments: argparse.Namespace, dataset: Dataset, trackers: list[str] | None
) -> Iterator[RunResults]:
    """Reads the runs of `trackers`, or all there are, one by one, without times.

    What a run lacks, and one among several that cannot be read, is said on standard error.

    Raises:
        UserError: there is none, none of a tracker that was named, or none that can be read.
    """
    yield from _each(arguments, dataset, trackers, lambda run: run)


def score_runs(
    arguments: argparse.Namespace, dataset: Dataset, rules: ScoringProfile, trackers: list[str] | None
) -> Iterator[RunScore]:
    """Scores the runs of `trackers`, or all there are, one by one.

    What a run lacks, and one among several that cannot be scored, is said on standard error.

    Raises:
        UserError: there is none, none of a tracker that was named, or none that can be scored.
    """
    from benchmarks.scoring import score_run

    said: set[str] = set()
    for score in _each(arguments, dataset, trackers, lambda run: score_run(run, dataset, rules)):
        tell_remarks(score, said)
        yield score


def tell_remarks(score: RunScore, said: set[str]) -> None:
    """Says on standard error what should be known of a score; of many that share it, once."""
    for remark in getattr(score, "notes", ()):
        if remark not in said:
            said.add(remark)
            print_stderr(remark)


def _each(
    arguments: argparse.Namespace,
    dataset: Dataset,
    trackers: list[str] | None,
    make: Callable[[RunResults], T],
) -> Iterator[T]:
    """What `make` makes of each run; of several, those that it refuses are left out with a word."""
    folders = select_runs(arguments.results, dataset.name, arguments.protocol, trackers, dataset.related)
    refused = 0
    for folder, run in zip(folders, read_runs_parallel(folders, with_times=False), strict=True):
        try:
            if isinstance(run, UserError):
                raise run
            made = make(_told(run, dataset))
        except UserError as error:
            if len(folders) == 1:
                raise
            refused += 1
            print_stderr(f"{folder.tracker} is left out: {error}")
            continue
        yield made
    if refused == len(folders):
        raise UserError(f"none of these {refused} runs can be scored; see above")


def _told(run: RunResults, dataset: Dataset) -> RunResults:
    """What of a run is on `dataset`; says on standard error what should be known of it."""
    from benchmarks.scoring.pairing import restrict_to_dataset, sequences_without_truth

    run = restrict_to_dataset(run, dataset)
    for remark in run.notes:
        print_stderr(f"{run.tracker}: {remark}")
    if run.trajectories:  # of one without any, one sentence will do
        for sequence, why in run.failed.items():
            print_stderr(f"{run.tracker}: {sequence} is left out: {why}")
    here = [name for name in dataset.names() if name in run.trajectories]
    if 0 < len(unknown := sequences_without_truth(run, dataset, here)) < len(here):
        more = len(unknown) - _NAMED
        names = ", ".join(unknown[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        print_stderr(f"{run.tracker}: not scored, since the first box alone is known: {names}")
    return run


def print_records(records: Sequence[Record], form: str, table: Callable[[], Table]) -> None:
    """Prints records on standard output.

    Args:
        records: what to print.
        form: `"json"`, `"csv"`, `"table"` or one of `WRITERS`.
        table: makes the table that shows them.
    """
    from benchmarks.scoring.tables import records_csv

    if form == "json":
        print(json.dumps(records, indent=1))
    elif form == "csv":
        print(records_csv(records), end="")
    elif form in WRITERS:
        print(WRITERS[form](table()), end="")
    else:
        show(table())


class _Console(Console):
    """A console that leaves it to the command what a closed pipe means; rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def show(table: Table) -> None:
    """Prints a table on standard output, to be read."""
    # A pipe has no width of its own: nothing is folded there.
    console = _Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    print_table(console, table)
