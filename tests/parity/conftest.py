"""Published results for the parity tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.store import RunResults
from benchmarks.store.formats import FORMATS, read_results


@pytest.fixture
def published(shared: Path) -> Callable[[str], tuple[RunResults, Dataset]]:
    """One-pass results as their authors published them, by the tracker's name, with their data set."""
    entries = json.loads((shared / "golden" / "scores.json").read_text())["results"]

    def read(tracker: str) -> tuple[RunResults, Dataset]:
        entry = next(entry for entry in entries if entry["tracker"] == tracker)
        dataset = open_dataset(entry["dataset"], shared / "annotations")
        form = FORMATS.load(entry["format"])()
        results = read_results(shared / "golden" / entry["file"], form, dataset, "ope")
        return RunResults(tracker, dataset.name, "ope", results.trajectories, {}, {}, imported=True), dataset

    return read
