"""Video folders whose frames encode their numbers, and ground truth for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.verification import verify
from trackers.tracker import Frame
from trackers.video.encoding import write_video

FRAMES = 12
SIZE = (64, 48)
BOXES = np.array([[10.0 + k, 8, 12, 10] for k in range(FRAMES)])


def numbered(number: int) -> Frame:
    """Returns an image that encodes its number in black and white bars, which survive compression."""
    frame = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    for bit in range(6):
        frame[:, bit * 10 : bit * 10 + 10] = 255 * (number >> bit & 1)
    return frame


def number_of(frame: Frame) -> int:
    return sum(int(frame[24, bit * 10 + 5].mean() > 128) << bit for bit in range(6))


def write_images(folder: Path, count: int = FRAMES, first: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(numbered(number)).save(folder / f"{first + number:06}.png")


def write_movie(path: Path, count: int = FRAMES) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".mp4":
        write_video(path, (numbered(number) for number in range(count)), 10)
        return
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for number in range(count):
        writer.write(numbered(number))
    writer.release()


def text(boxes: Any, separator: str = ",") -> str:
    return "".join(separator.join(f"{number:g}" for number in row) + "\n" for row in boxes)


def opened(root: Path, settings: str | None = "one_based = false\n") -> Dataset:
    root.mkdir(parents=True, exist_ok=True)
    if settings is not None:
        (root / "sotbench.toml").write_text(settings)
    return open_dataset("folder", root)


def assert_whole(data: Dataset, name: str, boxes: Any = BOXES, first: int = 0) -> None:
    sequence = data[name]
    np.testing.assert_allclose(sequence.truth, boxes)
    frames = sequence.open_frames()
    assert [number_of(frames[index]) for index in range(len(frames))] == list(
        range(first, first + len(boxes))
    )
    assert sequence.size == SIZE
    assert [verdict.findings for verdict in verify(data, [name])] == [()]


def corners(boxes: Any) -> Any:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def centered(boxes: Any) -> Any:
    return np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)
