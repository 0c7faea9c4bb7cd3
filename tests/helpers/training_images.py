"""A small folder of training images: two videos, images with outlines, images without annotations."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image


def write_images(root: Path, frames: int = 14) -> Path:
    """Writes bright rectangles on noise: `a` with boxes.json, `b` with groundtruth.txt, `c` with outlines."""
    rng = np.random.default_rng(0)

    def save(path: Path, box: tuple[int, int, int, int]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 80, (60, 80, 3), dtype=np.uint8)
        x, y, w, h = box
        pixels[y : y + h, x : x + w] = rng.integers(150, 256, (h, w, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)

    described = []
    for index in range(frames):
        save(root / "json" / "a" / f"{index:03}.png", (10 + index, 20, 16, 12))
        described.append({"file": f"{index:03}.png", "box_xywh": [10 + index, 20, 16, 12]})
        save(root / "text" / "b" / f"{index:03}.png", (30, 10 + index, 12, 14))
    (root / "json" / "boxes.json").write_text(json.dumps({"sequences": {"a": described}}))
    rows = "".join(f"30,{10 + index},12,14\n" for index in range(frames))
    (root / "text" / "b" / "groundtruth.txt").write_text(rows)
    save(root / "outlines" / "c.png", (20, 15, 30, 20))
    outline = [20, 15, 50, 15, 50, 35, 20, 35]
    objects = [{"class": "thing", "box_xywh": [20, 15, 30, 20], "polygons": [outline]}]
    (root / "outlines" / "annotations.json").write_text(
        json.dumps({"images": {"c.png": {"objects": objects}}})
    )
    for index in range(3):
        save(root / "alone" / f"d{index}.png", (25, 20, 30, 25))
    return root
