"""Measures what drawing adds to decoding and encoding: python bench/video.py --dataset otb2015 ...

Draws three synthetic tracks as `python -m reports.video` does. "bare" decodes, resizes and encodes the same
frames in the same threads, without the strip and the legend below them. The two take turns, so that other
load affects both.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.datasets import open_dataset
from benchmarks.environment import cpu_name, usable_cores
from benchmarks.geometry.overlap import iou
from benchmarks.running.decoding.prefetch import Prefetcher
from reports.style import COLORS
from reports.videos.rendering import render_frames
from reports.videos.tracked_sequence import TrackedSequence, TrackOverlay
from trackers.tracker import Frame
from trackers.video import encoding
from trackers.video.drawing import resized, rgb


def made_up(dataset: str, data_root: Path | None, name: str) -> TrackedSequence:
    """Returns a sequence with three tracks that deviate from the ground truth."""
    sequence = open_dataset(dataset, data_root)[name]
    frames = sequence.open_frames()
    height, width = frames[0].shape[:2]
    rng = np.random.default_rng(0)
    tracks = []
    for k in range(3):
        boxes = sequence.truth + rng.normal(0, 2 + k, sequence.truth.shape) * [1, 1, 0, 0]
        color = rgb(COLORS[k])
        tracks.append(TrackOverlay(f"tracker {k}", color, boxes, iou(boxes, sequence.truth)))
    return TrackedSequence(name, frames, (width, height), sequence.truth, tuple(tracks))


def bare(scene: TrackedSequence, width: int, pool: ThreadPoolExecutor) -> Iterator[Frame]:
    """Yields the frames alone, at their size in the video."""
    frames = Prefetcher(scene.frames, pool)
    height = round(width * scene.size[1] / scene.size[0])
    for number in range(len(scene.frames)):
        yield resized(frames[number], width, height)


def milliseconds(ways: list[Callable[[], Iterable[Frame]]], path: Path, rounds: int) -> np.ndarray:
    """Returns milliseconds per frame (rounds, ways)."""
    times = np.empty((rounds, len(ways)))
    for taken in times:
        for place, frames in enumerate(ways):
            begin = time.perf_counter()
            count = encoding.write_video(path, frames(), 25)
            taken[place] = 1000 * (time.perf_counter() - begin) / count
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="demo")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--sequence", default="motion")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    scene = made_up(chosen.dataset, chosen.data_root, chosen.sequence)
    print(f"{cpu_name()}, {usable_cores()} cores; {scene.name}, {len(scene.frames)} frames of {scene.size}")
    program = encoding.ffmpeg
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(min(4, usable_cores()), "decode") as pool,
    ):
        ways = [lambda: render_frames([scene], chosen.width, pool), lambda: bare(scene, chosen.width, pool)]
        for label, ending, found in (
            ("H.264, ffmpeg", "mp4", program),
            ("MPEG-4, OpenCV", "mp4", lambda: None),
            ("GIF", "gif", program),
        ):
            if label.startswith("H.264") and not program():
                continue
            encoding.ffmpeg = found
            path = Path(folder) / f"video.{ending}"
            times = milliseconds(ways, path, chosen.rounds)
            low, (whole, alone), high = np.percentile(times, [0, 50, 100], axis=0)
            ratio = np.median(times[:, 0] / times[:, 1])
            print(
                f"{label:<16} {whole:.1f} ms per frame ({low[0]:.1f} to {high[0]:.1f}), "
                f"bare {alone:.1f} ({low[1]:.1f} to {high[1]:.1f}), ratio {ratio:.2f}"
            )


if __name__ == "__main__":
    main()
