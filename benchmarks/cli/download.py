"""`download`: gets a data set, or says where it can be had."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.options import add_data_root, add_dataset
from trackers.commands import print_stderr
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.datasets.disk_dataset import DiskDataset
    from benchmarks.datasets.downloads.http_transfer import Progress as Report

NAME = "download"
HELP = "Download a data set into the data root, or say where it can be had."
EXAMPLES = (
    "example: sotbench download --dataset otb2015 --data-root ~/data --sequences Deer Jogging; "
    "a download that broke off goes on where it stopped"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_dataset(parser)
    add_data_root(parser)
    parser.add_argument(
        "--sequences", nargs="+", metavar="S", help="get these alone (default: all that are not there)"
    )
    parser.add_argument(
        "--url-base", metavar="URL", help="a mirror's address, in place of the one the data set is known at"
    )


def run(arguments: argparse.Namespace) -> int:
    """Downloads what is not there; returns 1 if something is still not whole."""
    from benchmarks.datasets import DATASETS
    from benchmarks.datasets.downloads.download import download
    from benchmarks.datasets.downloads.sources import MANUAL_DOWNLOADS, SOURCES
    from benchmarks.datasets.names import select_sequences
    from benchmarks.datasets.verification import verify

    kind: type[DiskDataset] = DATASETS.load(arguments.dataset)
    source = SOURCES.get(arguments.dataset)
    if source is None:
        print(MANUAL_DOWNLOADS[arguments.dataset].format(root=arguments.data_root or "<data root>"))
        return 0
    if arguments.data_root is None:
        raise UserError("say where to put the data set: give --data-root DIR or set SOTBENCH_DATA")
    if not any((arguments.data_root / place).is_dir() for place in kind.root_folders):
        (arguments.data_root / kind.root_folders[-1]).mkdir(parents=True)
    dataset = kind(arguments.data_root)
    names = (
        select_sequences(arguments.sequences, dataset.all_names, dataset.name)
        if arguments.sequences
        else list(dataset.all_names)
    )
    with _progress() as progress:
        problems = download(dataset, source, names, progress, arguments.url_base)
    for problem in problems:
        print_stderr(problem)
    # Opened anew: the folders are others than before.
    results = list(verify(kind(arguments.data_root), names))
    for result in results:
        for finding in result.findings:
            if not finding.harmless:
                print_stderr(f"{finding.sequence}: {finding.problem}")
    whole = sum(result.whole for result in results)
    print(f"{whole} of {len(names)} sequences are whole in {dataset.root}")
    return 0 if whole == len(names) else 1


@contextmanager
def _progress() -> Iterator[Callable[[str], Report]]:
    """A bar per file on a terminal; a line per file elsewhere."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(
        TextColumn("{task.description}", markup=False),
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:

        def begin(title: str) -> Report:
            if not console.is_terminal:
                print_stderr(f"downloading {title}")
            for task in bar.task_ids:
                bar.remove_task(task)
            task = bar.add_task(title, total=None)
            return lambda have, size: bar.update(task, completed=have, total=size)

        yield begin
