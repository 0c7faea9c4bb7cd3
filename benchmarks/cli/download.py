"""`download`: downloads a data set, or prints where to get it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.options import add_data_root, add_dataset, add_split
from trackers.errors import UserError
from trackers.stderr import print_stderr
from trackers.wording import agree, counted_of

if TYPE_CHECKING:
    from benchmarks.datasets.disk_dataset import DiskDataset
    from benchmarks.datasets.downloads.http_transfer import Progress as Report
    from benchmarks.datasets.downloads.sources import DownloadSource

_PARTS = ("sequences", "categories", "split", "url-base")
"""Options that only a download obeys."""

NAME = "download"
HELP = "Download a data set into the data root, or print where to get it."
EXAMPLES = (
    "examples: sotbench download --dataset otb2015 --data-root ~/data --sequences Deer Jogging; "
    "sotbench download --dataset lasot --data-root ~/data --categories airplane bird; "
    "an interrupted download resumes where it stopped"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_dataset(parser)
    add_data_root(parser)
    parser.add_argument(
        "--sequences",
        nargs="+",
        metavar="S",
        help="download only these: names, or @FILE with one name per line (default: all that are missing)",
    )
    parser.add_argument(
        "--categories", nargs="+", metavar="C", help="for lasot and lasot-ext: only these categories"
    )
    add_split(parser)
    parser.add_argument(
        "--url-base", metavar="URL", help="the address of a mirror, in place of the original site's"
    )


def run(arguments: argparse.Namespace) -> int:
    """Downloads what is missing; returns 1 if the data set is still incomplete."""
    from benchmarks.datasets import DATASETS
    from benchmarks.datasets.downloads.new_folder import new_folder
    from benchmarks.datasets.downloads.sources import SOURCES

    kind: type[DiskDataset] = DATASETS.load(arguments.dataset)
    source = SOURCES.get(arguments.dataset)
    if source is None:
        return _print_instructions(arguments)
    if arguments.data_root is None:
        raise UserError("no folder for the data set: give --data-root DIR or set SOTBENCH_DATA")
    folders = [arguments.data_root / name for name in kind.root_folders]
    with new_folder(next((folder for folder in folders if folder.is_dir()), folders[-1])):
        return _download(arguments, source)


def _print_instructions(arguments: argparse.Namespace) -> int:
    """Prints where to get a data set that has no direct address.

    Raises:
        UserError: nothing is known of it, or an option asks for a part of it.
    """
    from benchmarks.datasets import DATASETS
    from benchmarks.datasets.downloads.sources import MANUAL_DOWNLOADS

    name = arguments.dataset
    if name not in MANUAL_DOWNLOADS:
        raise UserError(
            f"sotbench does not know where to get data set '{name}' ({DATASETS.summary(name)}); see the "
            "documentation of that package"
        )
    options = [f"--{option}" for option in _PARTS if getattr(arguments, option.replace("-", "_")) is not None]
    if options:
        raise UserError(
            f"data set '{name}' cannot be downloaded from here, so {' and '.join(options)} would do nothing: "
            f"leave {agree(len(options), 'it', 'them')} out to read where to get the data set"
        )
    print(MANUAL_DOWNLOADS[name].format(root=arguments.data_root or "<data root>"))
    return 0


def _download(arguments: argparse.Namespace, source: DownloadSource) -> int:
    from benchmarks.datasets.downloads.download import download
    from benchmarks.datasets.downloads.sources import select_categories
    from benchmarks.datasets.sequence_names import select_sequences
    from benchmarks.datasets.subset import expand_name_files
    from benchmarks.datasets.verification import verify

    dataset = _open(arguments)
    names = (
        select_sequences(expand_name_files(arguments.sequences), dataset.all_names, dataset.name)
        if arguments.sequences
        else list(dataset.all_names)
    )
    if arguments.categories:
        names = select_categories(arguments.categories, names, dataset.name)
    if source.note:
        print_stderr(f"{dataset.name}: {source.note}")
    with _progress() as progress:
        problems = download(dataset, source, names, progress, arguments.url_base, notify=print_stderr)
    for problem in problems:
        print_stderr(problem)
    # Opened again, because its folders have changed.
    results = list(verify(_open(arguments), names))
    for result in results:
        for finding in result.findings:
            if not finding.harmless:
                print_stderr(f"{finding.sequence}: {finding.problem}")
    complete = sum(result.complete for result in results)
    done = f"{counted_of(complete, len(names), 'sequence')} {agree(complete, 'is', 'are')} complete"
    print(f"{done} in {dataset.root}")
    return 0 if complete == len(names) else 1


def _open(arguments: argparse.Namespace) -> DiskDataset:
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.disk_dataset import DiskDataset

    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    assert isinstance(dataset, DiskDataset)
    return dataset


@contextmanager
def _progress() -> Iterator[Callable[[str], Report]]:
    """Shows a bar per file on a terminal; elsewhere prints a line per file."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    from trackers.progress import ProgressBar

    with ProgressBar(DownloadColumn(), TransferSpeedColumn()) as bar:

        def begin(title: str) -> Report:
            if not bar.console.is_terminal:
                print_stderr(f"downloading {title}")
            for task in bar.task_ids:
                bar.remove_task(task)
            task = bar.add_task(title, total=None)
            return lambda received, size: bar.update(task, completed=received, total=size)

        yield begin
