"""`import`: results that another tool stored."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.options import add_data_root, add_dataset, add_results, add_split
from trackers.commands import print_stderr
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.box_columns import Columns
    from benchmarks.datasets import Dataset
    from benchmarks.store import RunFolder
    from benchmarks.store.formats import ImportedResults

NAME = "import"
HELP = "Take over results that another tool stored, so that they can be scored."
EXAMPLES = (
    "examples: sotbench import STRUCK.zip --from otb-json --tracker STRUCK --dataset otb2015; "
    "sotbench import workspace/results/X --from vot --tracker X --dataset vot2017 --protocol realtime; "
    "sotbench import tracking_results --from pytracking --dataset lasot"
)

_SHOWN = 5
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_ARCHIVE = r"\.(zip|tar|tgz|tar\.(gz|bz2|xz))$"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument("path", type=Path, metavar="PATH", help="folder, zip, tar or single file of results")
    parser.add_argument(
        "--from",
        dest="form",
        required=True,
        metavar="FORMAT",
        help="otb-mat, otb-json, got10k, pysot, pytracking, vot or txt",
    )
    parser.add_argument(
        "--tracker",
        metavar="NAME",
        help="keep the results under this name (default: every folder or archive in PATH is a tracker's)",
    )
    add_dataset(parser)
    parser.add_argument(
        "--protocol", metavar="P", help="how the tracker was run (default: ope; for vot: supervised)"
    )
    parser.add_argument(
        "--columns",
        choices=["xywh", "xyxy", "cxcywh"],
        help="what four columns of a table are (default: xywh, unless the first boxes speak against it)",
    )
    parser.add_argument(
        "--skip-columns", type=int, choices=range(1, 9), metavar="N", help="columns that stand before the box"
    )
    parser.add_argument(
        "--normalized", action="store_true", help="boxes are shares of the image's width and height"
    )
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="leave out files that are damaged or do not fit their sequence",
    )
    add_pixel_origin(parser, "the files count pixels from {} (default: found from the first boxes, and said)")
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace results that are already there")


def add_pixel_origin(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds `--one-based` and `--zero-based`; `text` says what they are about, with a place for the number."""
    origin = parser.add_mutually_exclusive_group()
    for name, value, number in (("--one-based", "one", "1"), ("--zero-based", "zero", "0")):
        origin.add_argument(name, dest="origin", action="store_const", const=value, help=text.format(number))


def run(arguments: argparse.Namespace) -> int:
    """Imports one tracker's results, all or nothing, or each tracker's of a folder; says what was found."""
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.views import CachedDataset

    dataset = CachedDataset(open_dataset(arguments.dataset, arguments.data_root, arguments.split))
    if arguments.tracker:
        _import(arguments, dataset, _Given(arguments.tracker, arguments.path), say=print_stderr)
        return 0
    return _import_each(arguments, dataset)


@dataclass(frozen=True)
class _Given:
    """One tracker's results: a folder or archive, or those folders of it that hold repetitions."""

    tracker: str
    path: Path
    inside: tuple[str, ...] | None = None


def _import(
    arguments: argparse.Namespace, dataset: Dataset, given: _Given, say: Callable[[str], None]
) -> None:
    """Imports everything of one tracker or nothing, and says what was found."""
    from benchmarks.store import FolderLock, RunFolder
    from benchmarks.store.formats import FORMATS, read_results

    form = FORMATS.load(arguments.form)()
    protocol = arguments.protocol or form.protocols[0]
    folder = RunFolder(arguments.results, dataset.name, given.tracker, protocol)
    with FolderLock(folder.path):
        if folder.manifest_path.exists() and not arguments.overwrite:
            raise UserError(
                f"there are results in {folder.path}; give another --tracker, or --overwrite to replace them"
            )
        imported = read_results(
            given.path,
            form,
            dataset,
            protocol,
            arguments.origin,
            columns=_columns(arguments),
            skip_bad=arguments.skip_bad,
            inside=given.inside,
        )
        _store(imported, folder, dataset, {"path": str(given.path), "format": form.name})
    for note in imported.notes:
        say(note)
    for name, problem in imported.bad.items():
        say(f"{name} is left out: {problem}")
    if imported.skipped:
        more = len(imported.skipped) - _SHOWN
        names = ", ".join(imported.skipped[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        say(f"skipped, not results of a sequence under this protocol: {names}")
    count = f"{len(imported.trajectories)} of {len(dataset.all_names)} sequences of {dataset.title}"
    missing = [name for name in dataset.all_names if name not in imported.trajectories]
    named = f" (without {', '.join(missing)})" if 0 < len(missing) <= _SHOWN else ""
    say(f"{count} imported{named}; in {folder.path}")


def _import_each(arguments: argparse.Namespace, dataset: Dataset) -> int:
    """Imports the results of every tracker that has a folder or archive in the given folder."""
    from benchmarks.store.formats import NothingFound

    each = _trackers_in(arguments.path)
    failed, done = 0, 0
    for given in each:
        try:
            _import(arguments, dataset, given, say=partial(_tell_of, given.tracker))
            done += 1
        except NothingFound as error:
            print_stderr(f"{given.tracker} is left out: {error}")
        except UserError as error:
            print_stderr(f"{given.tracker} is left out: {error}")
            failed += 1
    if not done:
        raise UserError(f"none of the {len(each)} folders and archives in {arguments.path} could be imported")
    print_stderr(f"{done} of {len(each)} trackers imported")
    return 1 if failed else 0


def _tell_of(tracker: str, line: str) -> None:
    print_stderr(f"{tracker}: {line}")


def _trackers_in(path: Path) -> list[_Given]:
    """The trackers of a folder: its folders and archives, those that differ in a number alone as one.

    Raises:
        UserError: it is no folder, or has none of them.
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
    given = []
    for common, entries in groups.items():
        name, entry = (common, path) if len(entries) > 1 else entries[0]
        inside = tuple(each.name for _, each in entries) if len(entries) > 1 else None
        given.append(_Given(re.sub(r"[^\w.+-]+", "-", name).strip("-."), entry, inside))
    if not given:
        raise UserError(f"{path} holds no folder of a tracker; give --tracker NAME if its files are results")
    return given


def _columns(arguments: argparse.Namespace) -> Columns | None:
    """What the options say of a table's columns; None where they say nothing."""
    from benchmarks.box_columns import Columns

    if not (arguments.columns or arguments.skip_columns or arguments.normalized):
        return None
    return Columns(arguments.columns or "xywh", arguments.skip_columns or 0, arguments.normalized)


def _store(imported: ImportedResults, folder: RunFolder, dataset: Dataset, source: dict[str, str]) -> None:
    """Writes results as a run of ours is written; the manifest, which makes them count, comes last."""
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
