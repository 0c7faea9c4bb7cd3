"""Measures frames per second of a batch tracker by batch size, with frames in memory.

    PYTHONPATH=. python bench/batch.py --tracker siamfc --device cuda --slots 1 8 32 64

Each slot follows one of the demo's sequences, repeatedly. The result is throughput, not the tracker's FPS: a
batch does not reduce the latency of a box. Memory is the device's peak, per slot beyond the first batch size.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.datasets.demo import Demo
from benchmarks.environment import describe_environment
from trackers.catalog import TrackerSpec
from trackers.tracker import Boxes, Frame

WARM_UP = 5
LENGTH = 12  # frames per sequence in memory


def videos(slots: int) -> tuple[list[list[Frame]], Boxes]:
    """Returns frames by time and slot, and the first boxes (slots, 4)."""
    demo = Demo()
    names = demo.names()
    sequences = [demo[names[slot % len(names)]] for slot in range(slots)]
    read = {sequence.name: [sequence.open_frames()[i] for i in range(LENGTH)] for sequence in sequences}
    frames = [[read[sequence.name][i] for sequence in sequences] for i in range(LENGTH)]
    return frames, np.array([sequence.truth[0] for sequence in sequences])


def measure(spec: TrackerSpec, slots: int, steps: int, repetitions: int) -> dict[str, Any]:
    """Returns median and quartiles of frames per second, and peak memory on a GPU."""
    frames, boxes = videos(slots)
    tracker = spec.build_batch(slots)
    numbers = list(range(slots))
    device = getattr(tracker, "device", torch.device("cpu"))
    cuda = device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats(device)
    rates = []
    for _ in range(repetitions):
        tracker.init(numbers, frames[0], boxes)
        for step in range(WARM_UP):
            tracker.update(numbers, frames[1 + step % (LENGTH - 1)])
        tracker.synchronize()
        begin = time.perf_counter()
        for step in range(steps):
            tracker.update(numbers, frames[1 + step % (LENGTH - 1)])
        tracker.synchronize()
        rates.append(slots * steps / (time.perf_counter() - begin))
    low, middle, high = np.percentile(rates, [25, 50, 75])
    memory = torch.cuda.max_memory_allocated(device) / 1e6 if cuda else None
    return {"slots": slots, "frames_per_second": middle, "low": low, "high": high, "megabytes": memory}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracker", default="siamfc")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument(
        "--json", action="store_true", help="print JSON with the environment, for gpu_jobs.py"
    )
    args = parser.parse_args()
    spec = TrackerSpec(args.tracker, args.device, args.weights, {"precision": args.precision})
    rows = [measure(spec, slots, args.steps, args.repetitions) for slots in args.slots]
    if args.json:
        words = {"tracker": args.tracker, "precision": args.precision}
        print(
            json.dumps(
                {"machine": describe_environment(spec.arguments()["device"]), **words, "rows": rows}, indent=1
            )
        )
        return
    print(f"{'slots':>5} {'frames/s':>10} {'quartiles':>19} {'MB':>8} {'MB per slot':>12}")
    for row in rows:
        per_slot = more = ""
        if row["megabytes"] is not None:
            more = f"{row['megabytes']:.0f}"
            beyond = row["slots"] - rows[0]["slots"]
            per_slot = f"{(row['megabytes'] - rows[0]['megabytes']) / beyond:.1f}" if beyond else ""
        quartiles = f"{row['low']:.1f} - {row['high']:.1f}"
        print(f"{row['slots']:5d} {row['frames_per_second']:10.1f} {quartiles:>19} {more:>8} {per_slot:>12}")


if __name__ == "__main__":
    main()
