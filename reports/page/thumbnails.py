"""Frames as JPEGs, embedded in a page or sent by a server."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from benchmarks.datasets import Dataset, Frames, SequenceError
from reports.page.pack import Json
from trackers.tracker import Frame
from trackers.wording import agree, counted, counted_of

MAX_SIDE = 400
"""Maximum width and height of an embedded frame in pixels."""
_QUALITY = 68
_BASE64 = 4 / 3
_PROBES = 3


def jpeg(frame: Frame, longest: int | None = None, quality: int = _QUALITY) -> bytes:
    """Encodes a frame as JPEG, shrunk so that neither side is longer than `longest` pixels."""
    image = Image.fromarray(frame)
    if longest is not None and max(image.size) > longest:
        image.thumbnail((longest, longest), Image.Resampling.BILINEAR, reducing_gap=2.0)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality, optimize=True)
    return content.getvalue()


@dataclass(frozen=True)
class EmbeddedFrames:
    """Frames of a sequence for a page.

    Attributes:
        size: width and height of the original frames, to whose pixels regions refer.
        every: the step between embedded frames; 1 if all are embedded.
        jpegs: the embedded frames, from the first one on.
    """

    size: tuple[int, int]
    every: int
    jpegs: tuple[bytes, ...]

    def data(self) -> Json:
        """Returns the page's data."""
        return {
            "size": self.size,
            "every": self.every,
            "jpeg": [base64.b64encode(content).decode() for content in self.jpegs],
        }


def embed_frames(
    dataset: Dataset, names: Sequence[str], budget: float, notify: Callable[[str], None] = lambda _: None
) -> dict[str, EmbeddedFrames]:
    """Encodes the frames of sequences for embedding.

    If they would not fit, only every second, third, ... frame of each sequence is embedded.

    Args:
        dataset: the data set.
        names: the sequences.
        budget: the approximate number of bytes that all frames may take in the page.
        notify: receives a sentence on each sequence without frames, and one on the number of frames.

    Returns:
        The frames by sequence, for those whose frames can be read.
    """
    opened: dict[str, Frames] = {}
    lengths: dict[str, int] = {}
    for name in names:
        try:
            opened[name] = dataset[name].open_frames()
            lengths[name] = len(opened[name])
        except SequenceError as error:
            notify(f"no frames of {name}: {error}")
    if not opened:
        return {}
    with ThreadPoolExecutor() as pool:
        wanted = [(name, place) for name in opened for place in _spread(lengths[name])]
        probes = list(pool.map(lambda one: _size_of(opened[one[0]], one[1]), wanted))
        expected = sum(
            lengths[name] * size / min(_PROBES, lengths[name])
            for (name, _), size in zip(wanted, probes, strict=True)
        )
        every = max(1, -int(-expected * _BASE64 // budget))
        strips: dict[str, EmbeddedFrames] = {}
        for name, frames in opened.items():
            try:
                height, width = frames[0].shape[:2]
                places = range(0, lengths[name], every)
                jpegs = tuple(pool.map(lambda place, frames=frames: jpeg(frames[place], MAX_SIDE), places))
            except SequenceError as error:
                notify(f"no frames of {name}: {error}")
                continue
            strips[name] = EmbeddedFrames((width, height), every, jpegs)
    notify(_summary(strips, lengths, every))
    return strips


def _spread(length: int) -> list[int]:
    """Returns the frames from which the size of all is estimated."""
    return [length * part // _PROBES for part in range(min(_PROBES, length))]


def _size_of(frames: Frames, place: int) -> int:
    try:
        return len(jpeg(frames[place], MAX_SIDE))
    except SequenceError:
        return 0


def _summary(strips: Mapping[str, EmbeddedFrames], lengths: Mapping[str, int], every: int) -> str:
    taken = sum(len(strip.jpegs) for strip in strips.values())
    whole = sum(lengths[name] for name in strips)
    size = sum(len(content) for strip in strips.values() for content in strip.jpegs) * _BASE64 / 1e6
    thinned = "" if every == 1 else f", 1 of {every}: raise --megabytes for more"
    frames = f"{counted_of(taken, whole, 'frame')} of {counted(len(strips), 'sequence')}"
    return f"{frames} {agree(taken, 'is', 'are')} embedded ({size:.1f} MB{thinned})"
