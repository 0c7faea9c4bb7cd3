"""Small videos to run trackers on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

FRAMES = 6
PATH = [f"{10 + 2 * number},{8 + number},12,10" for number in range(20)]
ROWS = PATH[:FRAMES]
"""Ground truth of a good video."""

TOML = 'one_based = false\ntitle = "Small"\n[attributes]\ncat = ["OCC", "FM"]\n'


def write_video(folder: Path, truth: str = "\n".join(ROWS), frames: int = FRAMES, seed: int = 0) -> None:
    """A patch of noise that moves over noise, 64 x 48 pixels, in up to 20 frames."""
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_text(truth)
    rng = np.random.default_rng(seed)
    ground, target = rng.integers(0, 90, (48, 64, 3), np.uint8), rng.integers(128, 256, (10, 12, 3), np.uint8)
    for number in range(frames):
        frame = ground.copy()
        frame[8 + number : 18 + number, 10 + 2 * number : 22 + 2 * number] = target
        Image.fromarray(frame).save(folder / f"{number + 1:04}.png")


def write_videos(folder: Path, cat: str = "\n".join(ROWS), toml: str = TOML) -> None:
    """A folder of `bird`, `cat`, whose ground truth may be another, and `dog`, absent in one frame."""
    write_video(folder / "bird")
    write_video(folder / "cat", cat)
    write_video(folder / "dog", "\n".join(["nan,nan,nan,nan" if row == ROWS[3] else row for row in ROWS]))
    (folder / "sotbench.toml").write_text(toml)
