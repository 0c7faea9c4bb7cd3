"""Embedded frames: their size, the budget, and missing ones."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from reports.page.thumbnails import MAX_SIDE, embed_frames, jpeg


def test_frame_is_shrunk_but_never_enlarged():
    for shape, size in [((600, 1200, 3), (400, 200)), ((90, 60, 3), (60, 90))]:
        with Image.open(io.BytesIO(jpeg(np.zeros(shape, dtype=np.uint8), MAX_SIDE))) as image:
            assert image.size == size
            assert image.format == "JPEG"


def test_frames_are_thinned_until_they_fit(squares):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    size = len(jpeg(noise, MAX_SIDE))
    assert size > 1000
    said: list[str] = []
    whole = embed_frames(squares, ["right", "down"], 1e9, said.append)
    assert [len(strip.jpegs) for strip in whole.values()] == [12, 9]
    assert whole["right"].size == (64, 64)
    taken = sum(len(content) for strip in whole.values() for content in strip.jpegs) * 4 / 3
    some = embed_frames(squares, ["right", "down"], taken / 3, said.append)
    assert some["right"].every == pytest.approx(3, abs=1)
    assert len(some["right"].jpegs) == len(range(0, 12, some["right"].every))
    assert "21 of 21 frames of 2 sequences are embedded" in said[0]
    assert f"1 of {some['right'].every}: raise --megabytes for more" in said[1]


def test_unreadable_frames_are_reported(squares):
    squares.lost.add("right")
    squares.broken["down"] = frozenset({5})
    said: list[str] = []
    strips = embed_frames(squares, ["right", "down", "both"], 1e9, said.append)
    assert list(strips) == ["both"]
    assert "no frames of right: right: its frames are missing" in said
    assert "no frames of down: frame 5 is damaged" in said
    assert embed_frames(squares, ["right"], 1e9) == {}
