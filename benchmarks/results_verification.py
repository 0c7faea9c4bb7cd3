"""Verifies a run folder as a submission: what is missing, was changed, or does not fit the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.datasets import Sequence as VideoSequence
from benchmarks.geometry.missing_boxes import empty_box_mask
from benchmarks.geometry.overlap import iou
from benchmarks.protocols import Code, Trajectory
from benchmarks.store import Manifest, RunFolder, SequenceRecord, truth_digest
from benchmarks.store.journal import journal_path
from benchmarks.store.run_folder import MANIFEST, file_names
from benchmarks.store.run_notes import notes
from benchmarks.wording import first_names
from trackers.box_validation import MAX_COORDINATE
from trackers.errors import UserError
from trackers.regions import bounding_box
from trackers.regular_files import path_exists
from trackers.wording import agree, counted

Part: TypeAlias = Literal["manifest", "machine", "sequences", "data", "files", "length", "first box", "boxes"]

_MACHINE = ("python", "processor", "device", "packages")
"""What a record of the machine must have."""
_ROUNDED = 1.0
"""Pixels by which the first box in files of other tools may differ: many round, or count from 1."""
_STARTS_AT_TRUTH = ("ope", "tre", "realtime", "unsupervised", "multistart", "long-term")
"""Protocols whose runs start with the ground truth of their first frame."""


@dataclass(frozen=True)
class ResultFinding:
    """One thing that is wrong, or worth knowing.

    Attributes:
        part: what it is about.
        problem: what is wrong and where, in a sentence.
        sequence: the sequence's name; empty for the run as a whole.
        harmless: whether the results can be accepted all the same.
    """

    part: Part
    problem: str
    sequence: str = ""
    harmless: bool = False


@dataclass(frozen=True)
class ResultsVerification:
    """The verdict on a run folder.

    Attributes:
        dataset, tracker, protocol: their names; empty if the manifest cannot be read.
        sequences: number of sequences of the data set.
        valid_sequences: number of those whose results are complete and fit the data.
        imported: whether another tool made the results.
        findings: what is wrong, or worth knowing.
    """

    dataset: str
    tracker: str
    protocol: str
    sequences: int
    valid_sequences: int
    imported: bool
    findings: tuple[ResultFinding, ...] = field(default_factory=tuple)

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.harmless for finding in self.findings)


def open_submission(path: Path) -> RunFolder | ResultsVerification:
    """Returns the run folder at `path`, or the verdict that its manifest cannot be read.

    Raises:
        UserError: there is no run folder.
    """
    place = path.parent if path.name == MANIFEST else path
    present = path_exists(place / MANIFEST)
    try:
        folder = RunFolder.at(path)
        folder.read_manifest()
    except UserError as error:
        if not present:
            raise
        return ResultsVerification("", "", "", 0, 0, imported=False, findings=(_manifest_finding(error),))
    return folder


def verify_results(
    folder: RunFolder, dataset: Dataset, *, accept_imported: bool = False
) -> ResultsVerification:
    """Verifies a run folder against its data set. Frames are not needed.

    Args:
        folder: the run.
        dataset: its ground truth.
        accept_imported: whether results of other tools, which have no record of the machine, are valid.

    Raises:
        UserError: there is no run.
    """
    try:
        manifest = folder.read_manifest()
    except UserError as error:
        findings = [_manifest_finding(error)]
        names = folder.dataset, folder.tracker, folder.protocol
        return ResultsVerification(
            *names, len(dataset.all_names), 0, imported=False, findings=tuple(findings)
        )
    if manifest is None:
        raise UserError(f"there is no run of '{folder.tracker}' in {folder.path}")
    findings = [*_run_findings(folder, manifest), *_machine_findings(manifest, accept_imported)]
    present = set(dataset.names())
    unknown = [name for name in manifest.sequences if name not in dataset.all_names]
    unknown = [name for name in unknown if not dataset.belongs_to_other_split(name)]
    if unknown:
        problem = f"not in {dataset.title}: {first_names(unknown)}"
        findings.append(ResultFinding("sequences", problem))
    missing = [name for name in dataset.all_names if name not in manifest.sequences]
    if missing:
        are = agree(len(missing), "is", "are")
        problem = f"{len(missing)} of {len(dataset.all_names)} {are} missing: {first_names(missing)}"
        findings.append(ResultFinding("sequences", problem))
    valid = 0
    for name in dataset.all_names:
        record = manifest.sequences.get(name)
        if record is None:
            continue
        found = list(_sequence_findings(folder, manifest, dataset, name, record, name in present))
        valid += all(finding.harmless for finding in found)
        findings += found
    return ResultsVerification(
        folder.dataset,
        folder.tracker,
        folder.protocol,
        len(dataset.all_names),
        valid,
        manifest.identity is None,
        tuple(findings),
    )


def _manifest_finding(error: UserError) -> ResultFinding:
    return ResultFinding("manifest", str(error))


def _run_findings(folder: RunFolder, manifest: Manifest) -> Iterator[ResultFinding]:
    for note in notes(folder, manifest):
        yield ResultFinding("manifest", note, harmless=True)
    if path_exists(journal_path(folder.manifest_path)):
        yield ResultFinding("manifest", "the run has not ended, or was killed", harmless=True)
    named = {file for name, record in manifest.sequences.items() for file in file_names(name, record)}
    if others := sorted(path.name for path in folder.path.glob("*.txt") if path.name not in named):
        problem = f"files that the manifest does not name: {first_names(others)}"
        yield ResultFinding("files", problem, harmless=True)


def _machine_findings(manifest: Manifest, accept_imported: bool) -> Iterator[ResultFinding]:
    if manifest.identity is None:
        problem = "another tool made these results; nothing records how, and on which machine"
        yield ResultFinding("machine", problem, harmless=accept_imported)
        return
    used = sorted({record.environment for record in manifest.sequences.values() if record.status == "ok"})
    for number in used:
        if not 0 <= number < len(manifest.environments):
            yield ResultFinding("machine", f"there is no record of environment {number}")
        elif lacking := [key for key in _MACHINE if not manifest.environments[number].get(key)]:
            yield ResultFinding("machine", f"environment {number} does not record {', '.join(lacking)}")
        elif "workers" in manifest.environments[number]:
            problem = "several workers shared the machine, so times are not those of the tracker alone"
            yield ResultFinding("machine", problem, harmless=True)


def _sequence_findings(
    folder: RunFolder, manifest: Manifest, dataset: Dataset, name: str, record: SequenceRecord, present: bool
) -> Iterator[ResultFinding]:
    if record.status != "ok":
        yield ResultFinding("sequences", f"{record.status}: {record.message}", name)
        return
    try:
        trajectories = folder.read(name, record)
    except UserError as error:
        yield ResultFinding("files", str(error), name)
        return
    if trajectories is None:
        yield ResultFinding("files", "its files are missing or were changed since the run", name)
        return
    yield from _box_findings(trajectories, name)
    if not present:
        problem = "not compared with its ground truth, which is not at hand"
        yield ResultFinding("data", problem, name, harmless=True)
        return
    try:
        sequence = dataset[name]
    except SequenceError as error:
        yield ResultFinding("data", f"not compared with its ground truth: {error}", name, harmless=True)
        return
    if record.truth and record.truth != truth_digest(sequence.truth):
        yield ResultFinding("data", "it was made on other ground truth", name)
        return
    yield from _length_findings(trajectories, sequence, record, dataset.takes_short_results)
    yield from _start_findings(trajectories, sequence, folder.protocol, manifest.identity is None)


def _box_findings(trajectories: Sequence[Trajectory], name: str) -> Iterator[ResultFinding]:
    boxes = np.concatenate([bounding_box(trajectory.boxes) for trajectory in trajectories])
    missing = np.isnan(boxes).any(axis=1)
    known = boxes[~missing]
    beyond = ~(np.abs(known) <= MAX_COORDINATE).all(axis=1)
    if beyond.any():
        number = int(beyond.sum())
        found = f"{counted(number, 'box')} {agree(number, 'is', 'are')}"
        yield ResultFinding("boxes", f"{found} not finite or beyond any image", name)
    if (empty := empty_box_mask(known) & ~beyond).any():
        number = int(empty.sum())
        found = f"{counted(number, 'box')} {agree(number, 'has', 'have')}"
        yield ResultFinding("boxes", f"{found} no area", name, harmless=True)
    if all(
        trajectory.codes is None and len(trajectory.boxes) > 1 and np.isnan(trajectory.boxes[1:]).any(1).all()
        for trajectory in trajectories
    ):
        yield ResultFinding("boxes", "there is no box after the first frame", name)


def _length_findings(
    trajectories: Sequence[Trajectory], sequence: VideoSequence, record: SequenceRecord, may_be_short: bool
) -> Iterator[ResultFinding]:
    # Of test sets on a server only the first boxes are known; not all of them say how many frames there are.
    frames = len(sequence.truth)
    if frames == 1 and record.frames:
        frames = record.frames
    elif frames == 1:
        return
    for trajectory in trajectories:
        rows, expected = len(trajectory.boxes), trajectory.expected_rows(frames)
        if rows != expected:
            harmless = may_be_short and rows < expected
            problem = f"{counted(rows, 'box')} for {counted(expected, 'frame')}"
            yield ResultFinding("length", problem, sequence.name, harmless)


def _start_findings(
    trajectories: Sequence[Trajectory], sequence: VideoSequence, protocol: str, imported: bool
) -> Iterator[ResultFinding]:
    for trajectory in trajectories:
        if trajectory.codes is not None:
            if len(trajectory.codes) and trajectory.codes[0] not in (Code.INITIALIZED, Code.SKIPPED):
                yield ResultFinding("first box", "it does not start with an initialization", sequence.name)
            continue
        if protocol not in _STARTS_AT_TRUTH or trajectory.start >= len(sequence.truth):
            continue
        if not len(trajectory.boxes):
            continue  # its length is a finding
        box, truth = bounding_box(trajectory.boxes[0]), sequence.truth[trajectory.start]
        distance = float(np.abs(box - truth).max())
        if distance <= (_ROUNDED if imported else 1e-3):
            continue
        # Some tools store what the tracker returns in the first frame.
        harmless = imported and float(iou(box, truth)) >= 0.5
        where = f"in frame {trajectory.start + 1} "
        problem = f"{where}it is {box.tolist()}, and the ground truth is {truth.tolist()}"
        yield ResultFinding("first box", problem, sequence.name, harmless)
