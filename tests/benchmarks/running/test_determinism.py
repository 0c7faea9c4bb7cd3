"""The same command gives the same bytes, and the number of threads changes no box.

Each number of threads has a separate process, since libraries read it only once. Each process runs the real
commands over eight frames of the demo.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from box_files import box_files
from PIL import Image
from processes import ROOT

from benchmarks.datasets import open_dataset
from benchmarks.environment import THREAD_VARIABLES

FRAMES = 8
TOLERANCE = 0.01
"""Maximum difference of a box in pixels between numbers of threads."""

# Every type of protocol with a tracker that uses no floating-point network, and the networks with OPE.
RUNS = (
    *(("ncc", protocol) for protocol in ("ope", "sre", "supervised", "unsupervised")),
    ("siamfc-lite", "ope"),
    ("gradnet-lite", "ope"),
)

COMMANDS = """
import json, sys
from benchmarks.cli.main import main
for command in json.loads(sys.argv[1]):
    status = main(command)
    if status:
        sys.exit(status)
"""


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes a short video in which the target's size changes."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "sotbench.toml").write_text("one_based = false\n")
    sequence = open_dataset("demo", None)["scale"]
    frames = sequence.open_frames()
    (folder / "scale").mkdir()
    for index in range(FRAMES):
        Image.fromarray(frames[index]).save(folder / "scale" / f"{index:04}.png")
    np.savetxt(folder / "scale" / "groundtruth.txt", sequence.truth[:FRAMES], delimiter=",")
    return folder


def made_with(threads: int, videos: Path, results: Path) -> tuple[dict[str, bytes], list[dict[str, object]]]:
    """Runs the commands in a process with `threads` threads; returns the files of boxes and the scores."""
    data = ["--dataset", "folder", "--data-root", str(videos), "--results", str(results)]
    commands = [
        ["run", "--tracker", tracker, "--protocol", protocol, "--device", "cpu", *data]
        for tracker, protocol in RUNS
    ]
    score = ["score", "--tracker", "ncc", "siamfc-lite", "gradnet-lite", "--format", "json", *data]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps([*commands, score])],
        cwd=ROOT,
        # Idle threads sleep, so that more threads than cores cost little.
        env=os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads)) | {"OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return box_files(results), json.loads(done.stdout)


def test_results_are_deterministic_and_independent_of_threads(videos: Path, tmp_path: Path) -> None:
    first, scores = made_with(1, videos, tmp_path / "first")
    # One file per pass; SRE has twelve passes.
    assert len(first) == 1 + 12 + 1 + 1 + 1 + 1
    assert [score["tracker"] for score in scores] == ["ncc", "siamfc-lite", "gradnet-lite"]
    assert made_with(1, videos, tmp_path / "again") == (first, scores)
    for threads in (2, 4):
        others, _ = made_with(threads, videos, tmp_path / str(threads))
        assert others.keys() == first.keys()
        for name, content in first.items():
            ours, theirs = (numbers(text) for text in (content, others[name]))
            np.testing.assert_allclose(theirs, ours, rtol=0, atol=TOLERANCE, err_msg=name)


def numbers(content: bytes) -> list[float]:
    return [float(number) for number in content.decode().replace("\n", ",").split(",") if number]
