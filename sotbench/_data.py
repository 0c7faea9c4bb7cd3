"""Data sets, and results that other tools stored."""

from __future__ import annotations

import sys
from inspect import signature
from typing import TYPE_CHECKING, Literal

from sotbench._messages import in_python, python_errors
from sotbench._paths import AnyPath, to_data_root, to_path
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from sotbench._results import Results


_ORIGINS = ("one", "zero")


@python_errors
def open_dataset(name: str, data_root: AnyPath | None = None, split: str | None = None) -> Dataset:
    """Opens a data set.

    Args:
        name: a registered name, such as `"demo"` or `"otb2015"`; `"folder"` for your own folder.
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`); for
            `"folder"`, the data set itself.
        split: which part of a data set that has several.

    Returns:
        A data set: `dataset.names()` lists the sequences that are present, and `dataset["easy"]` is one of
        them, with `.truth` (float64, shape (n, 4)), `.attributes` and `.frames()`.

    Raises:
        UserError: the name or the split is unknown, or files are missing.
    """
    from benchmarks import datasets

    return datasets.open_dataset(name, to_data_root(data_root), split)


@python_errors
def import_results(
    path: AnyPath,
    *,
    tracker: str,
    dataset: str,
    format: Literal["otb-mat", "otb-json", "got10k", "pysot", "pytracking", "vot", "txt"],  # noqa: A002
    protocol: str | None = None,
    data_root: AnyPath | None = None,
    split: str | None = None,
    results: AnyPath = "results",
    origin: Literal["one", "zero"] | None = None,
    columns: Literal["xywh", "xyxy", "cxcywh"] | None = None,
    skip_columns: int = 0,
    normalized: bool = False,
    skip_bad: bool = False,
    overwrite: bool = False,
) -> Results:
    """Imports results that another tool stored, so that they can be scored.

    Args:
        path: a folder, zip, tar or single file of results.
        tracker: the name to keep the results under.
        dataset: the data set that they are of.
        format: the tool's format.
        protocol: how the tracker was run (default: ope; for vot: supervised).
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`).
        split: which part of a data set that has several.
        results: the folder to keep results in.
        origin: whether files count pixels from one or from zero (default: found from the first boxes).
        columns: what four columns of a table are (default: found from the first boxes).
        skip_columns: columns before the box.
        normalized: whether boxes are fractions of the image's width and height.
        skip_bad: leave out files that are damaged or do not fit their sequence.
        overwrite: replace results that are already there.

    Returns:
        The imported results of this tracker.

    Raises:
        UserError: nothing could be imported, or results of this tracker exist already.
    """
    from benchmarks.box_columns import BOX_FORMS, Columns
    from benchmarks.datasets.views import CachedDataset
    from benchmarks.importing import ImportSource, import_run
    from benchmarks.store.formats import ImportOptions
    from sotbench._results import load_results

    for name, value, known in (("columns", columns, tuple(BOX_FORMS)), ("origin", origin, _ORIGINS)):
        if value is not None and value not in known:
            raise UserError(f"{name} is one of {', '.join(map(repr, known))}, not {value!r}")
    keywords = tuple(signature(import_results).parameters)
    folder = import_run(
        ImportSource(tracker, to_path(path)),
        format,
        CachedDataset(open_dataset(dataset, data_root, split)),
        to_path(results),
        lambda message: print(in_python(message, keywords), file=sys.stderr),
        protocol=protocol,
        options=ImportOptions(origin, Columns.from_options(columns, skip_columns, normalized), skip_bad),
        overwrite=overwrite,
    )
    return load_results(
        dataset,
        trackers=[tracker],
        protocol=folder.protocol,
        results=results,
        data_root=data_root,
        split=split,
    )
