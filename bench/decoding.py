"""Measures tracking from JPEG files to boxes, decoded by Pillow in threads or by torchvision on the device.

    PYTHONPATH=. python bench/decoding.py --tracker siamfc --device cuda --slots 8 32 --sequences 64

Prints frames per second of reading alone (files as bytes, and their headers), of decoding alone (`pillow`:
reading and decoding in the threads of a batch; `torchvision`: one call per batch, files already read), and of
the whole, from files to boxes. All are wall-clock times of one process, without the start of a run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.datasets import Dataset, Frames, open_dataset
from benchmarks.datasets.demo import Demo
from benchmarks.environment import describe_environment
from benchmarks.running.decoding.decoders import DECODERS, Decoder, PendingFrame, create_decoder
from benchmarks.running.decoding.prefetch import batch_decoder_threads
from benchmarks.running.schedulers import Scheduler, create_scheduler
from benchmarks.running.settings import RunSettings
from benchmarks.running.tasks import plan_task
from trackers.catalog import TrackerSpec
from trackers.commands import catch_user_errors
from trackers.errors import UserError


class Quiet:
    """Progress that shows nothing."""

    def start(self, sequence: str, frames: int) -> None: ...
    def advance(self, sequence: str, frames: float) -> None: ...
    def log(self, line: str) -> None: ...


def write_videos(root: Path, sequences: int, frames: int, width: int, quality: int) -> Dataset:
    """Writes `sequences` sequences of the demo as 4:2:0 JPEG files of `width` columns, repeating them."""
    demo = Demo()
    for number in range(sequences):
        sequence = demo[demo.names()[number % len(demo.names())]]
        source = sequence.open_frames()
        scale = width / source[0].shape[1]
        size = (width, round(source[0].shape[0] * scale))
        folder = root / f"{number:03}"
        folder.mkdir()
        for index in range(frames):
            image = Image.fromarray(source[index]).resize(size, Image.Resampling.BICUBIC)
            image.save(folder / f"{index:04}.jpg", quality=quality, subsampling=2)
        np.savetxt(folder / "groundtruth.txt", sequence.truth[:frames] * scale, delimiter=",")
    (root / "sotbench.toml").write_text("one_based = false\n")
    return open_dataset("folder", root, None)


def rates(count: int, repetitions: int, *works: Callable[[], object]) -> list[tuple[float, float, float]]:
    """Returns quartiles of frames per second of each of `works`, which take turns."""
    found: list[list[float]] = [[] for _ in works]
    for turn in range(repetitions + 1):  # the first is a warm-up
        for work, mine in zip(works, found, strict=True):
            begin = time.perf_counter()
            work()
            mine += [count / (time.perf_counter() - begin)] if turn else []
    return [tuple(np.percentile(mine, [25, 50, 75]).tolist()) for mine in found]


def measure(
    spec: TrackerSpec, dataset: Dataset, decoders: Sequence[str], slots: int, repetitions: int
) -> dict[str, Any]:
    """Returns frames per second of reading, each decoder and each kind of run."""
    tracker = spec.build_batch(slots)
    opened = [dataset[name].open_frames() for name in dataset.names()]
    places = [(frames, index) for frames in opened for index in range(len(frames))]
    works: dict[str, Callable[[], object]] = {}
    with batch_decoder_threads() as pool:
        for name in decoders:
            decoder = create_decoder(name, tracker)
            if name == "pillow":
                works[name] = partial(read, pool, decoder, places)
            else:
                works["reading"] = partial(read, pool, decoder, places)
                works[name] = partial(decode, decoder, read(pool, decoder, places), slots)
        for name in decoders:
            settings = RunSettings(spec, "decoding", Path("results"), batch=slots, decoder=name)
            scheduler = create_scheduler(settings, slots)
            scheduler.tracker_info()
            works[f"{name}, whole"] = partial(follow, scheduler, dataset)
        found = rates(len(places), repetitions, *works.values())
    return {"slots": slots, "frames": len(places), **dict(zip(works, found, strict=True))}


def read(pool: Executor, decoder: Decoder, places: list[tuple[Frames, int]]) -> list[PendingFrame]:
    """Reads all frames in threads, which also decode them if the decoder is Pillow."""
    return list(pool.map(decoder.read, *zip(*places, strict=True)))


def decode(decoder: Decoder, waiting: list[PendingFrame], slots: int) -> None:
    """Decodes the frames that are only read, in batches."""
    for start in range(0, len(waiting), slots):
        decoder.decode(waiting[start : start + slots])


def follow(scheduler: Scheduler, dataset: Dataset) -> None:
    """Runs all sequences, as `run` does, without storing results."""
    tasks = [plan_task(dataset, name) for name in dataset.names()]
    for outcome in scheduler.outcomes(tasks, Quiet()):
        if outcome.record.status != "ok":
            raise UserError(outcome.record.message)


def main(words: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracker", default="siamfc-lite")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--decoders", nargs="+", choices=DECODERS, default=DECODERS)
    parser.add_argument("--slots", type=int, nargs="+", default=[2])
    parser.add_argument("--sequences", type=int, default=4)
    parser.add_argument("--frames", type=int, default=30, help="of each sequence, at most 60 (default: 30)")
    parser.add_argument("--width", type=int, default=640, help="of the images, in pixels (default: 640)")
    parser.add_argument("--quality", type=int, default=90, help="of the JPEG files (default: 90)")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--json", action="store_true", help="print JSON with the environment, for gpu_jobs.py"
    )
    args = parser.parse_args(words)
    spec = TrackerSpec(args.tracker, args.device, args.weights)
    with TemporaryDirectory() as folder:
        dataset = write_videos(Path(folder), args.sequences, args.frames, args.width, args.quality)
        sizes = [path.stat().st_size for path in Path(folder).glob("*/*.jpg")]
        rows = [
            measure(spec, dataset, args.decoders, slots, args.repetitions)
            for slots in args.slots
            if slots > 1  # a single slot is not a batch
        ]
    kilobytes = float(np.mean(sizes)) / 1e3
    if args.json:
        about = {"tracker": args.tracker, "width": args.width, "kilobytes_per_frame": kilobytes}
        print(
            json.dumps(
                {"machine": describe_environment(spec.arguments()["device"]), **about, "rows": rows}, indent=1
            )
        )
        return 0
    print(f"{args.width} px wide, {kilobytes:.1f} kB per frame")
    for row in rows:
        slots, frames = row.pop("slots"), row.pop("frames")
        for name, (low, middle, high) in row.items():
            rate = f"{middle:9.1f} frames/s ({low:.1f} to {high:.1f})"
            print(f"{slots:3d} slots  {name:20} {rate}, {frames} frames")
    return 0


if __name__ == "__main__":
    sys.exit(catch_user_errors(main)(None))
