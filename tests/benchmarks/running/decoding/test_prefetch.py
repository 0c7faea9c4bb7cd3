from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from benchmarks.datasets.sequence import Frames, SequenceError
from benchmarks.running.decoding.prefetch import Prefetcher
from trackers.tracker import Frame


class Counted(Frames):
    """Frames whose pixels are the frame's number; records which were decoded."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.decoded: list[int] = []
        self.third = threading.Event()

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Frame:
        self.decoded.append(index)
        if index == 3:
            self.third.set()
        if index == 99:
            raise SequenceError("frame 99 is damaged")
        return np.full((1, 1, 3), index, np.uint8)

    def fingerprint(self) -> str:
        return ""


def test_frames_come_in_any_order() -> None:
    frames = Counted(50)
    with ThreadPoolExecutor(2) as pool, Prefetcher(frames, pool, ahead=4) as prefetcher:
        assert [int(prefetcher[i][0, 0, 0]) for i in range(50)] == list(range(50))
        assert sorted(frames.decoded) == list(range(50))
        assert [int(prefetcher[i][0, 0, 0]) for i in (7, 30, 8, 8)] == [7, 30, 8, 8]


def test_frames_before_are_prefetched_on_the_way_back() -> None:
    frames = Counted(50)
    with ThreadPoolExecutor(1) as pool, Prefetcher(frames, pool, ahead=3) as prefetcher:
        prefetcher[49]
        prefetcher[48]
        pool.submit(lambda: None).result()
        assert frames.decoded == [49, 48, 47, 46, 45]
        assert [int(prefetcher[i][0, 0, 0]) for i in range(47, -1, -1)] == list(range(47, -1, -1))
        assert sorted(frames.decoded) == list(range(50)), "each frame is decoded once"


def test_prefetching_is_bounded() -> None:
    frames = Counted(50)
    with ThreadPoolExecutor(1) as pool, Prefetcher(frames, pool, ahead=3) as prefetcher:
        prefetcher[0]
        assert frames.third.wait(timeout=10), "frame 3 is decoded though only frame 0 was asked for"
        pool.submit(lambda: None).result()
        assert frames.decoded == [0, 1, 2, 3]


def test_damaged_frame_raises_when_requested() -> None:
    frames = Counted(100)
    with ThreadPoolExecutor(1) as pool, Prefetcher(frames, pool, ahead=8) as prefetcher:
        assert prefetcher[98][0, 0, 0] == 98
        with pytest.raises(SequenceError, match="frame 99 is damaged"):
            prefetcher[99]
