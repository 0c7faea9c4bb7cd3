"""Renders videos from photographs: an object moves over a background, distractors cross its path.

    python tools/composite_videos.py --images DIR --out DIR [--count 250] [--part train]

DIR holds photographs with outlined objects, as `trackers/training/sources/folder.py` describes them. Few
videos of real scenes have a license for training; these add the difficulties of tracking: distractors of the
target's class, occlusion, rotation, changes of scale and light. `--part` splits the photographs, four in five
for `train` and the rest for `validation`, so that no object or background is in both. Writes one folder of
images per video, and either `boxes.json` (for training: every `--step`-th frame with at least half of the
target visible) or, for validation, every frame with `groundtruth.txt` and a `sotbench.toml`, for
`--dataset folder`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trackers.commands import catch_user_errors
from trackers.errors import UserError
from trackers.training.patch_cache import PATCH_SIZE, cut_patch
from trackers.training.sources.clip import Clip
from trackers.training.sources.folder import read

WIDTH, HEIGHT, MARGIN = 400, 300, 80
MIN_SIDE = 40  # pixels of an object in its photograph
MIN_VISIBLE = 0.5  # of the target, in frames to train on
Rgba = NDArray[np.uint8]
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Distractor:
    """Another object that crosses the target's path.

    Attributes:
        pixels: (351, 351, 4), with its outline as the fourth channel.
        scale: factor on its size.
        meets: frame in which it meets the target.
        velocity: (2,), pixels per frame, relative to the target.
        aside: (2,), its offset from the target's center when they meet.
        before: whether it passes in front of the target, rather than behind it.
    """

    pixels: Rgba
    scale: float
    meets: int
    velocity: NDArray[np.float64]
    aside: NDArray[np.float64]
    before: bool


def walk(rng: np.random.Generator, count: int, step: float) -> NDArray[np.float64]:
    """Returns a smooth random path (count, 2) from the origin; `step` is the acceleration's deviation."""
    velocity = np.zeros((count, 2))
    for index, push in enumerate(rng.normal(0, step, (count, 2))):
        velocity[index] = 0.85 * velocity[index - 1] + push if index else push
    return velocity.cumsum(0)


def blend_object(
    canvas: Pixels, pixels: Rgba, center: NDArray[np.float64], scale: float, angle: float = 0, gain: float = 1
) -> tuple[Pixels, NDArray[np.bool_]]:
    """Blends an object into an image (h, w, 3); returns the image, and the object's mask (h, w)."""
    middle = PATCH_SIZE / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), angle, scale)
    matrix[:, 2] += center - middle
    warped = cv2.warpAffine(pixels, matrix, canvas.shape[1::-1], flags=cv2.INTER_AREA)
    alpha = cv2.GaussianBlur(warped[..., 3].astype(np.float32) / 255, (0, 0), 0.8)
    colors = np.clip(warped[..., :3].astype(np.float32) * gain, 0, 255)
    blended = canvas + (colors - canvas) * alpha[..., None]
    return blended.astype(np.float32), alpha > 0.5


class VideoCompositor:
    """Renders videos from the objects and backgrounds of photographs.

    Args:
        clips: outlined objects in photographs.
    """

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.clips = clips
        self.backgrounds = sorted({clip.files[0] for clip in clips})

    def video(
        self, rng: np.random.Generator, count: int
    ) -> tuple[list[NDArray[np.uint8]], NDArray[np.float64], NDArray[np.float64]]:
        """Returns frames (300, 400, 3), boxes (count, 4), and the target's visible shares (count,), 0..1."""
        clip = self.clips[rng.integers(len(self.clips))]
        pixels, size = _pixels(clip)
        area = size.prod()
        scale = rng.uniform(35, 75) / np.sqrt(area)
        file = self.backgrounds[rng.integers(len(self.backgrounds))]
        wide = (WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)
        background = np.asarray(Image.open(file).convert("RGB").resize(wide), dtype=np.float32)
        inside = np.array([WIDTH - 40, HEIGHT - 40])
        path = (np.array([WIDTH, HEIGHT]) / 2 + walk(rng, count, rng.uniform(0.6, 1.6))).clip(40, inside)
        camera = (MARGIN + walk(rng, count, 0.8)).clip(0, 2 * MARGIN - 1).astype(int)
        angles = rng.normal(0, 1.2, count).cumsum()
        scales = scale * np.exp(rng.normal(0, 0.012, count).cumsum().clip(-0.5, 0.5))
        gains = np.exp(rng.normal(0, 0.02, count).cumsum().clip(-0.4, 0.4))
        distractors = [
            self._make_distractor(rng, clip, scale * np.sqrt(area), count) for _ in range(rng.integers(1, 4))
        ]
        frames, boxes, seen = [], [], []
        for index in range(count):
            x, y = camera[index]
            canvas = background[y : y + HEIGHT, x : x + WIDTH]
            canvas = self._with(canvas, [p for p in distractors if not p.before], path[index], index)[0]
            canvas, target = blend_object(
                canvas, pixels, path[index], scales[index], angles[index], float(gains[index])
            )
            # The target is fully visible in the first frames, where trackers start.
            before = [p for p in distractors if p.before and index >= 3]
            canvas, hidden = self._with(canvas, before, path[index], index)
            rows, columns = np.nonzero(target)
            corner = np.array([columns.min(), rows.min()])
            boxes.append([*corner, *(np.array([columns.max(), rows.max()]) + 1 - corner)])
            seen.append(1 - (target & hidden).sum() / target.sum())
            frames.append((canvas + rng.normal(0, 4, canvas.shape)).clip(0, 255).astype(np.uint8))
        return frames, np.array(boxes, dtype=np.float64), np.array(seen)

    def _make_distractor(self, rng: np.random.Generator, target: Clip, side: float, count: int) -> Distractor:
        alike = [c for c in self.clips if c.category == target.category and c.files != target.files]
        pool = alike if alike and rng.random() < 0.6 else self.clips
        pixels, size = _pixels(pool[rng.integers(len(pool))])
        direction = rng.normal(0, 1, 2)
        return Distractor(
            pixels,
            rng.uniform(0.8, 1.3) * side / np.sqrt(size.prod()),
            int(rng.integers(count // 6, count)),
            direction / np.linalg.norm(direction) * rng.uniform(2, 6),
            rng.normal(0, 8, 2),
            bool(rng.random() < 0.6),
        )

    @staticmethod
    def _with(
        canvas: Pixels, distractors: Sequence[Distractor], target: NDArray[np.float64], index: int
    ) -> tuple[Pixels, NDArray[np.bool_]]:
        covered = np.zeros(canvas.shape[:2], dtype=bool)
        for distractor in distractors:
            center = target + distractor.aside + distractor.velocity * (index - distractor.meets)
            canvas, where = blend_object(canvas, distractor.pixels, center, distractor.scale)
            covered |= where
        return canvas, covered


def _pixels(clip: Clip) -> tuple[Rgba, NDArray[np.float64]]:
    """Returns an object's patch (351, 351, 4) with its outline, and its w and h in it."""
    patch, size = cut_patch(Image.open(clip.files[0]).convert("RGB"), clip.boxes[0], clip.polygons)
    return patch.transpose(1, 2, 0), size


def of_part(clips: Sequence[Clip], part: str) -> list[Clip]:
    """Returns the clips of `train` or `validation`; all objects of a photograph are in the same part."""
    held = {
        file
        for file in {clip.files[0] for clip in clips}
        if hashlib.sha256(file.name.encode()).digest()[0] % 5 == 0
    }
    return [clip for clip in clips if (clip.files[0] in held) == (part == "validation")]


@catch_user_errors
def main(words: Sequence[str] | None = None) -> int:
    """Writes the videos."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--step", type=int, default=3, help="train: keep every n-th frame (default: 3)")
    parser.add_argument("--part", choices=["train", "validation"], default="train")
    args = parser.parse_args(words)
    outlined = [c for c in read(args.images, print) if c.polygons and c.boxes[0, 2:].min() > MIN_SIDE]
    clips = of_part(outlined, args.part)
    if not clips:
        raise UserError(f"{args.images} holds no outlined objects of more than {MIN_SIDE} px")
    studio = VideoCompositor(clips)
    shots = {}
    for number in range(args.count):
        rng = np.random.default_rng([number, args.part == "train"])
        frames, boxes, seen = studio.video(rng, args.frames)
        folder = args.out / f"{number:03}"
        folder.mkdir(parents=True, exist_ok=True)
        if args.part == "train":
            kept = [i for i in range(0, args.frames, args.step) if seen[i] >= MIN_VISIBLE]
            shots[folder.name] = [
                {"file": f"{i:04}.jpg", "objects": [{"class": "composite", "box_xywh": boxes[i].tolist()}]}
                for i in kept
            ]
        else:
            kept = list(range(args.frames))
            np.savetxt(folder / "groundtruth.txt", boxes, "%g", ",")
        for index in kept:
            Image.fromarray(frames[index]).save(folder / f"{index:04}.jpg", quality=92)
    if args.part == "train":
        (args.out / "boxes.json").write_text(json.dumps({"shots": shots}))
    else:
        (args.out / "sotbench.toml").write_text("one_based = false\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(None))
