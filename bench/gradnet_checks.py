"""Checks GradNet on a device in a minute: reproducibility, batches, lost targets, frame sizes, training.

    PYTHONPATH=. python bench/gradnet_checks.py --device cuda

Prints each check's outcome as JSON; exit status 1 if one fails. Uses the bundled weights.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks.datasets.demo import Demo
from benchmarks.environment import describe_environment
from benchmarks.geometry.overlap import iou
from trackers.devices import resolve_device
from trackers.siamese.gradnet import GradNetLite
from trackers.siamese.gradnet_released import GradNetReleasedLite
from trackers.siamese.weights import bundled_weights
from trackers.tracker import Boxes, Frame
from trackers.training.patch_cache import PATCH_SIZE, Patches
from trackers.training.sampling import Sampler
from trackers.training.settings import Difficulty, GradNetOptions, Schedule
from trackers.training.tasks import GradNetTask
from trackers.training.trainer import Trainer, make_optimizer

NAMES = ("easy", "scale", "rotation", "clutter")


class Checks:
    """The checks, on one device with `frames` frames per video."""

    def __init__(self, device: str, frames: int) -> None:
        self.device = device
        sequences = [Demo()[name] for name in NAMES]
        self.frames = [[opened[i] for i in range(frames)] for opened in (s.open_frames() for s in sequences)]
        self.boxes = np.array([sequence.truth[0] for sequence in sequences])

    def follow(
        self, frames: list[list[Frame]], boxes: Boxes, tensors: bool = False, kind: Any = GradNetLite
    ) -> Boxes:
        """Returns the boxes (frames - 1, slots, 4) of a new tracker that follows all videos in a batch."""
        tracker = kind(device=self.device, slots=len(frames))
        slots = list(range(len(frames)))

        def frames_at(time: int) -> list[Any]:
            row: list[Any] = [video[time] for video in frames]
            return [torch.from_numpy(one).to(tracker.device) for one in row] if tensors else row

        tracker.init(slots, frames_at(0), boxes.copy())
        return np.array([tracker.update(slots, frames_at(time)) for time in range(1, len(frames[0]))])

    def the_same_bytes_twice(self) -> bool:
        """Two new trackers give the same bytes, with 1, 2 and 4 slots."""
        return all(
            self.follow(self.frames[:n], self.boxes[:n]).tobytes()
            == self.follow(self.frames[:n], self.boxes[:n]).tobytes()
            for n in (1, 2, 4)
        )

    def slots_follow_their_own_targets(self) -> bool:
        """Batches of 2 and 4 against each target alone: mean IoU above 0.9."""
        alone = [self.follow(self.frames[i : i + 1], self.boxes[i : i + 1])[:, 0] for i in range(4)]
        return all(
            float(iou(self.follow(self.frames[:n], self.boxes[:n])[:, i], alone[i]).mean()) > 0.9
            for n in (2, 4)
            for i in range(n)
        )

    def lost_targets_are_searched_for_in_the_center(self) -> bool:
        """A target leaves the image of the released tracker at the right: the same bytes twice."""
        video, box = leaving(len(self.frames[0]))
        pair = [video, self.frames[0]], np.array([box, self.boxes[0]])
        found = [self.follow(*pair, kind=GradNetReleasedLite) for _ in range(2)]
        return bool(np.isfinite(found[0]).all()) and found[0].tobytes() == found[1].tobytes()

    def frames_of_two_sizes(self) -> bool:
        """A black margin of a batch's second video does not affect the first one's boxes."""
        wide = [np.pad(frame, ((0, 37), (0, 81), (0, 0))) for frame in self.frames[1]]
        both = self.follow([self.frames[0], wide], self.boxes[:2])
        same = self.follow(self.frames[:2], self.boxes[:2])
        return float(iou(both[:, 0], same[:, 0]).mean()) > 0.9

    def tensors_as_arrays(self) -> bool:
        """Frames already on the device give the same bytes."""
        pair = self.frames[:2], self.boxes[:2]
        return self.follow(*pair).tobytes() == self.follow(*pair, tensors=True).tobytes()

    def a_training_step(self) -> bool:
        """One step of training has a finite loss and changes weights."""
        device = torch.device(self.device)
        values = torch.Generator().manual_seed(0)
        pixels = torch.randint(0, 256, (16, 4, PATCH_SIZE, PATCH_SIZE), generator=values, dtype=torch.uint8)
        clips = torch.arange(4)
        four, unknown = torch.full((4,), 4), torch.full((4,), -1)
        patches = Patches(pixels.to(device), torch.full((16, 2), 50.0), 4 * clips, four, clips, unknown)
        cache: Any = SimpleNamespace(round=lambda _: patches)
        schedule = Schedule(steps=10, batch=4)
        with TemporaryDirectory() as folder:
            task = GradNetTask(bundled_weights("siamfc-lite"), GradNetOptions(foreign=0.5)).to(device)
            trainer = Trainer(
                task, cache, Sampler(torch.ones(4), Difficulty(), 0), schedule, Path(folder), {}
            )
            learning = [parameter for parameter in task.parameters() if parameter.requires_grad]
            before = [parameter.detach().clone() for parameter in learning]
            figures = trainer.train_step(0, make_optimizer(task, schedule))
        print({name: float(value) for name, value in figures.items()}, file=sys.stderr)
        changed = not all(map(torch.equal, learning, before))  # a first step may leave some unchanged
        return bool(torch.isfinite(figures["loss"])) and changed


def leaving(length: int) -> tuple[list[Frame], Boxes]:
    """Returns frames of a textured target that leaves at the right border, and its first box."""
    values = np.random.default_rng(0)
    ground = values.integers(0, 60, (96, 128, 3), dtype=np.uint8)
    target = values.integers(100, 256, (24, 28, 3), dtype=np.uint8)
    frames = []
    for time in range(length):
        frame, x = ground.copy(), 70 + 6 * time
        frame[36:60, x : x + 28] = target[:, : max(min(28, 128 - x), 0)]
        frames.append(frame)
    return frames, np.array([70.0, 36, 28, 24])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--frames", type=int, default=20)
    args = parser.parse_args()
    device = resolve_device(args.device)
    checks = Checks(device, args.frames)
    tried: tuple[Callable[[], bool], ...] = (
        checks.the_same_bytes_twice,
        checks.slots_follow_their_own_targets,
        checks.lost_targets_are_searched_for_in_the_center,
        checks.frames_of_two_sizes,
        checks.tensors_as_arrays,
        checks.a_training_step,
    )
    outcomes = {check.__name__: check() for check in tried}
    print(
        json.dumps(
            {"machine": describe_environment(device), "frames": args.frames, "checks": outcomes}, indent=1
        )
    )
    failed = [name for name, good in outcomes.items() if not good]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
