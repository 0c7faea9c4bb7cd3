"""A strip of small frames for a loss: before it, as it happens, and after."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Frames, SequenceError
from benchmarks.datasets import Sequence as VideoSequence
from reports.failure_report.detection import Loss
from reports.page.thumbnails import jpeg
from trackers.tracker import Frame
from trackers.video.drawing import TRUTH_COLOR, draw_region, resized, rgb

WIDTH, HEIGHT = 224, 168
_MARGIN = 0.35
_SMALLEST = 3.0
"""A crop is at least this many times as wide as the target."""


@dataclass(frozen=True)
class Thumbnail:
    """One frame of a strip.

    Attributes:
        frame: its number (0-based).
        what: what it shows of the loss.
        source: the image as a `data:` address.
    """

    frame: int
    what: str
    source: str


def strip_frames(loss: Loss, total: int) -> list[tuple[int, str]]:
    """Returns the frames of a strip with what they show, in order.

    Args:
        loss: the loss.
        total: the sequence's number of frames.
    """
    chosen = [(loss.good, "tracked"), (loss.first, "lost")]
    if loss.first - loss.good > 1:
        chosen.insert(1, ((loss.good + loss.first) // 2, "before"))
    if loss.last - loss.first > 1:
        chosen.append(((loss.first + loss.last) // 2, "still lost"))
    if loss.recovered and loss.last + 1 < total:
        chosen.append((loss.last + 1, "after"))
    elif loss.last > loss.first:
        chosen.append((loss.last, "last lost"))
    return list(dict(chosen).items())


def make_strip(
    sequence: VideoSequence, frames: Frames, boxes: NDArray[np.float64], loss: Loss, color: str
) -> list[Thumbnail]:
    """Returns the strip of a loss: target in white, prediction in the tracker's color.

    All frames of a strip show the same part of the image.

    Args:
        sequence: the ground truth.
        frames: its frames.
        boxes: the predictions, shape (frames, 4).
        loss: the loss.
        color: the tracker's color, as `"#0072B2"`.

    Raises:
        SequenceError: a frame is damaged.
    """
    thumbnails = []
    part: tuple[int, int, int, int] | None = None
    chosen = [(number, what) for number, what in strip_frames(loss, len(frames)) if number < len(frames)]
    numbers = [number for number, _ in chosen]
    for number, what in chosen:
        image = frames[number]
        if part is None:
            shown = np.concatenate([sequence.truth[numbers], boxes[numbers]])
            part = crop(shown, image.shape[1], image.shape[0])
        thumbnails.append(Thumbnail(number, what, _thumbnail(image, part, sequence, boxes, number, color)))
    return thumbnails


def crop(boxes: NDArray[np.float64], width: int, height: int) -> tuple[int, int, int, int]:
    """Returns the part of an image, x, y, w, h in pixels, that shows boxes with room around them.

    It has the aspect ratio of a thumbnail if the image allows.

    Args:
        boxes: shape (n, 4); those that are not finite or outside the image are not shown.
        width: the image's width.
        height: its height.
    """
    known = boxes[np.isfinite(boxes).all(axis=1)]
    inside = (known[:, 0] < width) & (known[:, 1] < height) & (known[:, :2] + known[:, 2:] > 0).all(axis=1)
    known = known[inside]
    if not len(known):
        return 0, 0, width, height
    low = np.clip(known[:, :2].min(axis=0), 0, None)
    high = np.minimum((known[:, :2] + known[:, 2:]).max(axis=0), (width, height))
    center = (low + high) / 2
    smallest = _SMALLEST * float(np.median(np.sqrt(np.maximum(known[:, 2] * known[:, 3], 1))))
    w, h = np.maximum((high - low) * (1 + _MARGIN), smallest)
    w, h = max(w, h * WIDTH / HEIGHT), max(h, w * HEIGHT / WIDTH)
    w, h = min(w, width), min(h, height)
    x = float(np.clip(center[0] - w / 2, 0, width - w))
    y = float(np.clip(center[1] - h / 2, 0, height - h))
    return int(x), int(y), max(int(w), 1), max(int(h), 1)


def _thumbnail(
    image: Frame,
    part: tuple[int, int, int, int],
    sequence: VideoSequence,
    boxes: NDArray[np.float64],
    number: int,
    color: str,
) -> str:
    x, y, w, h = part
    scale = min(WIDTH / w, HEIGHT / h)
    small = resized(
        np.ascontiguousarray(image[y : y + h, x : x + w]), max(round(w * scale), 1), max(round(h * scale), 1)
    )
    small = np.ascontiguousarray(small)
    shift = np.array([x, y, 0.0, 0.0])
    if sequence.absent is None or not sequence.absent[number]:
        draw_region(small, (sequence.truth[number] - shift) * scale, TRUTH_COLOR, 2)
    draw_region(small, (boxes[number] - shift) * scale, rgb(color), 2)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg(small)).decode()}"


def open_frames(sequence: VideoSequence) -> Frames | None:
    """Returns a sequence's frames, or None if they are not at hand."""
    try:
        return sequence.open_frames()
    except (SequenceError, OSError):
        return None
