"""Frames as small JPEGs: a page's own copies, and those that a server makes when they are asked for."""

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

LONGEST_SIDE = 400
"""Pixels of an embedded frame's longer side."""
_QUALITY = 68
_BASE64 = 4 / 3
_PROBES = 3


def jpeg(frame: Frame, longest: int | None = None, quality: int = _QUALITY) -> bytes:
    """A frame as a JPEG, made smaller so that neither side is longer than `longest` pixels."""
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
        size: width and height of the original frames, in whose pixels regions are.
        every: each how many frames one is taken, from the first on.
        jpegs: the frames.
    """

    size: tuple[int, int]
    every: int
    jpegs: tuple[bytes, ...]

    def data(self) -> Json:
        """What the page gets."""
        return {
            "size": self.size,
            "every": self.every,
            "jpeg": [base64.b64encode(content).decode() for content in self.jpegs],
        }


def embed_frames(
    dataset: Dataset, names: Sequence[str], budget: float, notify: Callable[[str], None] = lambda _: None
) -> dict[str, EmbeddedFrames]:
    """Shrinks the frames of sequences for embedding.

    Where all of them would not fit, every second, third ... frame of each sequence is taken.

    Args:
        dataset: whose frames.
        names: of which sequences.
        budget: how many bytes all frames together may take in the page, about.
        notify: is told, in a sentence, which sequences have no frames, and how many were taken.

    Returns:
        By name, for the sequences whose frames can be read.
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
                jpegs = tuple(
                    pool.map(lambda place, frames=frames: jpeg(frames[place], LONGEST_SIDE), places)
                )
            except SequenceError as error:
                notify(f"no frames of {name}: {error}")
                continue
            strips[name] = EmbeddedFrames((width, height), every, jpegs)
    notify(_summary(strips, lengths, every))
    return strips


def _spread(length: int) -> list[int]:
    """Frames from which the size of all is estimated."""
    return [length * part // _PROBES for part in range(min(_PROBES, length))]


def _size_of(frames: Frames, place: int) -> int:
    try:
        return len(jpeg(frames[place], LONGEST_SIDE))
    except SequenceError:
        return 0


def _summary(strips: Mapping[str, EmbeddedFrames], lengths: Mapping[str, int], every: int) -> str:
    taken = sum(len(strip.jpegs) for strip in strips.values())
    whole = sum(lengths[name] for name in strips)
    size = sum(len(content) for strip in strips.values() for content in strip.jpegs) * _BASE64 / 1e6
    thinned = "" if every == 1 else f", 1 of {every}: raise --megabytes for more"
    return f"{taken} of {whole} frames of {len(strips)} sequences are embedded ({size:.1f} MB{thinned})"
