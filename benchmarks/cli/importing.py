"""`import`: reads results that another tool has stored."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.result_formats import add_format_name, add_format_protocol, add_pixel_origin
from benchmarks.options import add_data_root, add_dataset, add_results, add_split
from benchmarks.wording import first_names
from trackers.commands import print_stderr
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.box_columns import Columns
    from benchmarks.datasets import Dataset
    from benchmarks.store import RunFolder
    from benchmarks.store.formats import ImportedResults

NAME = "import"
HELP = "Import results that another tool has stored, so that they can be scored."
EXAMPLES = (
    "examples: sotbench import STRUCK.zip --from otb-json --tracker STRUCK --dataset otb2015; "
    "sotbench import workspace/results/X --from vot --tracker X --dataset vot2017 --protocol realtime; "
    "sotbench import tracking_results --from pytracking --dataset lasot"
)

_MAX_NAMED = 5
"""Sequences that a message names."""
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_ARCHIVE = r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$"


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
    """Imports one tracker's results, or every tracker's in a folder; all or nothing for each tracker."""
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.views import CachedDataset

    dataset = CachedDataset(open_dataset(arguments.dataset, arguments.data_root, arguments.split))
    if arguments.tracker:
        _import(arguments, dataset, _Source(arguments.tracker, arguments.path), notify=print_stderr)
        return 0
    return _import_each(arguments, dataset)


@dataclass(frozen=True)
class _Source:
    """One tracker's results: a folder or archive, or the folders `inside` it that hold repetitions."""

    tracker: str
    path: Path
    inside: tuple[str, ...] | None = None


def _import(
    arguments: argparse.Namespace, dataset: Dataset, source: _Source, notify: Callable[[str], None]
) -> None:
    """Imports one tracker's results, all or nothing, and notifies of what was found."""
    from benchmarks.store import FolderLock, RunFolder
    from benchmarks.store.formats import FORMATS, ImportOptions, read_results

    form = FORMATS.load(arguments.form)()
    protocol = arguments.protocol or form.protocols[0]
    folder = RunFolder(arguments.results, dataset.name, source.tracker, protocol)
    with FolderLock(folder.path):
        if folder.manifest_path.exists() and not arguments.overwrite:
            raise UserError(
                f"there are results in {folder.path}; give another --tracker, or --overwrite to replace them"
            )
        imported = read_results(
            source.path,
            form,
            dataset,
            protocol,
            ImportOptions(arguments.origin, _columns(arguments), arguments.skip_bad, source.inside),
        )
        _store(imported, folder, dataset, {"path": str(source.path), "format": form.name})
    for note in imported.notes:
        notify(note)
    for name, problem in imported.bad.items():
        notify(f"{name} is left out: {problem}")
    if imported.skipped:
        notify(f"skipped, not results of a sequence under this protocol: {first_names(imported.skipped)}")
    count = f"{len(imported.trajectories)} of {len(dataset.all_names)} sequences of {dataset.title}"
    missing = [name for name in dataset.all_names if name not in imported.trajectories]
    named = f" (without {', '.join(missing)})" if 0 < len(missing) <= _MAX_NAMED else ""
    notify(f"{count} imported{named}; in {folder.path}")


def _import_each(arguments: argparse.Namespace, dataset: Dataset) -> int:
    """Imports the results of every tracker that has a folder or archive in the given folder."""
    from benchmarks.store.formats import NothingFound

    sources = _sources_in(arguments.path)
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
        raise UserError(
            f"none of the {len(sources)} folders and archives in {arguments.path} could be imported"
        )
    print_stderr(f"{done} of {len(sources)} trackers imported")
    return 1 if failed else 0


def _print_about(tracker: str, line: str) -> None:
    print_stderr(f"{tracker}: {line}")


def _sources_in(path: Path) -> list[_Source]:
    """Returns the trackers of a folder: its folders and archives; those that differ only in a number are one.

    Raises:
        UserError: it is not a folder, or holds no folder or archive.
    """
    if not path.is_dir():
        raise UserError(
            f"give --tracker NAME; without it, {path} must be a folder with one folder per tracker"
        )
    groups: dict[str, list[tuple[str, Path]]] = {}
    for entry in sorted(path.iterdir()):
        packed = entry.is_file() and entry.name.casefold().endswith(_ARCHIVES)
        if entry.name.startswith(".") or not (entry.is_dir() or packed):
            continue
        name = re.sub(_ARCHIVE, "", entry.name, flags=re.IGNORECASE) if packed else entry.name
        numbered = None if packed else re.fullmatch(r"(.*\D)\d{3}", name)
        groups.setdefault(numbered[1].rstrip("_-. ") if numbered else name, []).append((name, entry))
    sources = []
    for common, entries in groups.items():
        name, entry = (common, path) if len(entries) > 1 else entries[0]
        inside = tuple(each.name for _, each in entries) if len(entries) > 1 else None
        sources.append(_Source(re.sub(r"[^\w.+-]+", "-", name).strip("-."), entry, inside))
    if not sources:
        raise UserError(
            f"{path} holds no folder or archive of a tracker; give --tracker NAME if its files are results"
        )
    return sources


def _columns(arguments: argparse.Namespace) -> Columns | None:
    """Returns the columns of a table as the options describe them, or None."""
    from benchmarks.box_columns import Columns

    if not (arguments.columns or arguments.skip_columns or arguments.normalized):
        return None
    return Columns(arguments.columns or "xywh", arguments.skip_columns or 0, arguments.normalized)


def _store(imported: ImportedResults, folder: RunFolder, dataset: Dataset, source: dict[str, str]) -> None:
    """Stores the results like those of a run; the manifest, which makes them valid, is written last."""
    from benchmarks.store import Manifest, SequenceRecord, truth_digest

    folder.discard()
    manifest = Manifest(dataset.name, identity=None, tracker=folder.tracker)
    manifest.add_environment({"imported": source | {"origin": imported.origin, "notes": imported.notes}})
    for name, trajectories in imported.trajectories.items():
        truth = dataset[name].truth
        manifest.sequences[name] = SequenceRecord(
            "ok", frames=len(truth), truth=truth_digest(truth), runs=folder.write(name, trajectories)
        )
    for name, problem in imported.bad.items():
        manifest.sequences[name] = SequenceRecord("failed", f"its file was not imported: {problem}")
    manifest.write(folder.manifest_path)
