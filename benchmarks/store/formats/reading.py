"""From another tool's files to trajectories of our sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.boxfiles import refuse_far
from benchmarks.datasets import Dataset, Sequence
from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats.alignment import Truth, place_segment, place_whole
from benchmarks.store.formats.base import MULTIPLE, ONE_PASS, SUPERVISED, Format, Origin, StoredRun
from benchmarks.store.formats.matching import match
from benchmarks.store.formats.members import open_members
from benchmarks.store.formats.origin import count_votes, file_origin, to_zero
from trackers.errors import UserError

_NUMBER: dict[Origin, int] = {"zero": 0, "one": 1}


@dataclass(frozen=True)
class Imported:
    """What was read.

    Attributes:
        trajectories: by sequence, in the data set's order; one for each run.
        origin: what the files call the first pixel.
        notes: what is not as everybody would expect, in sentences.
        skipped: files that were left alone.
    """

    trajectories: dict[str, list[Trajectory]]
    origin: Origin
    notes: list[str]
    skipped: list[str]


def read_results(
    path: Path, form: Format, dataset: Dataset, protocol: str, origin: Origin | None = None
) -> Imported:
    """Reads a folder or zip file of results.

    Args:
        path: the folder, zip file or single file.
        form: whose results they are.
        dataset: what they are results on; its ground truth must be there.
        protocol: how they were made.
        origin: what the files call the first pixel; found from the first boxes where it is not given.

    Raises:
        UserError: nothing there is a result on `dataset`, a file is damaged or does not fit its sequence, or
            it is not clear which file or which origin is meant.
        SequenceError: ground truth is damaged.
    """
    form.check(protocol)
    notes: list[str] = []
    with open_members(path) as members:
        candidates = form.find(members.names, protocol)
        chosen = match(
            [files.stem for files in candidates], [files.runs[0] for files in candidates], dataset.all_names
        )
        if not chosen:
            raise UserError(
                f"{path}: no file of format '{form.name}' is named after a sequence of {dataset.title}; "
                "see --from, --dataset and --protocol"
            )
        present = [name for name in dataset.names() if name in chosen]
        if not present:
            raise UserError(
                f"{path}: has results of {len(chosen)} sequences of {dataset.title}, and none of their "
                "ground truth is there; see --data-root"
            )
        if len(present) < len(chosen):
            notes.append(f"{len(chosen) - len(present)} sequences have no ground truth here and are left out")
        stored = {name: form.read(members, candidates[chosen[name]]) for name in present}
        used = {
            name for index in chosen.values() for name in (*candidates[index].runs, *candidates[index].times)
        }
        skipped = [name for name in members.names if name not in used] + list(members.unsafe)
    stored = {name: [_finite(run) for run in runs] for name, runs in stored.items()}
    stored = _select(stored, protocol, notes)
    sequences = {name: dataset[name] for name in present}
    origin = _origin(stored, sequences, dataset, origin, path, notes)
    trajectories = {
        name: [_place(run, sequences[name], dataset.name, protocol, origin, notes) for run in stored[name]]
        for name in present
    }
    _note_gaps(trajectories, notes)
    return Imported(trajectories, origin, list(dict.fromkeys(notes)), skipped)


def _finite(run: StoredRun) -> StoredRun:
    """Makes rows that are no boxes NaN throughout.

    Raises:
        UserError: a number is beyond any image.
    """
    usable = np.asarray(np.isfinite(run.boxes).all(axis=1))
    refuse_far(np.where(usable[:, None], run.boxes, np.nan), run.where)
    return replace(run, boxes=np.where(usable[:, None], run.boxes, np.nan))


def _select(
    stored: dict[str, list[StoredRun]], protocol: str, notes: list[str]
) -> dict[str, list[StoredRun]]:
    """Takes the runs that belong to `protocol`: TRE's first run is a one-pass run."""
    several = [runs for runs in stored.values() if runs[0].several > 1]
    if protocol in MULTIPLE and not several:
        [first] = next(iter(stored.values()))
        raise UserError(f"{first.where}: holds one run, which is not protocol '{protocol}'; see --protocol")
    if protocol in MULTIPLE or not several:
        return stored
    for runs in several:
        if len({len(run.boxes) for run in runs}) == 1:
            raise UserError(
                f"{runs[0].where}: holds {len(runs)} runs over the same frames, which is not one pass; "
                "see --protocol"
            )
    notes.append(
        f"{len(several)} files hold several runs (TRE); the first, over the whole sequence, is taken"
    )
    return {name: runs[:1] if runs[0].several > 1 else runs for name, runs in stored.items()}


def _origin(
    stored: dict[str, list[StoredRun]],
    sequences: dict[str, Sequence],
    dataset: Dataset,
    declared: Origin | None,
    path: Path,
    notes: list[str],
) -> Origin:
    if declared:
        return declared
    firsts = [
        (runs[0].boxes[0], sequences[name].truth[0]) for name, runs in stored.items() if runs[0].codes is None
    ]
    votes = count_votes((first, truth) for first, truth in firsts if first.shape == truth.shape)
    if not votes.total:
        origin = file_origin(dataset.name)
        notes.append(
            f"the files hold no first boxes; pixels count from {_NUMBER[origin]}, as in the ground-truth "
            f"files of {dataset.title}"
        )
        return origin
    tally = f"of {votes.total} first boxes {votes.one} are 1-based ground truth and {votes.zero} 0-based"
    if votes.origin is None:
        raise UserError(
            f"{path}: {tally}, which does not tell how pixels count; give --one-based or --zero-based"
        )
    notes.append(f"pixels count from {_NUMBER[votes.origin]}: {tally}")
    return votes.origin


def _place(
    run: StoredRun, sequence: Sequence, dataset: str, protocol: str, origin: Origin, notes: list[str]
) -> Trajectory:
    """Shifts and aligns one run."""
    boxes = to_zero(run.boxes, origin)
    truth = Truth(dataset, sequence.name, sequence.truth)
    if protocol in SUPERVISED and (run.codes is None or run.codes[0] != Code.INITIALIZED):
        raise UserError(
            f"{run.where}: does not begin with an initialisation (a line 1), as supervised runs do"
        )
    if protocol in ONE_PASS and run.codes is not None and run.codes[0] == Code.INITIALIZED:
        # VOT's files say that the tracker was given the ground truth, and leave out what that is.
        given = sequence.truth if boxes.shape[1] == 4 else sequence.polygons
        boxes[0] = np.nan if given is None else given[0]
    place = place_segment if protocol == "tre" else place_whole
    rows, start, note = place(run, boxes, truth)
    if note:
        notes.append(note)
    seconds = np.full(len(boxes), np.nan) if run.seconds is None else run.seconds
    codes = run.codes[rows] if protocol in SUPERVISED and run.codes is not None else None
    return Trajectory(boxes[rows], seconds[rows], codes, start)


def _note_gaps(trajectories: dict[str, list[Trajectory]], notes: list[str]) -> None:
    """Says how many frames have no box though the tracker was asked for one."""
    gaps = 0
    for runs in trajectories.values():
        for run in runs:
            asked = np.ones(len(run.boxes), dtype=bool) if run.codes is None else run.codes == Code.TRACKED
            gaps += int((asked & np.isnan(run.boxes[:, 0])).sum())
    if gaps:
        notes.append(f"{gaps} frames have no box (not a number, or a code instead)")
