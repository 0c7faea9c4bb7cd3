"""Compares SiamFC with its reference implementation: same weights and frames, in one process, in turn.

    python bench/siamfc_pytorch.py --reference ../siamfc-pytorch --weights FDSiamfc_30.pth --data-root DIR
    python bench/siamfc_pytorch.py --reference ../siamfc-pytorch --width 1 --data-root DIR --frames 40
    python bench/siamfc_pytorch.py --reference ../siamfc-pytorch --width 1 --device cuda --json

The reference is an unchanged checkout of huanglianghua/siamfc-pytorch. Its layers get the widths of the
weights; got10k, of which it needs only a base class, may be missing. With --width instead of --weights the
weights are random: enough for speed, useless for accuracy. Without --data-root both follow the demo's
targets. Without cv2 the reference uses a replacement (bench/cv2_shim.py), and the JSON says so. README.md
explains the output.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench import cv2_shim
from benchmarks.datasets import open_dataset
from benchmarks.datasets.demo import Demo
from benchmarks.environment import describe_environment
from benchmarks.geometry.overlap import center_error, iou
from benchmarks.geometry.pixel_origin import to_one_based, to_zero_based
from benchmarks.scoring.metrics import PRECISION_20, SUCCESS_AUC
from trackers.devices import resolve_device
from trackers.siamese.backbone import Embedding, fold_batch_norm, prepare_for_cpu, scaled_widths
from trackers.siamese.checkpoint import load_embedding, write
from trackers.siamese.frame_upload import upload
from trackers.siamese.response import cross_correlation
from trackers.siamese.siamfc import SiamFC
from trackers.tracker import Boxes, Frame

WARM_UP = 3
BLOCK = 10  # updates of each tracker per ratio
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5")


class NamedTracker:
    """Replaces got10k's base class."""

    def __init__(self, name: str, is_deterministic: bool) -> None:
        self.name, self.is_deterministic = name, is_deterministic


class Reference:
    """The reference tracker with 0-based boxes."""

    def __init__(self, folder: Path, weights: Path) -> None:
        try:
            import got10k.trackers  # noqa: F401
        except ImportError:
            base = types.ModuleType("got10k.trackers")
            base.Tracker = NamedTracker
            sys.modules |= {"got10k": types.ModuleType("got10k"), "got10k.trackers": base}
        sys.path.insert(0, str(folder))
        from siamfc import TrackerSiamFC

        network = load_embedding(weights)
        self.tracker = TrackerSiamFC()
        inputs = 3
        for layer, width in zip(LAYERS, network.widths, strict=True):
            block = getattr(self.tracker.net.backbone, layer)
            old = block[0]
            block[0] = nn.Conv2d(inputs, width, old.kernel_size, old.stride, groups=old.groups)
            if len(block) > 1:
                block[1] = type(block[1])(width)
            inputs = width
        self.tracker.net.backbone.load_state_dict(network.state_dict())

    def init(self, frame: Frame, box: Boxes) -> None:
        self.tracker.init(frame, to_one_based(box))

    def update(self, frame: Frame) -> Boxes:
        return to_zero_based(self.tracker.update(frame))


def random_weights(width: float, path: Path) -> Path:
    """Writes random weights, initialized as in the reference."""
    torch.manual_seed(0)
    network = Embedding(scaled_widths(width))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    write(path, {f"backbone.{name}": value for name, value in network.state_dict().items()}, "siamfc")
    return path


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = function()
    return result, time.perf_counter() - start


def run_in_turn(ours: SiamFC, theirs: Reference, frames: Any, truth: Boxes) -> tuple[Boxes, np.ndarray]:
    """Runs both trackers in turn on each frame; returns boxes (2, n, 4) and seconds per update (2, n - 1)."""
    first = frames[0]
    ours.init([0], [first], truth[:1])
    theirs.init(first, truth[0])
    boxes, seconds = [[truth[0]], [truth[0]]], [[], []]
    for index in range(1, len(truth)):
        frame = frames[index]
        turns = [lambda f=frame: ours.update([0], [f])[0], lambda f=frame: theirs.update(f)]
        for who in (0, 1) if index % 2 else (1, 0):
            box, elapsed = timed(turns[who])
            boxes[who].append(box)
            seconds[who].append(elapsed)
    return np.array(boxes), np.array(seconds)


def ratios(seconds: np.ndarray) -> str:
    """Formats the reference's time over ours: in total, and quartiles over blocks of updates."""
    kept = seconds[:, WARM_UP:]
    whole = kept[1].sum() / kept[0].sum()
    blocks = kept[:, : kept.shape[1] // BLOCK * BLOCK].reshape(2, -1, BLOCK).sum(2)
    low, high = np.percentile(blocks[1] / blocks[0], [25, 75]) if blocks.size else (np.nan, np.nan)
    return f"{whole:6.2f}  {low:.2f}-{high:.2f}"


def updates_per_second(ours: SiamFC, theirs: Reference, limit: int | None) -> dict[str, Any]:
    """Returns both trackers' updates per second on the demo, and the reference's time over ours."""
    seconds = []
    for name in ("easy", "scale"):
        sequence = Demo()[name]
        truth = sequence.truth[:limit]
        seconds.append(run_in_turn(ours, theirs, sequence.open_frames(), truth)[1][:, WARM_UP:])
    together = np.concatenate(seconds, axis=1)
    rates = 1 / together.mean(1)
    quartiles = np.percentile(together[1] / together[0], [25, 50, 75])
    return {"ours": rates[0], "theirs": rates[1], "ratio": quartiles.tolist()}


def compare(ours: SiamFC, theirs: Reference, data_root: Path, limit: int | None) -> None:
    dataset = open_dataset("otb2015", data_root)
    print(f"{'':14}{'':>7}{'IoU of':>8}{'success':>15}{'precision':>15}{'FPS':>16}{'ratio':>8}")
    print(
        f"{'target':14}{'frames':>7}{'both':>8}{'ours':>8}{'theirs':>7}{'ours':>8}{'theirs':>7}"
        f"{'ours':>9}{'theirs':>7}{'':>3}all  quartiles"
    )
    rows, times = [], []
    for name in dataset.names():
        sequence = dataset[name]
        truth = sequence.truth[:limit]
        boxes, seconds = run_in_turn(ours, theirs, sequence.open_frames(), truth)
        scores = [
            [SUCCESS_AUC.score(iou(found, truth)), PRECISION_20.score(center_error(found, truth))]
            for found in boxes
        ]
        agreement = iou(boxes[0], boxes[1]).mean()
        rows.append([agreement, *np.transpose(scores).ravel()])
        times.append(seconds)
        print(line(name, len(truth), rows[-1], seconds), flush=True)
    together = np.concatenate([seconds[:, WARM_UP:] for seconds in times], axis=1)
    print(line("mean", sum(s.shape[1] + 1 for s in times), np.mean(rows, axis=0), together))


def line(name: str, frames: int, figures: Any, seconds: np.ndarray) -> str:
    agreement, success_ours, success_theirs, precision_ours, precision_theirs = figures
    fps = 1 / seconds[:, WARM_UP:].mean(1)
    return (
        f"{name:14}{frames:7d}{agreement:8.3f}{success_ours:8.3f}{success_theirs:7.3f}"
        f"{precision_ours:8.3f}{precision_theirs:7.3f}{fps[0]:9.1f}{fps[1]:7.1f}{ratios(seconds)}"
    )


def breakdown(ours: SiamFC, weights: Path, repeats: int) -> None:
    """Prints the time of an update's parts, and of the convolutions alone."""
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    ours.init([0], [frame], np.array([[300.0, 200, 80, 60]]))
    search, targets = ours.search, ours.targets
    plain = fold_batch_norm(load_embedding(weights))
    rewritten = prepare_for_cpu(plain)
    with torch.inference_mode():
        pixels, sizes = upload([frame], ours.device)
        regions = search.regions(pixels, sizes, targets)
        inputs = [regions.flatten(0, 1)]
        for layer in LAYERS:
            inputs.append(getattr(plain, layer)(inputs[-1]))
        features = inputs[-1][None]
        scores = cross_correlation(features, ours.templates)

        parts: dict[str, Callable[[], Any]] = {
            "update": lambda: ours.update([0], [frame]),
            "upload": lambda: upload([frame], ours.device),
            "crops": lambda: search.regions(pixels, sizes, targets),
            "backbone": lambda: ours.network(inputs[0]),
            "correlation": lambda: cross_correlation(features, ours.templates),
            "response and box": lambda: search.moved(targets, search.find(scores)).boxes(),
        }
        for index, layer in enumerate(LAYERS):
            parts[f"  {layer}"] = in_place(getattr(ours.network, layer), inputs[index])
        for index, layer in enumerate(LAYERS):
            direct = getattr(plain, layer)[0]
            parts[f"  {layer}, direct convolution"] = convolution(direct, inputs[index])
            parts[f"  {layer}, as run here"] = in_place(getattr(rewritten, layer)[0], inputs[index])
        milliseconds = {name: [] for name in parts}
        for _ in range(repeats + WARM_UP):
            for name, part in parts.items():
                milliseconds[name].append(timed(part)[1] * 1e3)
    median = {name: float(np.median(values[WARM_UP:])) for name, values in milliseconds.items()}
    print(f"\n{'milliseconds, median':38}")
    for name, value in median.items():
        print(f"{name:38}{value:8.2f}")
    for kind in ("direct convolution", "as run here"):
        floor = sum(value for name, value in median.items() if name.endswith(kind))
        share = floor / median["update"]
        print(f"{'convolutions alone, ' + kind:38}{floor:8.2f}  = {share:.0%} of an update")


def in_place(module: nn.Module, x: Tensor) -> Callable[[], Tensor]:
    return lambda: module(x)


def convolution(layer: nn.Conv2d, x: Tensor) -> Callable[[], Tensor]:
    return lambda: F.conv2d(x, layer.weight, layer.bias, layer.stride, groups=layer.groups)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares SiamFC with siamfc-pytorch: agreement and speed.")
    parser.add_argument("--reference", type=Path, required=True, help="a checkout of siamfc-pytorch")
    parser.add_argument("--weights", type=Path, help="weights for both")
    parser.add_argument("--width", type=float, help="instead of --weights: random weights of this width")
    parser.add_argument("--data-root", type=Path, help="the folder that holds otb2015 (default: the demo)")
    parser.add_argument("--device", default="cpu", help="of ours; the reference uses a GPU if there is one")
    parser.add_argument("--json", action="store_true", help="speed alone, on the demo, for gpu_jobs.py")
    parser.add_argument("--frames", type=int, help="use at most this many frames of each sequence")
    parser.add_argument("--threads", type=int, default=2, help="threads of both trackers (default: 2)")
    parser.add_argument("--repeats", type=int, default=20, help="repetitions for the second table")
    arguments = parser.parse_args()
    if (arguments.weights is None) == (arguments.width is None):
        parser.error("give either --weights or --width")
    if arguments.data_root is None and not arguments.json:
        parser.error("give either --data-root or --json")
    torch.set_num_threads(arguments.threads)
    stands_in = cv2_shim.install()
    import cv2

    cv2.setNumThreads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        weights = arguments.weights or random_weights(arguments.width, Path(folder) / "random.safetensors")
        ours = SiamFC(weights, resolve_device(arguments.device))
        theirs = Reference(arguments.reference, weights)
        if arguments.json:
            rates = updates_per_second(ours, theirs, arguments.frames)
            about = {
                "machine": describe_environment(str(ours.device)),
                "cv2": "Pillow" if stands_in else cv2.__version__,
            }
            print(json.dumps(about | rates, indent=1))
            return
        compare(ours, theirs, arguments.data_root, arguments.frames)
        breakdown(ours, weights, arguments.repeats)


if __name__ == "__main__":
    main()
