"""Video folders with bad data, and the outcome of a run on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.cli.main import main
from trackers.tracker import Frame

FRAMES = 4
ROWS = tuple(f"{10 + number},8,12,10" for number in range(FRAMES))
"""Ground truth of a good sequence."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of a sequence: its status in the manifest, and a pattern for its message."""

    status: str
    message: str = ""


def pixels(number: int = 0, height: int = 48, width: int = 64) -> Frame:
    """Returns blocks of random color, seeded by `number`, which survive JPEG compression."""
    blocks = np.random.default_rng(number).integers(0, 256, (-(-height // 8), -(-width // 8), 3), np.uint8)
    return blocks.repeat(8, axis=0).repeat(8, axis=1)[:height, :width].copy()


def write_video(folder: Path, truth: bytes | None = None, frames: int = FRAMES) -> None:
    """Writes a valid sequence, or one with other ground truth or another number of frames."""
    folder.mkdir(parents=True)
    (folder / "groundtruth.txt").write_bytes("\n".join(ROWS[:frames]).encode() if truth is None else truth)
    for number in range(frames):
        Image.fromarray(pixels(number)).save(folder / f"{number + 1:04}.png")


def run_folder(videos: Path, results: Path, tracker: str = "still") -> tuple[int, dict[str, Outcome]]:
    """Runs a tracker on a folder by the command line; returns exit status and recorded outcomes."""
    (videos / "sotbench.toml").write_text("one_based = false\n")
    words = ["--dataset", "folder", "--data-root", str(videos), "--results", str(results)]
    status = main(["run", "--tracker", tracker, *words])
    [manifest] = results.glob("*/*/ope/run.json")
    recorded = json.loads(manifest.read_text())["sequences"]
    return status, {name: Outcome(entry["status"], entry["message"]) for name, entry in recorded.items()}


def success(videos: Path, results: Path, capsys) -> dict[str, float]:
    """Returns the success of each sequence as `score` prints it."""
    words = ["--dataset", "folder", "--data-root", str(videos), "--results", str(results)]
    capsys.readouterr()
    assert main(["score", *words, "--by", "sequence", "--format", "json", "--profile", "otb"]) == 0
    return {entry["sequence"]: entry["success"] for entry in json.loads(capsys.readouterr().out)}
