"""The examples, built and run as their first lines describe."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cli.main import main
from benchmarks.store import RunFolder, read_run
from trackers import TrackerSpec

EXAMPLES = Path(__file__).parents[3] / "examples"


def follow(tracker: str, squares: Any, results: Path) -> dict[str, Any]:
    """Runs a tracker as a program and returns its boxes by sequence."""
    words = ["--dataset", "squares", "--results", str(results), "--name", "example"]
    assert main(["run", "--tracker", f"process:{tracker}", *words]) == 0
    runs = read_run(results, "squares", "example").trajectories
    return {name: trajectories[0].boxes for name, trajectories in runs.items()}


@pytest.fixture(scope="module")
def correlate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds the C++ example."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler (g++) found")
    program: Path = tmp_path_factory.mktemp("build") / "correlate"
    command = [compiler, "-O2", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-o", program]
    subprocess.run([*command, EXAMPLES / "correlate.cpp"], check=True, timeout=120)
    return program


def test_cpp_example_tracks(correlate: Path, squares: Any, tmp_path: Path) -> None:
    boxes = follow(str(correlate), squares, tmp_path)
    for name in squares.names():
        assert np.abs(boxes[name] - squares[name].truth).max() <= 1
    record = RunFolder(tmp_path, "squares", "example", "ope").read_manifest()
    assert record
    assert record.sequences["right"].transport > 0


def test_cpp_example_reports_missing_frame(correlate: Path) -> None:
    request = '{"init": "/nowhere.ppm", "box": [1.0, 2.0, 3.0, 4.0]}\n'
    done = subprocess.run([correlate], input=request, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "/nowhere.ppm is not a binary PPM" in done.stderr


def test_python_example_tracks(squares: Any, tmp_path: Path) -> None:
    boxes = follow(f"{sys.executable} {EXAMPLES}/mean_shift.py", squares, tmp_path)
    for name in squares.names():
        assert np.abs(boxes[name] - squares[name].truth).max() <= 3


def test_shell_example_repeats_first_box(squares: Any, tmp_path: Path) -> None:
    boxes = follow(f"sh {EXAMPLES}/still.sh", squares, tmp_path)
    for name in squares.names():
        truth = squares[name].truth
        np.testing.assert_array_equal(boxes[name], np.tile(truth[0], (len(truth), 1)))


def test_mask_example_tracks_and_answers_with_masks(squares: Any, tmp_path: Path) -> None:
    tracker = f"{EXAMPLES}/color_mask.py:ColorMask"
    words = ["--dataset", "squares", "--results", str(tmp_path), "--name", "masks"]
    assert main(["run", "--tracker", tracker, *words]) == 0
    runs = read_run(tmp_path, "squares", "masks").trajectories
    for name in squares.names():
        assert np.abs(runs[name][0].boxes - squares[name].truth).max() <= 3, name
    built = TrackerSpec(tracker).build()
    frames = squares["right"].open_frames()
    built.init(frames[0], squares["right"].truth[0])
    mask = built.update(frames[1])
    assert mask.dtype == bool
    assert mask.shape == frames[1].shape[:2]


def test_mask_example_survives_any_box(squares: Any) -> None:
    frame = squares["right"].open_frames()[0]
    built = TrackerSpec(f"{EXAMPLES}/color_mask.py:ColorMask").build()
    height, width = frame.shape[:2]
    for box in ([0, 0, width, height], [-20, -20, 10, 10], [width, height, 5, 5], [3.2, 4.1, 0.3, 0.2]):
        built.init(frame, np.array(box, float))
        assert built.update(frame).any()
