"""Compares implementation choices on a GPU: memory layout, cuDNN's search, graphs, pooling, crops.

    PYTHONPATH=. python bench/variants.py --tracker siamfc --device cuda --slots 1 8 32

Each variant changes one thing in the tracker. They take turns. Prints milliseconds per update of all slots,
and the ratio to the unchanged tracker.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.batch import LENGTH, WARM_UP, videos
from benchmarks.environment import describe_environment
from trackers.catalog import TrackerSpec
from trackers.siamese import crops


def as_it_is(tracker: Any) -> None:
    """Changes nothing."""


def channels_first(tracker: Any) -> None:
    """Features and weights are NCHW instead of channels-last."""
    tracker.network.to(memory_format=torch.contiguous_format)


def cudnn_benchmark(tracker: Any) -> None:
    """CuDNN measures its algorithms and takes the fastest."""
    tracker.numerics = replace(tracker.numerics, benchmark=True)


def any_algorithm(tracker: Any) -> None:
    """CuDNN may take nondeterministic algorithms."""
    tracker.numerics = replace(tracker.numerics, deterministic=False)


class WindowMax(nn.Module):
    """Max pooling as a reduction over windows, with equal values and no indices."""

    def __init__(self, size: int, stride: int) -> None:
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, x: Tensor) -> Tensor:
        """Pools like `nn.MaxPool2d` without padding."""
        return x.unfold(2, self.size, self.stride).unfold(3, self.size, self.stride).amax((4, 5))


def pooling_without_indices(tracker: Any) -> None:
    """Pooling writes no indices; torch's writes unused ones of 8 bytes per value."""
    for block in list(tracker.network.modules()):
        for name, part in list(block.named_children()):
            if isinstance(part, nn.MaxPool2d):
                setattr(block, name, WindowMax(int(part.kernel_size), int(part.stride)))


def whole_frames(tracker: Any) -> None:
    """Crops come from `grid_sample`, which needs whole frames in float32."""
    regions = tracker.search.regions

    def plainly(*arguments: Any) -> Tensor:
        before, crops.gathers = crops.gathers, lambda device: False  # noqa: ARG005
        try:
            found: Tensor = regions(*arguments)
        finally:
            crops.gathers = before
        return found

    tracker.search.regions = plainly


def no_graphs(tracker: Any) -> None:
    """Kernels are launched one by one, without graphs."""
    tracker.graphs = None


VARIANTS: tuple[Callable[[Any], None], ...] = (
    as_it_is,
    channels_first,
    cudnn_benchmark,
    any_algorithm,
    pooling_without_indices,
    whole_frames,
    no_graphs,
)


def measure(spec: TrackerSpec, slots: int, steps: int, turns: int) -> dict[str, Any]:
    """Returns quartiles of milliseconds per update of `slots` targets, by variant."""
    frames, boxes = videos(slots)
    numbers = list(range(slots))
    trackers: dict[str, Any] = {}
    for variant in VARIANTS:
        tracker: Any = spec.build_batch(slots)
        variant(tracker)
        tracker.init(numbers, frames[0], boxes)
        for step in range(WARM_UP):
            tracker.update(numbers, frames[1 + step % (LENGTH - 1)])
        trackers[variant.__name__] = tracker
    seconds: dict[str, list[float]] = {name: [] for name in trackers}
    for _ in range(turns):
        for name, tracker in trackers.items():
            tracker.synchronize()
            begin = time.perf_counter()
            for step in range(steps):
                tracker.update(numbers, frames[1 + step % (LENGTH - 1)])
            tracker.synchronize()
            seconds[name].append((time.perf_counter() - begin) / steps)
    return {"slots": slots} | {
        name: (1e3 * np.percentile(mine, [25, 50, 75])).round(4).tolist() for name, mine in seconds.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracker", default="siamfc")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--slots", type=int, nargs="+", default=[1])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument(
        "--json", action="store_true", help="print JSON with the environment, for gpu_jobs.py"
    )
    args = parser.parse_args()
    spec = TrackerSpec(args.tracker, args.device, None, {"precision": args.precision})
    rows = [measure(spec, slots, args.steps, args.turns) for slots in args.slots]
    if args.json:
        words = {"tracker": args.tracker, "precision": args.precision, "unit": "ms per update"}
        print(
            json.dumps(
                {"machine": describe_environment(spec.arguments()["device"]), **words, "rows": rows}, indent=1
            )
        )
        return
    for row in rows:
        whole = row[as_it_is.__name__][1]
        for name, (low, middle, high) in ((n, v) for n, v in row.items() if n != "slots"):
            ratio = middle / whole
            print(
                f"{row['slots']:3d} slots  {name:16} {middle:8.3f} ms ({low:.3f} to {high:.3f})  {ratio:.2f}"
            )


if __name__ == "__main__":
    main()
