"""What of a data set is there, what is missing, and what is wrong with it: sequence by sequence."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.datasets.frames import ImageFiles
from benchmarks.datasets.sequence import Dataset, Frames, SequenceError, start_problem
from trackers.errors import system_reason
from trackers.images import IMAGE_SUFFIXES

Progress = Callable[[str, float], None]
"""Is told which sequence is looked at, and what share of it has been: 0 to 1."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the data set's authors have it."""

    sequence: str
    part: Literal["folder", "name", "ground truth", "frames"]
    problem: str
    """A sentence: what is wrong and where."""
    harmless: bool = False
    """True if it keeps nobody from running and scoring the sequence here."""


@dataclass(frozen=True)
class VerificationResult:
    """What was found out about one sequence."""

    sequence: str
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether ground truth and frames are as they should be."""
        return all(finding.harmless for finding in self.findings)

    @property
    def scorable(self) -> bool:
        """Whether ground truth, which is enough to score results, is as it should be."""
        return all(finding.harmless or finding.part == "frames" for finding in self.findings)


def verify(
    dataset: Dataset,
    names: Sequence[str] | None = None,
    decoders: Executor | None = None,
    progress: Progress | None = None,
) -> Iterator[VerificationResult]:
    """Looks at each sequence in turn.

    Args:
        dataset: what to look at.
        names: which sequences; all by default.
        decoders: threads in which every frame is decoded; without them files are found and their sizes asked.
        progress: is told when a sequence begins, and of the frames that are decoded.
    """
    present = set(dataset.names())
    strays = _strays(dataset) if isinstance(dataset, DiskDataset) else []
    for name in dataset.all_names if names is None else names:
        tell = partial(progress, name) if progress else None
        if tell:
            tell(0.0)
        if isinstance(dataset, DiskDataset) and name not in present and not dataset.folder(name).is_dir():
            findings = [_missing_folder(dataset, name, strays)]
        else:
            findings = list(_look(dataset, name, decoders, tell))
        yield VerificationResult(name, tuple(findings))


def _look(
    dataset: Dataset, name: str, decoders: Executor | None, tell: Callable[[float], None] | None
) -> Iterator[Finding]:
    if isinstance(dataset, DiskDataset):
        folder = dataset.folder(name)
        if folder.is_dir() and folder.name != dataset.folder_name(name):
            problem = f"the folder {folder} is spelled {dataset.folder_name(name)} elsewhere"
            yield Finding(name, "name", problem, harmless=True)
    try:
        sequence = dataset[name]
    except SequenceError as error:
        yield Finding(name, "ground truth", str(error))
        return
    if problem := start_problem(sequence):
        yield Finding(name, "ground truth", problem)
    try:
        frames = sequence.open_frames()
    except SequenceError as error:
        yield Finding(name, "frames", str(error))
        return
    problems: list[str] = []
    if len(frames) != len(sequence.truth):
        problems.append(f"{len(frames)} frames and {len(sequence.truth)} rows of ground truth")
    if isinstance(frames, ImageFiles):
        try:
            problems += _too_many(frames, isinstance(dataset, DiskDataset) and dataset.has_extra_images(name))
            problems += _empty(frames)
        except OSError as error:
            problems.append(system_reason(error))
    if decoders is not None and not problems:
        problems += _damaged(frames, decoders, tell)
    for problem in problems:
        yield Finding(name, "frames", problem)


def _strays(dataset: DiskDataset) -> list[str]:
    """Folders that belong to no sequence, as far as their names tell."""
    places = [dataset.folder(name) for name in dataset.all_names]
    claimed = {place for folder in places for place in (folder, folder.parent)}
    return [path.name for path in dataset.folders.values() if path not in claimed]


def _missing_folder(dataset: DiskDataset, name: str, strays: list[str]) -> Finding:
    """Says that there is no folder, or which other one looks like it under a wrong name."""
    expected = dataset.folder_name(name)
    if near := difflib.get_close_matches(expected, strays, n=1, cutoff=0.8):
        problem = f"there is no folder {expected} in {dataset.root}, but {near[0]}: if that is it, rename it"
        return Finding(name, "name", problem)
    return Finding(name, "folder", f"there is no folder {dataset.folder(name)}")


def _too_many(frames: ImageFiles, spare: bool) -> Iterator[str]:
    folders = {path.parent for path in frames.paths}
    images = {path for folder in folders for path in folder.iterdir() if _is_image(path)}
    extra = sorted(images - set(frames.paths))
    if extra and not spare:
        yield (
            f"{extra[0].parent}: {len(extra)} images more than the {len(frames)} frames, such as "
            f"{extra[0].name}; remove them, or take the sequence from the data set again"
        )


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES


def _empty(frames: ImageFiles) -> Iterator[str]:
    empty = [path for path in frames.paths if path.stat().st_size == 0]
    if empty:
        yield f"{len(empty)} of {len(frames)} frames are empty files, first {empty[0]}"


def _damaged(frames: Frames, decoders: Executor, tell: Callable[[float], None] | None) -> Iterator[str]:
    def attempt(index: int) -> str:
        try:
            frames[index]
        except SequenceError as error:
            return str(error)
        return ""

    errors = []
    for done, error in enumerate(decoders.map(attempt, range(len(frames))), start=1):
        if tell:
            tell(done / len(frames))
        if error:
            errors.append(error)
    if errors:
        yield f"{len(errors)} of {len(frames)} frames cannot be decoded; first {errors[0]}"
