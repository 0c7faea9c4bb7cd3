"""`export`: writes results in another tool's format."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.result_formats import add_format_name, add_format_protocol, add_pixel_origin
from benchmarks.options import add_data_root, add_dataset, add_results
from trackers.errors import UserError
from trackers.stderr import print_stderr
from trackers.wording import counted

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.store import SequenceRecord
    from benchmarks.store.formats import Origin

_FILE_SUFFIXES = (".7z", ".bz2", ".csv", ".gz", ".json", ".mat", ".rar", ".tar", ".tgz", ".txt", ".xz")
"""Endings of files, which a folder's name should not have."""

NAME = "export"
HELP = "Write results in another tool's format, so that it can score them."
EXAMPLES = (
    "examples: sotbench export --to got10k --tracker ncc --dataset otb2015 got10k_results/OTB2015; "
    "sotbench export --to got10k-server --tracker ncc --dataset got10k ncc.zip"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="a new or empty folder, or a new .zip file; for a server, the latter",
    )
    add_format_name(parser, "--to", "; got10k-server or trackingnet-server: the zip file that it takes")
    parser.add_argument("--tracker", required=True, metavar="NAME", help="the tracker to export")
    add_dataset(parser)
    add_format_protocol(parser)
    add_pixel_origin(parser, "count pixels from {} (default: as the tool's ground truth does)")
    add_data_root(parser)
    add_results(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes the files; names sequences without results on standard error."""
    from benchmarks.store import read_run
    from benchmarks.store.formats import FORMATS, write_results
    from benchmarks.store.formats.submissions import SERVERS
    from benchmarks.zipfiles import pack
    from trackers.atomic import write_atomic

    if arguments.form in SERVERS:
        return _write_submission(arguments)
    form = FORMATS.load(arguments.form)()
    protocol = arguments.protocol or form.protocols[0]
    form.check(protocol)
    zipped = _check_place(arguments.out)
    dataset, origin = _dataset(arguments)
    stored = read_run(arguments.results, dataset, arguments.tracker, protocol)
    for name, why in stored.failed.items():
        print_stderr(f"{name} is left out: {why}")
    if not stored.trajectories:
        raise UserError(f"no sequence of '{arguments.tracker}' on {dataset} is finished; run it again")
    notes: list[str] = []
    content = write_results(stored.trajectories, form, arguments.tracker, dataset, protocol, origin, notes)
    if zipped:
        write_atomic(arguments.out, pack(content.items()))
        notes += _server_note(arguments)
    else:
        for path, data in content.items():
            write_atomic(arguments.out / path, data)
    for note in notes:
        print_stderr(note)
    print(
        f"{counted(len(stored.trajectories), 'sequence')}, {counted(len(content), 'file')} written in "
        f"{arguments.out}",
        file=sys.stderr,
    )
    return 0


def _check_place(out: Path) -> bool:
    """Returns whether the results go into a zip file, which `out` then names; else it names a folder.

    Raises:
        UserError: it exists, or is the name of a file of another kind.
    """
    suffix = out.suffix.casefold()
    if suffix == ".zip":
        if out.exists():
            raise UserError(f"{out} exists; name a new .zip file or a folder")
        return True
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} exists and is not an empty folder; name a new one")
    if suffix in _FILE_SUFFIXES and not out.exists():
        raise UserError(f"{out}: export writes no {suffix} file; name a folder or a .zip file")
    return False


def _server_note(arguments: argparse.Namespace) -> list[str]:
    """Returns a note if there is a form of these results that a server takes, which is another one."""
    from benchmarks.store.formats.submissions import SERVERS

    return [
        f"this is not checked as a submission: --to {server.name} writes the zip file that the server takes"
        for server in SERVERS.values()
        if server.dataset == arguments.dataset and server.read_as == arguments.form
    ]


def _write_submission(arguments: argparse.Namespace) -> int:
    """Writes the zip file for an evaluation server, if the results are complete."""
    from benchmarks.datasets import open_dataset
    from benchmarks.store import read_run
    from benchmarks.store.formats.pixel_origin_detection import FIRST_PIXEL, named_origin
    from benchmarks.store.formats.submissions import SERVERS, Submission, write_submission
    from trackers.atomic import write_atomic

    server = SERVERS[arguments.form]
    out: Path = arguments.out
    if arguments.dataset != server.dataset:
        raise UserError(f"{server.name} takes results on {server.dataset}, not on {arguments.dataset}")
    if arguments.protocol not in (None, "ope"):
        raise UserError(f"{server.name} takes results of protocol 'ope', not '{arguments.protocol}'")
    if out.exists() or out.suffix.casefold() != ".zip":
        raise UserError(f"{out} {'exists' if out.exists() else 'is no .zip file'}; name a new .zip file")
    dataset = open_dataset(server.dataset, arguments.data_root, server.split)
    stored = read_run(arguments.results, server.dataset, arguments.tracker)
    records = stored.manifest.sequences if stored.manifest else {}
    submission = Submission(
        stored.trajectories,
        {name: _frame_count(dataset, name, records.get(name)) for name in dataset.all_names},
        stored.failed,
    )
    first_pixel = FIRST_PIXEL[arguments.origin or named_origin(server.dataset)]
    content, notes = write_submission(server, submission, first_pixel)
    write_atomic(out, content)
    for note in notes:
        print_stderr(note)
    written = counted(len(submission.frames), "sequence")
    print_stderr(f"{written} written in {out}, complete for {server.name}")
    return 0


def _frame_count(dataset: Dataset, name: str, record: SequenceRecord | None) -> int | None:
    """Returns a sequence's number of frames: as listed, as in the data, or else as the run recorded it."""
    from benchmarks.datasets.listed import ListedDataset

    if isinstance(dataset, ListedDataset) and (listed := dataset.listed_length(name)) is not None:
        return listed
    if name in dataset.names():
        return len(dataset[name].truth)
    return record.frames if record and record.frames else None


def _dataset(arguments: argparse.Namespace) -> tuple[str, Origin | None]:
    """Returns the name that results are stored under, and the pixel origin of exported files, if given.

    Both are read from a user's folder of videos; those of other data sets are known.
    """
    name: str = arguments.dataset
    if name != "folder" and (not name.startswith("folder-") or arguments.data_root is None):
        return name, arguments.origin
    from benchmarks.datasets import open_dataset
    from benchmarks.store.formats.pixel_origin_detection import file_origin

    dataset = open_dataset(name, arguments.data_root)
    return dataset.name, arguments.origin or file_origin(dataset)
