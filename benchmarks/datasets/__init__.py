"""Data sets by name; each is imported when first used."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.datasets.sequence import Dataset, Frames, Sequence, SequenceError
from trackers.registry import Entry, Registry

__all__ = ["DATASETS", "Dataset", "Frames", "Sequence", "SequenceError", "default_data_root", "open_dataset"]

DATASETS = Registry(
    "data set",
    {
        "demo": Entry(
            "benchmarks.datasets.demo:Demo", "9 rendered sequences, 60 frames each; needs no files"
        ),
        "otb2015": Entry(
            "benchmarks.datasets.otb:OTB2015", "100 targets, 59,040 frames (Wu, Lim, Yang 2015)"
        ),
    },
    hint="see `python -m benchmarks list datasets`",
)


def default_data_root() -> Path | None:
    """The folder that `SOTBENCH_DATA` names, if it names one."""
    named = os.environ.get("SOTBENCH_DATA")
    return Path(named) if named else None


def open_dataset(name: str, data_root: Path | None) -> Dataset:
    """Opens the data set `name` in the folder `data_root`, which holds one folder per data set.

    Raises:
        UserError: the name is unknown, or the data set needs files and they are not there.
    """
    dataset: Dataset = DATASETS.load(name)(data_root)
    return dataset
