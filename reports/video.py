"""`sotbench video`: videos of sequences with the trackers' boxes and overlaps."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_protocol,
    add_results,
    add_trackers,
    count,
)
from reports.presentation_options import add_presentation_options, presentation_of
from trackers.commands import Parser, catch_user_errors, positive, print_path, print_stderr
from trackers.errors import UserError, printable
from trackers.video.palette import PALETTE
from trackers.wording import counted

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.store import RunResults
    from reports.presentation import Presentation
    from reports.videos.tracked_sequence import TrackedSequence
    from trackers.tracker import Frame

MAX_TRACKERS = len(PALETTE)


def parser() -> Parser:
    """Returns the parser of the command line."""
    options = Parser(
        prog="sotbench video",
        description="Make a video of each sequence: the boxes of trackers and the ground truth, and below "
        "them the overlap up to the current frame with its mean so far.",
        epilog="example: sotbench video --dataset demo --sequences motion clutter --mosaic",
    )
    add_dataset(options)
    add = options.add_argument
    add("--sequences", nargs="+", required=True, metavar="S", help="the sequences")
    add_trackers(options)
    add_protocol(options)
    add_data_root(options)
    add_results(options)
    add_presentation_options(options, lines=False)
    add(
        "--out",
        type=Path,
        metavar="FILE",
        help="output file of one video, .mp4 or .gif (default: videos/<dataset>/<sequence>.mp4)",
    )
    add("--mosaic", action="store_true", help="one video of all the sequences, side by side")
    add("--width", type=_width, default=640, metavar="PX", help="width of the video in pixels (default: 640)")
    add("--fps", type=positive, default=25.0, metavar="N", help="frames per second (default: 25)")
    return options


def _width(text: str) -> int:
    """Reads a video's width, for argparse."""
    width = count(text)
    if not 120 <= width <= 7680:
        raise ValueError
    return width


_width.__name__ = "width (120 to 7680 pixels)"


@catch_user_errors
def main(arguments: Sequence[str] | None = None) -> int:
    """Reads runs and frames, writes the videos and prints their paths."""
    chosen = parser().parse_args(arguments)
    # `--help` loads no Matplotlib, OpenCV or SciPy.
    from benchmarks.datasets import open_dataset
    from benchmarks.datasets.sequence_names import select_sequences
    from benchmarks.environment import usable_cores
    from benchmarks.evaluation import Selection
    from reports.report_data import without_hidden
    from reports.videos.rendering import render_frames
    from trackers.video.encoding import check_writable, write_video

    dataset = open_dataset(chosen.dataset, chosen.data_root)
    names = select_sequences(chosen.sequences, dataset.all_names, dataset.name)
    if chosen.out:
        check_writable(chosen.out)
        if len(names) > 1 and not chosen.mosaic:
            raise UserError(
                f"--out is one file, but {counted(len(names), 'sequence')} are selected; add --mosaic, or "
                "drop --out"
            )
    trackers = None if chosen.tracker is None else tuple(chosen.tracker)
    presentation = presentation_of(chosen)
    selection = Selection(dataset, chosen.protocol, chosen.results, trackers)
    selection = without_hidden(selection, presentation)
    runs = list(selection.read(print_stderr))
    if len(runs) > MAX_TRACKERS:
        raise UserError(
            f"a video shows at most {MAX_TRACKERS} trackers, not {len(runs)}; select some with --tracker"
        )
    folder = Path("videos", dataset.name)
    scenes = [_scene(dataset, name, runs, presentation) for name in names]
    videos = {"mosaic": scenes} if chosen.mosaic else {scene.name: [scene] for scene in scenes}
    with ThreadPoolExecutor(min(4, usable_cores()), "decode") as pool:
        for name, shown in videos.items():
            path = chosen.out or folder / f"{_file_stem(name)}.mp4"
            frames = render_frames(shown, chosen.width, pool)
            total = max(len(scene.frames) for scene in shown)
            write_video(path, _with_progress(name, total, frames), chosen.fps)
            print_path(path)
    return 0


def _scene(
    dataset: Dataset, name: str, runs: Sequence[RunResults], presentation: Presentation
) -> TrackedSequence:
    """Reads a sequence with its runs; says which trackers were not run on it."""
    from reports.videos.tracked_sequence import read_tracked_sequence
    from trackers.video.drawing import rgb

    if name not in dataset.names():
        raise UserError(f"sequence {name} of {dataset.title} is missing; see --data-root")
    for run in runs:
        if name not in run.trajectories and name not in run.failed:
            print_stderr(f"{run.tracker}: {name} is left out: it was not run")
    styles = presentation.styles(run.tracker for run in runs)
    scene = read_tracked_sequence(dataset, name, runs, [rgb(styles[run.tracker].color) for run in runs])
    tracks = [
        replace(
            track,
            label=presentation.label(track.tracker),
            highlight=styles[track.tracker].highlight,
        )
        for track in sorted(scene.tracks, key=lambda track: presentation.place(track.tracker))
    ]
    return replace(scene, tracks=tuple(tracks))


def _file_stem(name: str) -> str:
    """Returns a sequence's name as a safe file name without its ending."""
    return re.sub(r"[^\w.+-]", "_", name).lstrip(".") or "_"


def _with_progress(name: str, total: int, frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yields the frames, with a progress bar on a terminal."""
    from trackers.progress import ProgressBar, frames_column

    with ProgressBar(frames_column()) as bar:
        yield from bar.track(frames, total=total, description=printable(name))


if __name__ == "__main__":
    sys.exit(main(None))
