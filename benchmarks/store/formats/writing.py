"""From our results to another tool's files."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from benchmarks.datasets.names import normalize_name
from benchmarks.protocols import Trajectory
from benchmarks.store.formats.alignment import OMITTED
from benchmarks.store.formats.base import Format, Origin, ResultLabel
from benchmarks.store.formats.matching import spelling
from benchmarks.store.formats.origin import from_zero, named_origin
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
    """Writes results as another tool stores its own, at full precision.

    Args:
        trajectories: by sequence, one for each run.
        form: which tool.
        tracker: what the files are to call the tracker.
        dataset: the name of the data set that they are results on.
        protocol: how they were made.
        origin: what to call the first pixel; by default what the tool expects.
        notes: gets a sentence for what the files hold beyond the results.

    Returns:
        Content by path.

    Raises:
        UserError: the format has no place for such results, or a sequence's name cannot be a file's.
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
            runs = [_with_rows_before(run, omitted) for run in runs]
            if notes is not None:
                notes.append(
                    f"{name}: {omitted} rows with the first box stand for the frames before the sequence "
                    f"begins, which '{form.name}' counts"
                )
        shifted = [replace(run, boxes=from_zero(run.boxes, origin)) for run in runs]
        target = ResultLabel(tracker, spelling(name, form.separator, dataset), protocol)
        content |= form.write(target, shifted)
    return content


def _with_rows_before(run: Trajectory, rows: int) -> Trajectory:
    """A run with so many rows before its own: its first box, in no time."""
    boxes = np.concatenate([np.repeat(run.boxes[:1], rows, axis=0), run.boxes])
    return replace(run, boxes=boxes, seconds=np.concatenate([np.zeros(rows), run.seconds]))
