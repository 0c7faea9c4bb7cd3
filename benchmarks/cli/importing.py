"""`import`: results that another tool stored."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.options import add_data_root, add_dataset, add_results, add_split
from trackers.commands import tell
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.store import RunFolder
    from benchmarks.store.formats import Imported

NAME = "import"
HELP = "Take over results that another tool stored, so that they can be scored."
EXAMPLES = (
    "examples: sotbench import STRUCK.zip --from otb-json --tracker STRUCK --dataset otb2015; "
    "sotbench import workspace/results/X --from vot --tracker X --dataset vot2017 --protocol realtime"
)

_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    parser.add_argument("path", type=Path, metavar="PATH", help="folder, zip file or single file of results")
    parser.add_argument(
        "--from",
        dest="form",
        required=True,
        metavar="FORMAT",
        help="otb-mat, otb-json, got10k, pysot, pytracking, vot or txt",
    )
    parser.add_argument("--tracker", required=True, metavar="NAME", help="keep the results under this name")
    add_dataset(parser)
    parser.add_argument(
        "--protocol", metavar="P", help="how the tracker was run (default: ope; for vot: supervised)"
    )
    add_origin(parser, "the files count pixels from {} (default: found from the first boxes, and said)")
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace results that are already there")


def add_origin(parser: argparse.ArgumentParser, text: str) -> None:
    """Adds `--one-based` and `--zero-based`; `text` says what they are about, with a place for the number."""
    origin = parser.add_mutually_exclusive_group()
    for name, value, number in (("--one-based", "one", "1"), ("--zero-based", "zero", "0")):
        origin.add_argument(name, dest="origin", action="store_const", const=value, help=text.format(number))


def run(arguments: argparse.Namespace) -> int:
    """Imports everything or nothing, and says on standard error what was found."""
    from benchmarks.datasets import open_dataset
    from benchmarks.store import FolderLock, RunFolder
    from benchmarks.store.formats import FORMATS, read_results

    form = FORMATS.load(arguments.form)()
    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    protocol = arguments.protocol or form.protocols[0]
    folder = RunFolder(arguments.results, dataset.name, arguments.tracker, protocol)
    with FolderLock(folder.path):
        if folder.manifest_path.exists() and not arguments.overwrite:
            raise UserError(
                f"there are results in {folder.path}; give another --tracker, or --overwrite to replace them"
            )
        imported = read_results(arguments.path, form, dataset, protocol, arguments.origin)
        _store(imported, folder, dataset, {"path": str(arguments.path), "format": form.name})
    for note in imported.notes:
        tell(note)
    if imported.skipped:
        more = len(imported.skipped) - _SHOWN
        names = ", ".join(imported.skipped[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        tell(f"skipped, not results of a sequence under this protocol: {names}")
    count = f"{len(imported.trajectories)} of {len(dataset.all_names)} sequences of {dataset.title}"
    tell(f"{count} imported; in {folder.path}")
    return 0


def _store(imported: Imported, folder: RunFolder, dataset: Dataset, source: dict[str, str]) -> None:
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
    manifest.write(folder.manifest_path)
