"""`verify`: checks a data set for missing, damaged, truncated and misnamed files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.options import add_data_root, add_dataset, add_split
from trackers.atomic import make_folder
from trackers.errors import UserError, printable
from trackers.stderr import print_stderr
from trackers.wording import agree, counted, counted_of

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.datasets.verification import Progress, VerificationResult

NAME = "verify"
HELP = "Check a data set for missing, damaged, truncated and misnamed files."
EXAMPLES = (
    "example: sotbench verify --dataset otb2015 --data-root ~/data --frames; "
    "exit status 1 if there is a problem, 2 if no sequence is present"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_dataset(parser)
    add_split(parser)
    add_data_root(parser)
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="DIR",
        help="write each sequence's first frame with its box into this folder, for inspection",
    )
    parser.add_argument("--frames", action="store_true", help="decode every frame; takes minutes")
    parser.add_argument(
        "--format", choices=["table", "json"], default="table", help="how to print it (default: table)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings of each sequence and a summary; returns 1 if there is a problem."""
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.verification import verify
    from benchmarks.environment import usable_cores

    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    if not dataset.names():
        raise UserError(
            f"no sequence of {dataset.title} is in {arguments.data_root}; "
            f"see `sotbench download --dataset {arguments.dataset}`"
        )
    with ExitStack() as stack:
        progress = stack.enter_context(_progress(dataset.all_names))
        decoders = stack.enter_context(ThreadPoolExecutor(usable_cores())) if arguments.frames else None
        results = list(verify(dataset, decoders=decoders, progress=progress))
    complete = sum(result.complete for result in results)
    scorable = sum(result.scorable for result in results)
    if arguments.format == "json":
        print(json.dumps(_as_json(dataset.name, results, complete, scorable), indent=1))
    else:
        if dataset.is_user_folder:
            _print_descriptions(dataset, results)
        for result in results:
            for finding in result.findings:
                print(printable(f"{finding.sequence:<16} {finding.part + ':':<14} {finding.problem}"))
        line = f"{counted_of(complete, len(results), 'sequence')} {agree(complete, 'is', 'are')} complete"
        have = agree(scorable, "has", "have")
        print(
            line if complete == scorable else f"{line}, {scorable} {have} the ground truth that scoring needs"
        )
    if arguments.picture:
        _draw(dataset, results, arguments.picture)
    return 0 if complete == len(results) else 1


def _print_descriptions(dataset: Dataset, results: list[VerificationResult]) -> None:
    """Prints how each sequence's files were read: only the user can tell whether that is right."""
    from benchmarks.datasets import SequenceError
    from benchmarks.datasets.folder.dataset import FolderDataset

    for result in results:
        try:
            sequence = dataset[result.sequence]
        except SequenceError:
            continue
        first = ", ".join(f"{number:g}" for number in sequence.truth[0])
        absent_frames = 0 if sequence.absent is None else int(sequence.absent.sum())
        parts = [
            counted(len(sequence.truth), "frame")
            + (f" of {sequence.size[0]} x {sequence.size[1]}" if sequence.size else ""),
            *([dataset.describe_ground_truth(result.sequence)] if isinstance(dataset, FolderDataset) else []),
            f"first box {first} (0-based)" + (", the others unknown" if sequence.first_box_only else ""),
            *([f"target absent in {counted(absent_frames, 'frame')}"] if absent_frames else []),
            *([f"attributes {' '.join(sequence.attributes)}"] if sequence.attributes else []),
        ]
        print(printable(f"{result.sequence:<16} {'; '.join(parts)}"))


def _draw(dataset: Dataset, results: list[VerificationResult], folder: Path) -> None:
    """Writes the first frame of each readable sequence, with its region drawn."""
    from PIL import Image

    from benchmarks.datasets import SequenceError
    from trackers.video.drawing import TRUTH_COLOR, draw_region, line_width

    make_folder(folder)
    written = 0
    for result in results:
        try:
            sequence = dataset[result.sequence]
            frame = sequence.open_frames()[0]
        except SequenceError:
            continue  # reported among the findings
        region = sequence.regions[0]
        draw_region(frame, region, TRUTH_COLOR, line_width(frame))
        Image.fromarray(frame).save(folder / f"{result.sequence}.png")
        written += 1
    print_stderr(f"wrote {counted(written, 'image')} to {folder}")


def _as_json(
    dataset: str, results: list[VerificationResult], complete: int, scorable: int
) -> dict[str, object]:
    findings = [vars(finding) for result in results for finding in result.findings]
    return {
        "dataset": dataset,
        "sequences": len(results),
        "whole": complete,
        "scorable": scorable,
        "findings": findings,
    }


@contextmanager
def _progress(names: Sequence[str]) -> Iterator[Progress]:
    """Shows a bar on standard error if that is a terminal."""
    from rich.progress import MofNCompleteColumn

    from trackers.progress import ProgressBar

    position = {name: index for index, name in enumerate(names)}
    with ProgressBar(MofNCompleteColumn()) as bar:
        task = bar.add_task("", total=len(names))
        yield lambda name, fraction: bar.update(
            task, description=printable(name), completed=position[name] + fraction
        )
