"""A data set on disk and a faulty tracker, for runs with several processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.cli.main import main

LENGTHS = {"short": 8, "middle": 12, "long": 20, "tail": 9}

# Random, so that wrong seeding shows. At the tenth frame of sequence "long" it fails as `how` says, once for
# all processes or always.
TRACKER = '''
import os, random, signal, time
from pathlib import Path
from trackers import Tracker

class Odd(Tracker):
    def __init__(self, folder: str = "", how: str = "well", always: bool = False, sleep: float = 0.0):
        self.folder, self.how, self.always, self.sleep = Path(folder), how, always, sleep
        if folder:
            (self.folder / f"pid-{os.getpid()}").write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "none"))
        if how == "only-one" and self.turn() > 0: raise RuntimeError("there is one already")
        if how == "dies-when-made": os.kill(os.getpid(), signal.SIGKILL)

    def turn(self):
        """Returns the number of earlier calls, by any process."""
        number = 0
        while True:
            try:
                (self.folder / f"turn-{number}").touch(exist_ok=False)
                return number
            except FileExistsError:
                number += 1

    def init(self, frame, box):
        self.box, self.count, self.long = box, 0, frame[0, 0, 0] == 20
        if self.how == "waits-for-others":
            (self.folder / f"began-{os.getpid()}").touch()
            until = time.monotonic() + 60
            while len(list(self.folder.glob("began-*"))) < 2 and time.monotonic() < until: time.sleep(0.01)

    def update(self, frame):
        self.count += 1
        time.sleep(self.sleep)
        if self.long and self.count == 10 and (self.always or (self.folder != Path() and self.turn() == 0)):
            if self.how == "dies": os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "kills-its-parent":
                os.kill(os.getppid(), signal.SIGKILL)
                time.sleep(60)
        return self.box + [random.random(), float(frame[1, 1, 1]) / 255, 0, 0]
'''


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Writes a folder of small videos; the gray level of the first pixel is the video's length."""
    root = tmp_path / "videos"
    rng = np.random.default_rng(0)
    for name, length in LENGTHS.items():
        (root / name).mkdir(parents=True)
        for number in range(length):
            frame = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
            frame[0, 0] = length
            Image.fromarray(frame).save(root / name / f"{number:04}.png")
        (root / name / "groundtruth.txt").write_text("10,8,6,5\n" * length)
    (root / "sotbench.toml").write_text("one_based = false\n")
    return root


@pytest.fixture
def odd(tmp_path: Path) -> str:
    """Writes the tracker; `--set how=...` selects its fault."""
    (tmp_path / "odd.py").write_text(TRACKER)
    return f"{tmp_path / 'odd.py'}:Odd"


@pytest.fixture
def words(videos: Path, odd: str) -> Callable[..., list[str]]:
    """Returns a function that makes the command line of a run: `words(results, *options)`."""

    def words(results: Path, *options: str) -> list[str]:
        where = ("--dataset", "folder", "--data-root", str(videos), "--results", str(results))
        return ["run", "--tracker", odd, *where, "--device", "cpu", "--name", "t", *options]

    return words


@pytest.fixture
def run_tracker(words: Callable[..., list[str]]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Returns `run_tracker(results, *options)`, which returns the exit status and the manifest."""

    def run_tracker(results: Path, *options: str) -> tuple[int, dict[str, Any]]:
        status = main(words(results, *options))
        [path] = results.glob("*/t/*/run.json")
        manifest: dict[str, Any] = json.loads(path.read_text())
        return status, manifest

    return run_tracker


@pytest.fixture
def marked_squares(squares: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns the tiny data set; all pixels of sequence "down" are 77, so that a tracker can recognize it."""
    load = type(squares).__getitem__

    def marked(self: Any, name: str) -> Any:
        sequence = load(self, name)
        if name == "down":
            for frame in sequence.open_frames().pixels:
                frame[:] = 77
        return sequence

    monkeypatch.setattr(type(squares), "__getitem__", marked)
    return squares
