"""Imports the files of another tool as trajectories on our sequences."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.box_columns import Columns
from benchmarks.box_text import require_in_range
from benchmarks.datasets import Dataset, Sequence, SequenceError
from benchmarks.geometry.pixel_origin import to_zero_based
from benchmarks.protocols import Code, Trajectory
from benchmarks.store.formats.alignment import (
    SequenceTruth,
    align_segment,
    align_whole_run,
    may_repeat_first_row,
)
from benchmarks.store.formats.anchored import align_anchored_runs
from benchmarks.store.formats.base import (
    MULTI_START,
    MULTIPLE,
    ONE_PASS,
    SUPERVISED,
    Format,
    Origin,
    StoredRun,
)
from benchmarks.store.formats.column_detection import odd_widths, read_columns
from benchmarks.store.formats.import_problems import ImportProblems, describe_contents, group_notes
from benchmarks.store.formats.matching import match
from benchmarks.store.formats.members import open_members
from benchmarks.store.formats.pixel_origin_detection import FIRST_PIXEL, choose_origin
from trackers.errors import UserError
from trackers.wording import agree, counted


class NothingFound(UserError):
    """None of the files holds results on the data set."""


@dataclass(frozen=True)
class ImportOptions:
    """What the user says about the files.

    Attributes:
        origin: the number of the first pixel; None: found from the first boxes.
        columns: the meaning of a table's columns; None: x, y, w, h unless the first boxes show otherwise.
        skip_bad: leave out files that are damaged or do not fit their sequence, as long as others remain.
        folders: read only these folders of the given path; None: everything.
    """

    origin: Origin | None = None
    columns: Columns | None = None
    skip_bad: bool = False
    folders: Collection[str] | None = None


DEFAULTS = ImportOptions()


@dataclass(frozen=True)
class ImportedResults:
    """The result of an import.

    Attributes:
        trajectories: by sequence, in the data set's order; one for each run.
        origin: the number of the first pixel in the files.
        notes: sentences on anything unusual.
        skipped: files that were not read.
        bad: by sequence, why its files could not be read; only if these were to be skipped.
    """

    trajectories: dict[str, list[Trajectory]]
    origin: Origin
    notes: list[str]
    skipped: list[str]
    bad: dict[str, str]


def read_results(
    path: Path, form: Format, dataset: Dataset, protocol: str, options: ImportOptions = DEFAULTS
) -> ImportedResults:
    """Reads a folder, an archive or a single file of results.

    Args:
        path: the folder, zip file, tar file or single file.
        form: the format of the files.
        dataset: the data set of the results; its ground truth must be there.
        protocol: the protocol of the runs.
        options: what the user says about the files.

    Raises:
        NothingFound: no file holds results on `dataset`.
        UserError: files are damaged or do not fit their sequences (the message names all of them), or a
            file's sequence, the pixel origin or the form of the boxes is not clear.
        SequenceError: ground truth is damaged.
    """
    form.check(protocol)
    return _Importer(path, form, dataset, protocol, options).run()


class _Importer:
    """One import; each step takes and returns the runs by sequence."""

    def __init__(
        self, path: Path, form: Format, dataset: Dataset, protocol: str, options: ImportOptions
    ) -> None:
        self._path = path
        self._form = form
        self._dataset = dataset
        self._protocol = protocol
        self._options = options
        self._problems = ImportProblems()
        self._notes: list[str] = []
        self._skipped: list[str] = []
        self._present: list[str] = []
        self._sequences: dict[str, Sequence] = {}

    def run(self) -> ImportedResults:
        """Imports the results; see `read_results`."""
        stored = self._read_files()
        self._problems.raise_if_all(of=len(self._present))
        for name, problem in odd_widths(stored).items():
            self._problems.by_sequence[name] = (stored.pop(name)[0].where, problem)
        stored = select_runs(stored, self._protocol, self._notes)
        self._sequences = {name: self._dataset[name] for name in self._present}
        stored = self._mask_missing(self._read_columns(stored))
        self._problems.raise_if_all(of=len(self._present))
        self._refuse_other_frame_rate(stored)
        origin = self._options.origin or self._choose_origin(stored)
        trajectories = self._align(stored, origin)
        if self._options.skip_bad:
            self._problems.raise_if_all(of=len(self._present))
        else:
            self._problems.raise_if_any(of=len(self._present))
        if missing := count_missing_boxes(trajectories):
            have = f"{counted(missing, 'frame')} {agree(missing, 'has', 'have')}"
            self._notes.append(f"{have} no box (not a number, or a code instead)")
        notes = list(dict.fromkeys(self._notes))
        return ImportedResults(trajectories, origin, notes, self._skipped, self._problems.messages)

    def _read_files(self) -> dict[str, list[StoredRun]]:
        """Finds and reads the files of the sequences whose ground truth is there."""
        folders = self._options.folders
        with open_members(self._path) as members:
            names = [name for name in members.names if folders is None or name.partition("/")[0] in folders]
            candidates = self._form.find(names, self._protocol)
            chosen = match(
                [files.stem for files in candidates],
                [files.runs[0] for files in candidates],
                self._dataset.all_names,
            )
            self._present = self._require_present(names, chosen)
            stored = {}
            for name in self._present:
                files = candidates[chosen[name]]
                with self._problems.collect_errors(name, members.where(files.runs[0])):
                    stored[name] = self._form.read(members, files)
            read = [candidates[index] for index in chosen.values()]
            used = {name for files in read for name in (*files.runs, *files.times, *files.confidences)}
            self._skipped = [*(name for name in names if name not in used), *members.unsafe]
        return stored

    def _require_present(self, names: list[str], chosen: Collection[str]) -> list[str]:
        """Returns the chosen sequences whose ground truth is there.

        Raises:
            UserError: there are none.
        """
        title = self._dataset.title
        if not chosen:
            hint = self._describe_other_split(names) or describe_contents(
                names, self._form.name, self._protocol
            )
            raise NothingFound(
                f"{self._path}: no file of format '{self._form.name}' is named after a sequence of {title}; "
                + (hint or "see --from, --dataset and --protocol")
            )
        present = [name for name in self._dataset.names() if name in chosen]
        if not present:
            raise UserError(
                f"{self._path}: has results of {counted(len(chosen), 'sequence')} of {title}, whose ground "
                "truth is not there; see --data-root"
            )
        if len(present) < len(chosen):
            self._notes.append(left_out_note(len(chosen) - len(present)))
        return present

    def _describe_other_split(self, names: list[str]) -> str:
        """Returns a clause on files that are named after sequences of another split; may be empty."""
        stems = {files.stem for files in self._form.find(names, self._protocol)}
        others = [stem for stem in stems if self._dataset.belongs_to_other_split(stem)]
        number = len(others)
        named = agree(number, "is named after a sequence", "are named after sequences")
        return f"{number} {named} of another part: give its --split" if others else ""

    def _read_columns(self, stored: dict[str, list[StoredRun]]) -> dict[str, list[StoredRun]]:
        with_polygons = any(sequence.polygons is not None for sequence in self._sequences.values())
        return read_columns(
            stored,
            {name: self._sequences[name].truth[0] for name in stored},
            self._options.columns,
            lambda name: image_size(self._sequences[name]),
            self._protocol != "ope" and with_polygons,
            self._notes,
        )

    def _mask_missing(self, stored: dict[str, list[StoredRun]]) -> dict[str, list[StoredRun]]:
        """Makes rows that are not boxes NaN; leaves out files with coordinates beyond any image."""
        masked = {}
        for name, runs in stored.items():
            with self._problems.collect_errors(name, runs[0].where):
                masked[name] = [mask_missing(run) for run in runs]
        return masked

    def _refuse_other_frame_rate(self, stored: dict[str, list[StoredRun]]) -> None:
        """Refuses files of which each has rows for twice its sequence or more.

        Some data sets exist at several frame rates, with the same names and first boxes: UAV123 and
        UAV123@10fps, NfS at 240 and 30. Cutting such files off would pair rows with the wrong frames.
        """
        if self._protocol not in ONE_PASS or len(stored) < 2:
            return
        rows = {name: len(runs[0].boxes) for name, runs in stored.items()}
        frames = {name: len(self._sequences[name].truth) for name in stored}
        if all(rows[name] >= 2 * frames[name] for name in stored):
            name = next(iter(stored))
            raise UserError(
                f"{self._path}: every file has at least twice the rows of its sequence ({name}: {rows[name]} "
                f"rows, {counted(frames[name], 'frame')}), as results at another frame rate have; see "
                "--dataset and --split"
            )

    def _choose_origin(self, stored: dict[str, list[StoredRun]]) -> Origin:
        firsts = [
            (runs[0].boxes[0], self._sequences[name].truth[0])
            for name, runs in stored.items()
            if runs[0].codes is None
        ]
        origin, note = choose_origin(
            self._path,
            [(first, truth) for first, truth in firsts if first.shape == truth.shape],
            self._dataset,
            self._form,
            self._protocol,
            all(len(runs[0].boxes) < len(self._sequences[name].truth) for name, runs in stored.items()),
        )
        self._notes.append(note)
        return origin

    def _align(self, stored: dict[str, list[StoredRun]], origin: Origin) -> dict[str, list[Trajectory]]:
        """Assigns the rows to frames."""
        repeats_first_row = any(
            may_repeat_first_row(run.boxes, self._truth(name))
            for name, runs in stored.items()
            for run in runs
        )
        trajectories = {}
        notes: list[tuple[str, str]] = []
        for name, runs in stored.items():
            with self._problems.collect_errors(name, runs[0].where):
                if self._protocol == MULTI_START:
                    trajectories[name] = align_anchored_runs(runs, self._sequences[name], origin)
                    continue
                aligned = [self._align_run(run, name, origin, repeats_first_row) for run in runs]
                trajectories[name] = [trajectory for trajectory, _ in aligned]
                notes += [(name, note) for _, note in aligned if note]
        self._notes += group_notes(notes)
        return trajectories

    def _align_run(
        self, run: StoredRun, name: str, origin: Origin, repeats_first_row: bool
    ) -> tuple[Trajectory, str]:
        """Returns a run's trajectory, 0-based, and a note if its rows are unusual."""
        boxes = to_zero_based(run.boxes, FIRST_PIXEL[origin])
        if self._protocol in SUPERVISED and (run.codes is None or run.codes[0] != Code.INITIALIZED):
            raise UserError(
                f"{run.where}: does not begin with an initialization (a line 1), as supervised runs do"
            )
        if self._protocol in ONE_PASS and run.codes is not None and run.codes[0] == Code.INITIALIZED:
            sequence = self._sequences[name]
            given = sequence.truth if boxes.shape[1] == 4 else sequence.polygons
            boxes[0] = np.nan if given is None else given[0]
        rows, start, note = (
            align_segment(run, boxes, self._truth(name))
            if self._protocol == "tre"
            else align_whole_run(run, boxes, self._truth(name), repeats_first_row)
        )
        seconds = np.full(len(boxes), np.nan) if run.seconds is None else run.seconds
        codes = run.codes[rows] if self._protocol in SUPERVISED and run.codes is not None else None
        confidences = None if run.confidences is None else run.confidences[rows]
        return Trajectory(boxes[rows], seconds[rows], codes, start, confidences=confidences), note

    def _truth(self, name: str) -> SequenceTruth:
        return SequenceTruth(
            self._dataset.name, name, self._sequences[name].truth, self._dataset.takes_short_results
        )


def select_runs(
    stored: dict[str, list[StoredRun]], protocol: str, notes: list[str]
) -> dict[str, list[StoredRun]]:
    """Selects the runs that belong to `protocol`: TRE's first run is a one-pass run.

    Several runs over the same frames that start with the same box are repetitions.

    Raises:
        UserError: the files hold runs of another protocol.
    """
    if protocol in ONE_PASS:
        repeated = {name: runs for name, runs in stored.items() if len(runs) > 1 and _are_repetitions(runs)}
        if repeated:
            counts = sorted({len(runs) for runs in repeated.values()})
            has = agree(len(repeated), "has", "have")
            several_runs = f"{' or '.join(map(str, counts))} runs{agree(len(repeated), '', ' each')}"
            notes.append(
                f"{counted(len(repeated), 'sequence')} {has} {several_runs} over the same "
                "frames: these are taken as repetitions"
            )
            stored = stored | {
                name: [replace(run, run_count=1) for run in runs] for name, runs in repeated.items()
            }
    several = [runs for runs in stored.values() if runs[0].run_count > 1]
    if protocol in MULTIPLE and not several:
        first = next(iter(stored.values()))[0]
        raise UserError(f"{first.where}: holds one run, which is not protocol '{protocol}'; see --protocol")
    if protocol in (*MULTIPLE, MULTI_START) or not several:
        return stored
    for runs in several:
        if len({len(run.boxes) for run in runs}) == 1:
            raise UserError(
                f"{runs[0].where}: holds {len(runs)} runs over the same frames that start from different "
                "boxes, as SRE's do; if so, give --protocol sre"
            )
    hold = f"{counted(len(several), 'file')} {agree(len(several), 'holds', 'hold')}"
    notes.append(f"{hold} several runs (TRE); the first, over the whole sequence, is taken")
    return {name: runs[:1] if runs[0].run_count > 1 else runs for name, runs in stored.items()}


def _are_repetitions(runs: list[StoredRun]) -> bool:
    firsts = [run.boxes[0] for run in runs]
    return len({run.boxes.shape for run in runs}) == 1 and all(
        np.array_equal(first, firsts[0], equal_nan=True) for first in firsts
    )


def image_size(sequence: Sequence) -> tuple[int, int]:
    """Returns width and height of a sequence's images, from the first frame if nothing else tells them.

    Raises:
        UserError: the first frame is needed and cannot be read.
    """
    if sequence.size:
        return sequence.size
    try:
        height, width = sequence.open_frames()[0].shape[:2]
    except SequenceError as error:
        raise UserError(f"normalized boxes need the size of {sequence.name}'s images: {error}") from None
    return width, height


def mask_missing(run: StoredRun) -> StoredRun:
    """Makes rows that are not boxes NaN throughout.

    Raises:
        UserError: a number is beyond any image.
    """
    usable = np.asarray(np.isfinite(run.boxes).all(axis=1))
    boxes = np.where(usable[:, None], run.boxes, np.nan)
    require_in_range(boxes, run.where)
    return replace(run, boxes=boxes)


def left_out_note(number: int) -> str:
    """Returns the note on sequences that are left out because they have no ground truth here."""
    have, are = agree(number, "has", "have"), agree(number, "is", "are")
    return f"{counted(number, 'sequence')} {have} no ground truth here and {are} left out"


def count_missing_boxes(trajectories: dict[str, list[Trajectory]]) -> int:
    """Returns the number of frames without a box in which the tracker was asked for one."""
    missing = 0
    for runs in trajectories.values():
        for run in runs:
            asked = np.ones(len(run.boxes), dtype=bool) if run.codes is None else run.codes == Code.TRACKED
            missing += int((asked & np.isnan(run.boxes[:, 0])).sum())
    return missing
