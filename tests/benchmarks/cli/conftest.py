"""Results for the tests of commands that read results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import open_dataset
from benchmarks.protocols import Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest


def store(results: Path, tracker: str, shift: float, names: tuple[str, ...] = ()) -> None:
    """Writes results on the demo: boxes shifted by `shift` pixels, and more in later sequences."""
    demo = open_dataset("demo", None)
    folder = RunFolder(results, "demo", tracker, "ope")
    manifest = Manifest("demo", None)
    for number, name in enumerate(names or demo.names()):
        truth = demo[name].truth
        boxes = truth + np.array([shift * (1 + number / 10), 0, 0, 0])
        runs = folder.write(name, [Trajectory(boxes, np.ones(len(boxes)))])
        manifest.sequences[name] = SequenceRecord("ok", truth=truth_digest(truth), runs=runs)
    manifest.write(folder.manifest_path)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Writes results of three trackers: two near the target, and one far from it."""
    store(tmp_path, "near", 1)
    store(tmp_path, "far", 8)
    store(tmp_path, "also-near", 1)
    return tmp_path


@pytest.fixture
def store_run(tmp_path: Path):
    """Returns a function that writes one more run: `store_run(tracker, shift, names)`."""
    return lambda tracker, shift, names=(): store(tmp_path, tracker, shift, names)
