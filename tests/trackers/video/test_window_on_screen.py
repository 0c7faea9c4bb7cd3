"""The demo in a real window on a virtual screen, with events of mouse and keyboard."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")),
    reason="needs a virtual screen: install Xvfb and xdotool",
)


@pytest.fixture
def screen(monkeypatch) -> Iterator[None]:
    """Starts a virtual screen of 640 x 480 under the first free number."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    monkeypatch.setenv("DISPLAY", f":{number}")
    yield
    server.terminate()
    server.wait(10)


def xdotool(*words: object) -> str:
    return subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True).stdout.strip()


def window(name: str) -> str:
    """Waits for the window with a title and returns its ID."""
    for _ in range(400):
        if found := xdotool("search", "--onlyvisible", "--name", name):
            return found.splitlines()[-1]
        time.sleep(0.1)
    pytest.fail(f"no window '{name}' came up")


def images(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        Image.fromarray(rng.integers(0, 255, (200, 300, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return folder


def test_demo_runs_with_box_drawn_by_mouse(screen, tmp_path):
    boxes = tmp_path / "boxes.txt"
    words = ["--tracker", "ncc", "--video", str(images(tmp_path / "my clip", 8)), "--boxes", str(boxes)]
    process = subprocess.Popen(
        [sys.executable, "-m", "trackers.demo", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    place = window("my clip - ncc")
    time.sleep(1)  # the window handles the mouse only once it is drawn
    for move in (("mousemove", "--window", place, 50, 60), ("mousedown", 1)):
        xdotool(*move)
        time.sleep(0.2)
    for x, y in ((70, 80), (110, 130)):
        xdotool("mousemove", "--window", place, x, y)
        time.sleep(0.2)
    xdotool("mouseup", 1)
    time.sleep(0.2)
    xdotool("key", "space")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    rows = np.loadtxt(boxes, delimiter=",")
    assert rows.shape == (8, 4)
    np.testing.assert_allclose(rows[0], [50, 60, 60, 70], atol=3)
    assert "QFontDatabase" not in said
