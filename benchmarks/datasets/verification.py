"""Verifies a data set sequence by sequence: what is missing, misnamed or damaged."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Literal

from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.frames import ImageFiles
from benchmarks.datasets.sequence import Dataset, Frames, SequenceError, first_box_problem
from trackers.errors import system_reason
from trackers.images import is_image
from trackers.wording import agree, counted, counted_of

Progress = Callable[[str, float], None]
"""Called with the sequence's name and the fraction of it that is done, 0 to 1."""


@dataclass(frozen=True)
class Finding:
    """One difference from the data set as published.

    Attributes:
        sequence: the sequence's name.
        part: the part of it that differs.
        problem: what is wrong and where, in a sentence.
        harmless: whether the sequence can be run and scored all the same.
    """

    sequence: str
    part: Literal["folder", "name", "ground truth", "frames"]
    problem: str
    harmless: bool = False


@dataclass(frozen=True)
class VerificationResult:
    """The findings on one sequence."""

    sequence: str
    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether ground truth and frames are complete and valid."""
        return all(finding.harmless for finding in self.findings)

    @property
    def scorable(self) -> bool:
        """Whether ground truth, all that scoring needs, is valid."""
        return all(finding.harmless or finding.part == "frames" for finding in self.findings)


def verify(
    dataset: Dataset,
    names: Sequence[str] | None = None,
    decoders: Executor | None = None,
    progress: Progress | None = None,
) -> Iterator[VerificationResult]:
    """Verifies each sequence in turn.

    Args:
        dataset: the data set.
        names: its sequences to verify; all by default.
        decoders: threads in which every frame is decoded. If None, only the files' presence and sizes are
            checked.
        progress: called when a sequence begins and after each decoded frame.
    """
    present = set(dataset.names())
    unclaimed = _unclaimed_folders(dataset) if isinstance(dataset, DiskDataset) else []
    for name in dataset.all_names if names is None else names:
        report = partial(progress, name) if progress else None
        if report:
            report(0.0)
        if isinstance(dataset, DiskDataset) and name not in present and not dataset.folder(name).is_dir():
            findings = [_missing_folder(dataset, name, unclaimed)]
        else:
            findings = list(_findings(dataset, name, decoders, report))
        yield VerificationResult(name, tuple(findings))


def _findings(
    dataset: Dataset, name: str, decoders: Executor | None, report: Callable[[float], None] | None
) -> Iterator[Finding]:
    if isinstance(dataset, DiskDataset):
        folder = dataset.folder(name)
        if folder.is_dir() and folder.name != dataset.folder_name(name):
            problem = f"the folder {folder} is normally called {dataset.folder_name(name)}"
            yield Finding(name, "name", problem, harmless=True)
    try:
        sequence = dataset[name]
    except SequenceError as error:
        yield Finding(name, "ground truth", str(error))
        return
    if problem := first_box_problem(sequence):
        yield Finding(name, "ground truth", problem)
    try:
        frames = sequence.open_frames()
    except SequenceError as error:
        yield Finding(name, "frames", str(error))
        return
    problems: list[str] = []
    if len(frames) != len(sequence.truth):
        rows = counted(len(sequence.truth), "row")
        problems.append(f"{counted(len(frames), 'frame')} and {rows} of ground truth")
    if isinstance(frames, ImageFiles):
        try:
            problems += _extra_images(
                frames, isinstance(dataset, DiskDataset) and dataset.has_extra_images(name)
            )
            problems += _empty_files(frames)
        except OSError as error:
            problems.append(system_reason(error))
    if decoders is not None and not problems:
        problems += _undecodable(frames, decoders, report)
    for problem in problems:
        yield Finding(name, "frames", problem)


def _unclaimed_folders(dataset: DiskDataset) -> list[str]:
    """Returns folders whose names match no sequence."""
    folders = [dataset.folder(name) for name in dataset.all_names]
    claimed = {path for folder in folders for path in (folder, folder.parent)}
    return [path.name for path in dataset.folders.values() if path not in claimed]


def _missing_folder(dataset: DiskDataset, name: str, unclaimed: list[str]) -> Finding:
    """Reports a missing folder, or a similar name that may be it."""
    expected = dataset.folder_name(name)
    if near := difflib.get_close_matches(expected, unclaimed, n=1, cutoff=0.8):
        problem = (
            f"there is no folder {expected} in {dataset.root}, but {near[0]}; rename it if it is the same"
        )
        return Finding(name, "name", problem)
    return Finding(name, "folder", f"there is no folder {dataset.folder(name)}")


def _extra_images(frames: ImageFiles, allowed: bool) -> Iterator[str]:
    folders = {path.parent for path in frames.paths}
    images = {path for folder in folders for path in folder.iterdir() if is_image(path)}
    extra = sorted(images - set(frames.paths))
    if extra and not allowed:
        yield (
            f"{extra[0].parent}: {counted(len(extra), 'image')} more than the "
            f"{counted(len(frames), 'frame')}, such as {extra[0].name}; remove "
            f"{agree(len(extra), 'it', 'them')} or download the sequence again"
        )


def _empty_files(frames: ImageFiles) -> Iterator[str]:
    empty = [path for path in frames.paths if path.stat().st_size == 0]
    if empty:
        found = counted_of(len(empty), len(frames), "frame")
        yield f"{found} {agree(len(empty), 'is an empty file', 'are empty files')}, first {empty[0]}"


def _undecodable(frames: Frames, decoders: Executor, report: Callable[[float], None] | None) -> Iterator[str]:
    def attempt(index: int) -> str:
        try:
            frames[index]
        except SequenceError as error:
            return str(error)
        return ""

    errors = []
    for done, error in enumerate(decoders.map(attempt, range(len(frames))), start=1):
        if report:
            report(done / len(frames))
        if error:
            errors.append(error)
    if errors:
        yield f"{counted_of(len(errors), len(frames), 'frame')} cannot be decoded; first {errors[0]}"
