"""Data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sotbench._paths import AnyPath, to_data_root

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset


def open_dataset(name: str, data_root: AnyPath | None = None, split: str | None = None) -> Dataset:
    """Opens a data set.

    Args:
        name: a registered name, such as `"demo"` or `"otb2015"`; `"folder"` for a folder of one's own.
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`); for
            `"folder"`, the data set itself.
        split: which part of a data set that has several.

    Returns:
        A data set: `dataset.names()` lists the sequences that are present, and `dataset["easy"]` is one of
        them, with `.truth` (float64, shape (n, 4)), `.attributes` and `.open_frames()`.

    Raises:
        UserError: the name or the split is unknown, or files are missing.
    """
    from benchmarks import datasets

    return datasets.open_dataset(name, to_data_root(data_root), split)
