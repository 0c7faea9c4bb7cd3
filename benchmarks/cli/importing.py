"""`import`: reads results that another tool has stored."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.result_formats import add_format_name, add_format_protocol, add_pixel_origin
from benchmarks.options import add_data_root, add_dataset, add_results, add_split
from trackers.errors import UserError
from trackers.stderr import print_stderr
from trackers.wording import counted_of

if TYPE_CHECKING:
    from benchmarks.box_columns import Columns
    from benchmarks.datasets import Dataset
    from benchmarks.importing import ImportSource

NAME = "import"
HELP = "Import results that another tool has stored, so that they can be scored."
EXAMPLES = (
    "examples: sotbench import STRUCK.zip --from otb-json --tracker STRUCK --dataset otb2015; "
    "sotbench import workspace/results/X --from vot --tracker X --dataset vot2017 --protocol realtime; "
    "sotbench import tracking_results --from pytracking --dataset lasot"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument("path", type=Path, metavar="PATH", help="folder, zip, tar or single file of results")
    add_format_name(parser, "--from")
    parser.add_argument(
        "--tracker",
        metavar="NAME",
        help="store the results under this name (default: each folder or archive in PATH is a tracker's)",
    )
    add_dataset(parser)
    add_format_protocol(parser)
    parser.add_argument(
        "--columns",
        choices=["xywh", "xyxy", "cxcywh"],
        help="meaning of a table's four columns (default: xywh, unless the first boxes contradict it)",
    )
    parser.add_argument(
        "--skip-columns", type=int, choices=range(1, 9), metavar="N", help="number of columns before the box"
    )
    parser.add_argument(
        "--normalized", action="store_true", help="boxes are fractions of the image's width and height"
    )
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="leave out files that are damaged or do not match their sequence",
    )
    add_pixel_origin(
        parser, "the files count pixels from {} (default: found from the first boxes and reported)"
    )
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace existing results")


def run(arguments: argparse.Namespace) -> int:
    """Imports the results of one tracker, or of every tracker in a folder; each completely or not at all."""
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.views import CachedDataset
    from benchmarks.importing import ImportSource

    dataset = CachedDataset(open_dataset(arguments.dataset, arguments.data_root, arguments.split))
    if arguments.tracker:
        _import(arguments, dataset, ImportSource(arguments.tracker, arguments.path), notify=print_stderr)
        return 0
    return _import_each(arguments, dataset)


def _import(
    arguments: argparse.Namespace, dataset: Dataset, source: ImportSource, notify: Callable[[str], None]
) -> None:
    from benchmarks.importing import import_run
    from benchmarks.store.formats import ImportOptions

    import_run(
        source,
        arguments.form,
        dataset,
        arguments.results,
        notify,
        protocol=arguments.protocol,
        options=ImportOptions(arguments.origin, _columns(arguments), arguments.skip_bad),
        overwrite=arguments.overwrite,
    )


def _import_each(arguments: argparse.Namespace, dataset: Dataset) -> int:
    """Imports the results of every tracker that has a folder or archive in the given folder."""
    from benchmarks.importing import sources_in
    from benchmarks.store.formats import NothingFound

    sources = sources_in(arguments.path, dataset.name, arguments.protocol)
    failed, done = 0, 0
    for source in sources:
        try:
            _import(arguments, dataset, source, notify=partial(_print_about, source.tracker))
            done += 1
        except NothingFound as error:
            print_stderr(f"{source.tracker} is left out: {error}")
        except UserError as error:
            print_stderr(f"{source.tracker} is left out: {error}")
            failed += 1
    if not done:
        if len(sources) == 1:
            raise UserError(f"the only tracker in {arguments.path} could not be imported")
        raise UserError(
            f"none of the {len(sources)} folders and archives in {arguments.path} could be imported"
        )
    print_stderr(f"{counted_of(done, len(sources), 'tracker')} imported")
    return 1 if failed else 0


def _print_about(tracker: str, line: str) -> None:
    print_stderr(f"{tracker}: {line}")


def _columns(arguments: argparse.Namespace) -> Columns | None:
    """Returns the columns of a table as the options describe them, or None."""
    from benchmarks.box_columns import Columns

    return Columns.from_options(arguments.columns, arguments.skip_columns, arguments.normalized)
