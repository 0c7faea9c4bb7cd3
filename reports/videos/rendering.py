"""The frames of a video: one sequence or a mosaic, with overlap charts and a legend."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor

import numpy as np

from benchmarks.running.decoding.prefetch import Prefetcher
from reports.videos.overlap_chart import BACKGROUND_COLOR, TEXT_COLOR, OverlapChart
from reports.videos.tracked_sequence import TrackedSequence
from trackers.tracker import Frame
from trackers.video.drawing import (
    TRUTH_COLOR,
    Color,
    draw_region,
    draw_text,
    line_width,
    paste,
    resized,
    text_image,
)

_PADDING_COLOR: Color = (32, 32, 32)
"""Color around a picture that does not fill its panel."""

_MIN_PANEL_WIDTH = 120
"""Pixels; narrower panels would be illegible."""


def render_frames(scenes: Sequence[TrackedSequence], width: int, pool: Executor) -> Iterator[Frame]:
    """Yields the frames of a video, as many as the longest scene has; shorter ones stay at their last frame.

    All frames are the same array: use each one before requesting the next.

    Args:
        scenes: at least one; several make a mosaic.
        width: the video's width in pixels.
        pool: decodes frames ahead.

    Yields:
        RGB, uint8, shape (H, width, 3).

    Raises:
        SequenceError: a frame is missing or damaged.
    """
    columns = math.ceil(math.sqrt(len(scenes)))
    across = max(width // columns, _MIN_PANEL_WIDTH)
    down = max(round(across * height / width) for width, height in (scene.size for scene in scenes))
    panels = [_Panel(scene, across, down, pool) for scene in scenes]
    legend = _legend(scenes, max(width, across * columns))
    rows = math.ceil(len(panels) / columns)
    tall = panels[0].height
    picture = np.full((rows * tall + len(legend), legend.shape[1], 3), BACKGROUND_COLOR, dtype=np.uint8)
    paste(picture, legend, 0, rows * tall)
    try:
        for number in range(max(len(scene.frames) for scene in scenes)):
            for place, panel in enumerate(panels):
                if number < len(panel.scene.frames):
                    paste(picture, panel.draw(number), place % columns * across, place // columns * tall)
            yield picture
    finally:
        for panel in panels:
            panel.close()


class _Panel:
    """A sequence's frame with all regions, fitted into `width` x `height` pixels, above its chart."""

    def __init__(self, scene: TrackedSequence, width: int, height: int, pool: Executor) -> None:
        self.scene = scene
        chart_height = max(48, width // 7)
        self.height = height + chart_height
        self._frames = Prefetcher(scene.frames, pool)
        self._scale = min(width / scene.size[0], height / scene.size[1])
        self._size = tuple(max(1, round(side * self._scale)) for side in scene.size)
        self._canvas = np.full((self.height, width, 3), _PADDING_COLOR, dtype=np.uint8)
        self._corner = (width - self._size[0]) // 2, (height - self._size[1]) // 2
        self._font = max(10, min(16, width // 32))
        self._chart = OverlapChart(
            [track.overlaps for track in scene.tracks],
            [track.color for track in scene.tracks],
            width,
            chart_height,
        )
        self._chart_top = height

    def draw(self, number: int) -> Frame:
        """Returns the panel at frame `number`; the next call changes the same array."""
        image = resized(self._frames[number], *self._size)
        thickness = line_width(image)
        draw_region(image, self.scene.truth[number] * self._scale, TRUTH_COLOR, thickness)
        for track in sorted(self.scene.tracks, key=lambda track: track.highlight):
            wide = 2 * thickness if track.highlight else thickness
            draw_region(image, track.regions[number] * self._scale, track.color, wide)
        paste(self._canvas, image, *self._corner)
        title = f" {self.scene.name}  {number + 1}/{len(self.scene.frames)} "
        draw_text(self._canvas, title, 0, 0, self._font)
        paste(self._canvas, self._chart.at(number), 0, self._chart_top)
        return self._canvas

    def close(self) -> None:
        """Cancels the decoding of further frames."""
        self._frames.close()


def _legend(scenes: Sequence[TrackedSequence], width: int) -> Frame:
    """Returns an image of names and colors, in as many rows as they need."""
    names = {track.label or track.tracker: track.color for scene in scenes for track in scene.tracks}
    font = max(11, min(15, width // 45))
    swatch, row = font - 1, font + 9
    places: list[tuple[int, int, str, Color]] = []
    x, y = 6, 0
    for name, color in {**names, "ground truth": TRUTH_COLOR}.items():
        text = _shortened(name, font, width - swatch - 18)
        needed = swatch + 6 + text_image(text, font, TEXT_COLOR, BACKGROUND_COLOR).shape[1]
        if x > 6 and x + needed > width:
            x, y = 6, y + row
        places.append((x, y, text, color))
        x += needed + 14
    legend = np.full((y + row, width, 3), BACKGROUND_COLOR, dtype=np.uint8)
    for x, y, text, color in places:
        legend[y + 4 : y + 4 + swatch, x : x + swatch] = TEXT_COLOR
        legend[y + 5 : y + 3 + swatch, x + 1 : x + swatch - 1] = color
        draw_text(legend, text, x + swatch + 6, y + 3, font, (0, 0, 0), BACKGROUND_COLOR)
    return legend


def _shortened(text: str, font: int, width: int) -> str:
    """Returns `text`, cut with an ellipsis if it is wider than `width` pixels."""

    def needed(words: str) -> int:
        pixels: int = text_image(words, font, TEXT_COLOR, BACKGROUND_COLOR).shape[1]
        return pixels

    if needed(text) <= width:
        return text
    fitting = bisect_right(range(len(text)), width, key=lambda length: needed(text[:length] + "…"))
    return text[: max(fitting - 1, 0)] + "…"
