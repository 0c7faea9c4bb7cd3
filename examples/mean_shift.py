"""Mean shift over colors, in Python with only numpy: process:"python examples/mean_shift.py".

Colors that are more common inside the first box than around it attract the box (Comaniciu, Ramesh and Meer,
2000).
"""

import json
import sys
from pathlib import Path

import numpy as np


def read(path):
    """Reads a binary PPM and returns its colors, quantized to numbers 0 to 511, shape (H, W)."""
    with Path(path).open("rb") as file:
        assert file.readline() == b"P6\n"
        width, height = map(int, file.readline().split())
        assert file.readline() == b"255\n"
        pixels = np.frombuffer(file.read(), np.uint8).reshape(height, width, 3) >> 5
    return pixels[..., 0] * np.int64(64) + pixels[..., 1] * 8 + pixels[..., 2]


def cut(image, box, margin=0.0):
    """Returns the part of an image inside a box that is enlarged on all sides by `margin` times its size."""
    x, y, w, h = box
    rows = slice(max(int(y - margin * h), 0), max(int(y + h + margin * h), 1))
    columns = slice(max(int(x - margin * w), 0), max(int(x + w + margin * w), 1))
    return image[rows, columns], rows.start, columns.start


def histogram(colors):
    """Returns the frequency of each of 512 colors."""
    return np.bincount(colors.ravel(), minlength=512) / max(colors.size, 1)


print(json.dumps({"ready": 1, "deterministic": True}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "init" in request:
        colors, box = read(request["init"]), np.array(request["box"])
        inside, around = histogram(cut(colors, box)[0]), histogram(cut(colors, box, 1.0)[0])
        likely = np.clip(np.log((inside + 1e-4) / (around + 1e-4)), 0, None)
        print("{}", flush=True)
        continue
    weights = likely[read(request["track"])]
    for _ in range(10):
        part, top, left = cut(weights, box, 0.25)
        if part.sum() == 0:
            break
        y, x = (part.sum(axis=1 - axis) @ np.arange(part.shape[axis]) / part.sum() for axis in (0, 1))
        moved = np.array([left + x + 0.5, top + y + 0.5]) - box[2:] / 2
        shift, box[:2] = np.abs(moved - box[:2]).max(), moved
        if shift < 0.5:
            break
    print(json.dumps({"box": box.tolist()}), flush=True)
