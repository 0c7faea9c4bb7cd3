"""Exports our results to the files of another tool."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from benchmarks.datasets.sequence_names import normalize_name
from benchmarks.geometry.pixel_origin import from_zero_based
from benchmarks.protocols import Trajectory
from benchmarks.store.formats.alignment import OMITTED
from benchmarks.store.formats.base import Format, Origin, ResultLabel
from benchmarks.store.formats.matching import spelling
from benchmarks.store.formats.pixel_origin_detection import FIRST_PIXEL, named_origin
from trackers.errors import UserError


def write_results(
    trajectories: dict[str, list[Trajectory]],
    form: Format,
    tracker: str,
    dataset: str,
    protocol: str,
    origin: Origin | None = None,
    notes: list[str] | None = None,
) -> dict[str, bytes]:
    """Writes results in the format of another tool, at full precision.

    Args:
        trajectories: by sequence, one for each run.
        form: the tool's format.
        tracker: the tracker's name in the files.
        dataset: the name of the data set.
        protocol: the protocol of the runs.
        origin: the number of the first pixel; by default as in the data set's own files.
        notes: gets a sentence for anything that the files hold beyond the results.

    Returns:
        Content by path.

    Raises:
        UserError: the format cannot hold such results, or a sequence's name cannot name a file.
    """
    form.check(protocol)
    origin = origin or named_origin(dataset)
    content: dict[str, bytes] = {}
    for name, runs in trajectories.items():
        if not re.fullmatch(r"\w[\w .()+-]*", name):
            raise UserError(f"'{name}' cannot name a file; rename the sequence")
        if protocol == "ope" and runs[0].start:
            raise UserError(
                f"results on {name} start with frame {runs[0].start + 1}, which '{form.name}' cannot say"
            )
        if form.whole_truth and (omitted := OMITTED.get((dataset, normalize_name(name)))):
            runs = [_prepend_rows(run, omitted) for run in runs]
            if notes is not None:
                notes.append(
                    f"{name}: {omitted} rows with the first box stand for the frames before the sequence "
                    f"begins, which '{form.name}' counts"
                )
        shifted = [replace(run, boxes=from_zero_based(run.boxes, FIRST_PIXEL[origin])) for run in runs]
        label = ResultLabel(tracker, spelling(name, form.separator, dataset), protocol)
        content |= form.write(label, shifted)
    return content


def _prepend_rows(run: Trajectory, rows: int) -> Trajectory:
    """Returns a run with `rows` copies of its first box, at 0 seconds, before its own rows."""
    boxes = np.concatenate([np.repeat(run.boxes[:1], rows, axis=0), run.boxes])
    return replace(run, boxes=boxes, seconds=np.concatenate([np.zeros(rows), run.seconds]))
