"""Reads that never return are abandoned and block nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from processes import ROOT, until

from benchmarks.running.decoding.prefetch import Prefetcher
from benchmarks.running.decoding.thread_pool import DaemonThreadPool
from benchmarks.running.tracking.errors import SequenceTimeout


class Stalled:
    """Frames of which some block until `go` is set."""

    def __init__(self, stuck: set[int]) -> None:
        self.stuck = stuck
        self.go = threading.Event()

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        if index in self.stuck:
            self.go.wait(60)
        return index


def test_pool_returns_results_and_raises_errors() -> None:
    with DaemonThreadPool(2, "t") as pool:
        assert [future.result(10) for future in [pool.submit(pow, 2, n) for n in range(20)]] == [
            2**n for n in range(20)
        ]
        with pytest.raises(ZeroDivisionError):
            pool.submit(divmod, 1, 0).result(10)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(print)


def test_waiting_for_a_frame_ends_at_the_deadline() -> None:
    frames: Any = Stalled({3})
    with DaemonThreadPool(1, "t") as pool, Prefetcher(frames, pool, 2) as ahead:
        ahead.deadline = time.perf_counter() + 0.2
        assert ahead[2] == 2
        with pytest.raises(SequenceTimeout, match="frame 3: not read before the sequence timed out"):
            ahead[3]
    frames.go.set()


def test_stuck_thread_is_replaced() -> None:
    stuck: Any = Stalled(set(range(10)))
    fine: Any = Stalled(set())
    with DaemonThreadPool(2, "t") as pool:
        with Prefetcher(stuck, pool) as ahead:
            ahead.deadline = time.perf_counter() + 0.1
            with pytest.raises(SequenceTimeout):
                ahead[0]
        with Prefetcher(fine, pool) as ahead:
            ahead.deadline = time.perf_counter() + 30
            assert [ahead[index] for index in range(10)] == list(range(10))
    stuck.go.set()


# Simulates a disk or network that does not respond: the system call never returns.
STALLS = """
import os, time
import numpy as np
import trackers.images
from trackers.tracker import BatchTracker

read = trackers.images.read_image

def stalls(source):
    if "{sequence}" in str(source) and "0004" in str(source):
        open("{mark}", "w").close()
        os.read(os.pipe()[0], 1)
    return read(source)

trackers.images.read_image = stalls

class T(BatchTracker):
    deterministic = True
    def __init__(self, slots: int = 1): self.boxes = np.zeros((slots, 4))
    def init(self, slots, frames, boxes): self.boxes[slots] = boxes
    def update(self, slots, frames): return self.boxes[slots]
"""


@pytest.fixture
def command(videos: Path, tmp_path: Path) -> list[str]:
    (tmp_path / "stalls.py").write_text(STALLS.format(sequence="middle", mark=tmp_path / "stalled"))
    words = ["run", "--tracker", f"{tmp_path / 'stalls.py'}:T", "--dataset", "folder", "--name", "t"]
    return [
        sys.executable,
        "-m",
        "benchmarks",
        *words,
        "--data-root",
        str(videos),
        "--results",
        str(tmp_path / "r"),
    ]


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_a_run_stuck_in_reading(
    command: list[str], tmp_path: Path, kind: signal.Signals
) -> None:
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert until((tmp_path / "stalled").exists)
    assert until(lambda: list(tmp_path.glob("r/*/t/ope/long.txt")))
    process.send_signal(kind)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "interrupted; finished work is kept" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("more", [(), ("--workers", "2"), ("--batch", "2")])
def test_timeout_covers_reading(command: list[str], tmp_path: Path, more: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*command, "--timeout", "5", *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "middle timeout: frame 4: not read before the sequence timed out" in done.stderr
    assert "3 of 4 sequences ok" in done.stderr
    assert (tmp_path / "stalled").exists()
