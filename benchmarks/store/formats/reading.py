"""From another tool's files to trajectories of our sequences."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.box_columns import Columns
from benchmarks.box_text import require_in_range
from benchmarks.datasets import Dataset, Sequence, SequenceError
from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats.alignment import (
    NEAR,
    SequenceTruth,
    align_segment,
    align_whole_run,
    may_repeat_first_row,
)
from benchmarks.store.formats.base import MULTIPLE, ONE_PASS, SUPERVISED, Format, Origin, StoredRun
from benchmarks.store.formats.column_detection import odd_widths, read_columns
from benchmarks.store.formats.hints import other_contents
from benchmarks.store.formats.import_problems import ImportProblems, group_notes
from benchmarks.store.formats.matching import match
from benchmarks.store.formats.members import open_members
from benchmarks.store.formats.origin import (
    constant_offset,
    count_votes,
    file_origin,
    nearest_origin,
    to_zero,
)
from trackers.errors import UserError
from trackers.tracker import Boxes

_NUMBER: dict[Origin, int] = {"zero": 0, "one": 1}


class NothingFound(UserError):
    """No file is one of results on the data set."""


@dataclass(frozen=True)
class ImportedResults:
    """What was read.

    Attributes:
        trajectories: by sequence, in the data set's order; one for each run.
        origin: what the files call the first pixel.
        notes: what is not as everybody would expect, in sentences.
        skipped: files that were left alone.
        bad: by sequence, why its files could not be read; only where these were to be skipped.
    """

    trajectories: dict[str, list[Trajectory]]
    origin: Origin
    notes: list[str]
    skipped: list[str]
    bad: dict[str, str]


def read_results(
    path: Path,
    form: Format,
    dataset: Dataset,
    protocol: str,
    origin: Origin | None = None,
    columns: Columns | None = None,
    skip_bad: bool = False,
    inside: Items[str] | None = None,
) -> ImportedResults:
    """Reads a folder, an archive or a single file of results.

    Args:
        path: the folder, zip file, tar file or single file.
        form: whose results they are.
        dataset: what they are results on; its ground truth must be there.
        protocol: how they were made.
        origin: what the files call the first pixel; found from the first boxes where it is not given.
        columns: what the columns of a table mean; x, y, w, h unless the first boxes speak against it.
        inside: only look into these folders of `path`.
        skip_bad: leave out files that are damaged or do not fit their sequence, as long as others are left.

    Raises:
        NothingFound: nothing there is a result on `dataset`.
        UserError: files are damaged or do not fit their sequences
            (all are named), or it is not clear which file, which origin or which form of boxes is meant.
        SequenceError: ground truth is damaged.
    """
    problems = ImportProblems()
    form.check(protocol)
    notes: list[str] = []
    with open_members(path) as members:
        names = [name for name in members.names if inside is None or name.partition("/")[0] in inside]
        candidates = form.find(names, protocol)
        chosen = match(
            [files.stem for files in candidates], [files.runs[0] for files in candidates], dataset.all_names
        )
        if not chosen:
            hint = other_contents(names, form.name, protocol)
            raise NothingFound(
                f"{path}: no file of format '{form.name}' is named after a sequence of {dataset.title}; "
                + (hint or "see --from, --dataset and --protocol")
            )
        present = [name for name in dataset.names() if name in chosen]
        if not present:
            raise UserError(
                f"{path}: has results of {len(chosen)} sequences of {dataset.title}, and none of their "
                "ground truth is there; see --data-root"
            )
        if len(present) < len(chosen):
            notes.append(f"{len(chosen) - len(present)} sequences have no ground truth here and are left out")
        stored = {}
        for name in present:
            with problems.collect_errors(name, members.where(candidates[chosen[name]].runs[0])):
                stored[name] = form.read(members, candidates[chosen[name]])
        used = {
            name for index in chosen.values() for name in (*candidates[index].runs, *candidates[index].times)
        }
        skipped = [name for name in names if name not in used] + list(members.unsafe)
    problems.raise_if_all(of=len(present))
    for name, problem in odd_widths(stored).items():
        problems.bad[name] = (stored.pop(name)[0].where, problem)
    stored = _select(stored, protocol, notes)
    sequences = {name: dataset[name] for name in present}
    stored = read_columns(
        stored,
        {name: sequences[name].truth[0] for name in stored},
        columns,
        lambda name: _image_size(sequences[name]),
        protocol != "ope" and any(sequence.polygons is not None for sequence in sequences.values()),
        notes,
    )
    for name in list(stored):
        with problems.collect_errors(name, stored[name][0].where):
            stored[name] = [_finite(run) for run in stored[name]]
    stored = {name: runs for name, runs in stored.items() if name not in problems.bad}
    problems.raise_if_all(of=len(present))
    origin = _origin(stored, sequences, dataset, form, protocol, origin, path, notes)
    trajectories = {}
    placed: list[tuple[str, str]] = []
    twice = any(
        may_repeat_first_row(run.boxes, SequenceTruth(dataset.name, name, sequences[name].truth))
        for name, runs in stored.items()
        for run in runs
    )
    for name, runs in stored.items():
        with problems.collect_errors(name, runs[0].where):
            places = [_place(run, sequences[name], dataset.name, protocol, origin, twice) for run in runs]
            trajectories[name] = [trajectory for trajectory, _ in places]
            placed += [(name, note) for _, note in places if note]
    if skip_bad:
        problems.raise_if_all(of=len(present))
    else:
        problems.raise_if_any(of=len(present))
    notes += group_notes(placed)
    _note_gaps(trajectories, notes)
    return ImportedResults(trajectories, origin, list(dict.fromkeys(notes)), skipped, problems.sentences)


def _image_size(sequence: Sequence) -> tuple[int, int]:
    """Width and height of a sequence's images, from its first frame if nothing else tells them."""
    if sequence.size:
        return sequence.size
    try:
        height, width = sequence.open_frames()[0].shape[:2]
    except SequenceError as error:
        raise UserError(f"normalized boxes need the size of {sequence.name}'s images: {error}") from None
    return width, height


def _finite(run: StoredRun) -> StoredRun:
    """Makes rows that are no boxes NaN throughout.

    Raises:
        UserError: a number is beyond any image.
    """
    usable = np.asarray(np.isfinite(run.boxes).all(axis=1))
    require_in_range(np.where(usable[:, None], run.boxes, np.nan), run.where)
    return replace(run, boxes=np.where(usable[:, None], run.boxes, np.nan))


def _select(
    stored: dict[str, list[StoredRun]], protocol: str, notes: list[str]
) -> dict[str, list[StoredRun]]:
    """Takes the runs that belong to `protocol`: TRE's first run is a one-pass run.

    Several runs over the same frames that start with the same box are repetitions.
    """
    if protocol in ONE_PASS:
        several = [runs for runs in stored.values() if len(runs) > 1 and _are_repetitions(runs)]
        if several:
            counts = sorted({len(runs) for runs in several})
            notes.append(
                f"{len(several)} sequences have {' or '.join(map(str, counts))} runs each over the same "
                "frames: these are taken as repetitions"
            )
            stored = {
                name: [replace(run, several=1) for run in runs] if runs in several else runs
                for name, runs in stored.items()
            }
    several = [runs for runs in stored.values() if runs[0].several > 1]
    if protocol in MULTIPLE and not several:
        first = next(iter(stored.values()))[0]
        raise UserError(f"{first.where}: holds one run, which is not protocol '{protocol}'; see --protocol")
    if protocol in MULTIPLE or not several:
        return stored
    for runs in several:
        if len({len(run.boxes) for run in runs}) == 1:
            raise UserError(
                f"{runs[0].where}: holds {len(runs)} runs over the same frames that start from different "
                "boxes, as SRE's do; if so, give --protocol sre"
            )
    notes.append(
        f"{len(several)} files hold several runs (TRE); the first, over the whole sequence, is taken"
    )
    return {name: runs[:1] if runs[0].several > 1 else runs for name, runs in stored.items()}


def _are_repetitions(runs: list[StoredRun]) -> bool:
    firsts = [run.boxes[0] for run in runs]
    return len({run.boxes.shape for run in runs}) == 1 and all(
        np.array_equal(first, firsts[0], equal_nan=True) for first in firsts
    )


def _origin(
    stored: dict[str, list[StoredRun]],
    sequences: dict[str, Sequence],
    dataset: Dataset,
    form: Format,
    protocol: str,
    declared: Origin | None,
    path: Path,
    notes: list[str],
) -> Origin:
    if declared:
        return declared
    firsts = [
        (runs[0].boxes[0], sequences[name].truth[0]) for name, runs in stored.items() if runs[0].codes is None
    ]
    firsts = [(first, truth) for first, truth in firsts if first.shape == truth.shape]
    votes = count_votes(firsts)
    if not votes.total:
        origin = file_origin(dataset)
        notes.append(
            f"the files hold no first boxes; pixels count from {_NUMBER[origin]}, as in the ground-truth "
            f"files of {dataset.title}"
        )
        return origin
    tally = f"of {votes.total} first boxes {votes.one} are 1-based ground truth and {votes.zero} 0-based"
    if votes.origin is None and (offset := constant_offset(firsts)) is not None:
        origin = nearest_origin(offset, dataset)
        distance = offset - _NUMBER[origin]
        whose = ", as pysot's trackers write them" if distance == 0.5 else ""
        notes.append(
            f"pixels count from {_NUMBER[origin]}: all first boxes are {distance:+g} pixels in x and y off "
            f"{_NUMBER[origin]}-based ground truth{whose}; boxes are kept as they are"
        )
        return origin
    if votes.origin is None and protocol == "sre" and form.origin:
        # Its runs start from boxes that are shifted and scaled on purpose.
        notes.append(f"pixels count from {_NUMBER[form.origin]}, as format '{form.name}' has it")
        return form.origin
    if votes.origin is None:
        short = all(len(runs[0].boxes) < len(sequences[name].truth) for name, runs in stored.items())
        raise UserError(
            f"{path}: {tally}, which does not tell how pixels count; "
            + (
                "all files have fewer rows than there are frames, so that the first box may be left out; "
                "take whole files from their source, or put the first box back"
                if short
                else f"{_far(firsts)}give --one-based or --zero-based"
            )
        )
    notes.append(f"pixels count from {_NUMBER[votes.origin]}: {tally}")
    return votes.origin


def _far(firsts: Items[tuple[Boxes, Boxes]]) -> str:
    """Says so where no first box is near ground truth: then more is wrong than where pixels count from."""
    apart = [float(np.nan_to_num(np.abs(first - truth), nan=np.inf).max()) for first, truth in firsts]
    sides = [float(np.sqrt(max(truth[2], 0.0) * max(truth[3], 0.0))) for _, truth in firsts]
    if any(distance <= NEAR * side for distance, side in zip(apart, sides, strict=True)):
        return ""
    first, truth = (", ".join(f"{number:g}" for number in box) for box in firsts[0])
    return (
        f"none is near it, the first is {first} where ground truth is {truth} (0-based): see --dataset, and "
        "the order of the columns; only if these are the tracker's own first boxes, "
    )


def _place(
    run: StoredRun, sequence: Sequence, dataset: str, protocol: str, origin: Origin, twice: bool
) -> tuple[Trajectory, str]:
    """Shifts and aligns one run; returns a remark as well."""
    boxes = to_zero(run.boxes, origin)
    truth = SequenceTruth(dataset, sequence.name, sequence.truth)
    if protocol in SUPERVISED and (run.codes is None or run.codes[0] != Code.INITIALIZED):
        raise UserError(
            f"{run.where}: does not begin with an initialisation (a line 1), as supervised runs do"
        )
    if protocol in ONE_PASS and run.codes is not None and run.codes[0] == Code.INITIALIZED:
        # VOT's files say that the tracker was given the ground truth, and leave out what that is.
        given = sequence.truth if boxes.shape[1] == 4 else sequence.polygons
        boxes[0] = np.nan if given is None else given[0]
    rows, start, note = (
        align_segment(run, boxes, truth) if protocol == "tre" else align_whole_run(run, boxes, truth, twice)
    )
    seconds = np.full(len(boxes), np.nan) if run.seconds is None else run.seconds
    codes = run.codes[rows] if protocol in SUPERVISED and run.codes is not None else None
    return Trajectory(boxes[rows], seconds[rows], codes, start), note


def _note_gaps(trajectories: dict[str, list[Trajectory]], notes: list[str]) -> None:
    """Says how many frames have no box though the tracker was asked for one."""
    gaps = 0
    for runs in trajectories.values():
        for run in runs:
            asked = np.ones(len(run.boxes), dtype=bool) if run.codes is None else run.codes == Code.TRACKED
            gaps += int((asked & np.isnan(run.boxes[:, 0])).sum())
    if gaps:
        notes.append(f"{gaps} frames have no box (not a number, or a code instead)")
