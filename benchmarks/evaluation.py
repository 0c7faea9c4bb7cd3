"""Finds, reads and scores runs: the one path from a results folder to scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from benchmarks.datasets import Dataset, open_dataset
from benchmarks.datasets.subset import select_part
from benchmarks.datasets.views import CachedDataset
from benchmarks.protocols import timed_updates
from benchmarks.store import RunFolder, RunResults, select_runs
from benchmarks.store.parallel_reading import apply_to_runs, read_runs_parallel
from benchmarks.wording import first_names
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.scoring import RunScore, ScoringProfile

_T = TypeVar("_T")

Notify: TypeAlias = Callable[[str], None]
"""Receives what a reader of the scores should know, one sentence at a time."""


def ignore(message: str) -> None:
    """Drops a message."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The selected runs, and the ground truth that they are scored on.

    Attributes:
        dataset: the data set, or the part of it that was selected.
        protocol: the protocol that the runs were made by.
        results: the folder of all results.
        trackers: names, in the requested order; None for all trackers with results.
    """

    dataset: Dataset
    protocol: str = "ope"
    results: Path = Path("results")
    trackers: tuple[str, ...] | None = None

    def folders(self) -> list[RunFolder]:
        """Finds the folders of the selected runs.

        Raises:
            UserError: there is none, or none of a named tracker.
        """
        named = None if self.trackers is None else list(self.trackers)
        return select_runs(self.results, self.dataset.name, self.protocol, named, self.dataset.related)

    def read_all(self) -> dict[str, RunResults | UserError]:
        """Reads all selected runs with their times; by tracker, its results on the data set, or why not.

        Raises:
            UserError: there is no such run.
        """
        from benchmarks.scoring.pairing import restrict_to_dataset

        folders = self.folders()
        runs = zip(folders, read_runs_parallel(folders), strict=True)
        return {
            folder.tracker: run if isinstance(run, UserError) else restrict_to_dataset(run, self.dataset)
            for folder, run in runs
        }

    def read(self, notify: Notify) -> Iterator[RunResults]:
        """Reads the selected runs one by one, without times, which are NaN.

        Args:
            notify: receives what a run lacks, and which of several runs cannot be read.

        Raises:
            UserError: there is no such run, or none that can be read.
        """
        restrict = _Work(self.dataset, _unchanged)
        runs = read_runs_parallel(self.folders(), with_times=False)
        yield from self._each(notify, (run if isinstance(run, UserError) else restrict(run) for run in runs))

    def score(self, profile: ScoringProfile, notify: Notify) -> Iterator[RunScore]:
        """Scores the selected runs one by one, by one profile.

        Args:
            profile: the scoring profile.
            notify: receives what a run lacks, and which of several runs cannot be scored.

        Raises:
            UserError: there is no such run, or none that can be scored.
        """
        notified: set[str] = set()
        work = _Work(self.dataset, _ScoreBy(self.dataset, profile))
        outcomes = apply_to_runs(self.folders(), work, with_times=False)
        for _, score in self._each(notify, outcomes):
            _notify_once(score, notify, notified)
            yield score

    def score_all(
        self, profiles: Sequence[ScoringProfile], notify: Notify
    ) -> Iterator[tuple[ScoringProfile, RunScore]]:
        """Scores the selected runs one by one, by each profile that can score them.

        Args:
            profiles: the scoring profiles. If one refuses a run, the others still score it.
            notify: receives what a run lacks, and which profile cannot score it.

        Raises:
            UserError: there is no such run, or none that can be read.
        """
        notified: set[str] = set()
        work = _Work(self.dataset, _ScoreByEach(self.dataset, tuple(profiles)))
        outcomes = apply_to_runs(self.folders(), work, with_times=False)
        for tracker, scores in self._each(notify, outcomes):
            for profile in profiles:
                score = scores[profile.name]
                if not isinstance(score, str):
                    _notify_once(score, notify, notified)
                    yield profile, score
            for reason, names in refusals(scores).items():
                notify(f"{tracker}: {', '.join(names)} is left out: {reason}")

    def _each(self, notify: Notify, outcomes: Iterator[_Outcome[_T] | UserError]) -> Iterator[_T]:
        """Yields what was made of each run; of several runs, those that fail are left out with a message."""
        folders = self.folders()
        refused = 0
        for folder, outcome in zip(folders, outcomes, strict=True):
            value: _T | UserError = outcome if isinstance(outcome, UserError) else outcome.value
            for message in () if isinstance(outcome, UserError) else outcome.messages:
                notify(message)
            if not isinstance(value, UserError):
                yield value
                continue
            if len(folders) == 1:
                raise value
            refused += 1
            notify(f"{folder.tracker} is left out: {value}")
        if refused == len(folders):
            raise UserError(f"none of these {refused} runs can be scored; see above")


@dataclass(frozen=True)
class _Outcome(Generic[_T]):
    """What was made of a run, or why nothing, and messages on what the run lacks."""

    value: _T | UserError
    messages: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Work(Generic[_T]):
    """Applies `make` to the part of a run that belongs to the data set; a reader of runs may do it."""

    dataset: Dataset
    make: Callable[[RunResults], _T]

    def __call__(self, run: RunResults) -> _Outcome[_T]:
        from benchmarks.scoring.pairing import restrict_to_dataset

        messages: list[str] = []
        try:
            run = restrict_to_dataset(run, self.dataset)
            notify_of_gaps(run, self.dataset, messages.append)
            return _Outcome(self.make(run), tuple(messages))
        except UserError as error:
            return _Outcome(error, tuple(messages))


def _unchanged(run: RunResults) -> RunResults:
    return run


@dataclass(frozen=True, eq=False)
class _ScoreBy:
    """Returns a run's tracker and score."""

    dataset: Dataset
    profile: ScoringProfile

    def __call__(self, run: RunResults) -> tuple[str, RunScore]:
        from benchmarks.scoring import score_run

        return run.tracker, score_run(run, self.dataset, self.profile)


@dataclass(frozen=True, eq=False)
class _ScoreByEach:
    """Returns a run's tracker and its score by each profile; see `score_by_each`."""

    dataset: Dataset
    profiles: tuple[ScoringProfile, ...]

    def __call__(self, run: RunResults) -> tuple[str, dict[str, RunScore | str]]:
        return run.tracker, score_by_each(run, self.dataset, self.profiles)


def select(
    dataset: str | Dataset,
    *,
    protocol: str = "ope",
    results: Path = Path("results"),
    trackers: Sequence[str] | None = None,
    data_root: Path | None = None,
    split: str | None = None,
    sequences: Sequence[str] | None = None,
    attributes: Sequence[str] | None = None,
) -> Selection:
    """Selects runs by name; each sequence's ground truth is read once, however many runs are scored.

    Args:
        dataset: a data set's name, or an open one.
        protocol: the protocol that the runs were made by.
        results: the folder of all results.
        trackers: names; None for all trackers with results.
        data_root: the folder that holds one folder per data set.
        split: which part of a data set that has several.
        sequences: names of sequences, or `@FILE` for a list in a file; None for all.
        attributes: sequences that have all of these attributes; None for all.

    Raises:
        UserError: a name is unknown, or the data set's files are missing.
    """
    opened = open_dataset(dataset, data_root, split) if isinstance(dataset, str) else dataset
    part = select_part(CachedDataset(opened), sequences, attributes)
    return Selection(part, protocol, results, None if trackers is None else tuple(trackers))


def score_by_each(
    run: RunResults, dataset: Dataset, profiles: Sequence[ScoringProfile]
) -> dict[str, RunScore | str]:
    """Scores a run by each profile; by the profiles' names, the score, or why the profile refuses the run."""
    from benchmarks.scoring import score_run

    scores: dict[str, RunScore | str] = {}
    for profile in profiles:
        try:
            scores[profile.name] = score_run(run, dataset, profile)
        except UserError as error:
            scores[profile.name] = str(error)
    return scores


def refusals(scores: Mapping[str, RunScore | str]) -> dict[str, list[str]]:
    """Groups the profiles that refused a run by their reason."""
    refused: dict[str, list[str]] = {}
    for name, score in scores.items():
        if isinstance(score, str):
            refused.setdefault(score, []).append(name)
    return refused


def updates_per_second(run: RunResults) -> float | None:
    """Returns updates divided by the tracker's time, over all sequences of a run, initialization left out.

    None where no time is known, as in most results of other tools, or where several workers shared the
    machine, so that times are not those of the tracker alone.
    """
    if run.manifest is None or any("workers" in environment for environment in run.manifest.environments):
        return None
    counted = [timed_updates(trajectories) for trajectories in run.trajectories.values()]
    updates, seconds = (sum(values) for values in zip(*counted, strict=True)) if counted else (0, 0.0)
    return updates / seconds if seconds > 0 else None


def notify_of_gaps(run: RunResults, dataset: Dataset, notify: Notify) -> None:
    """Notifies of a run's notes, its sequences without results, and those that cannot be scored."""
    for note in run.notes:
        notify(f"{run.tracker}: {note}")
    if run.trajectories:  # for a run without any, the following error reports it
        for sequence, reason in run.failed.items():
            notify(f"{run.tracker}: {sequence} is left out: {reason}")
    if note := first_box_note(run, dataset):
        notify(f"{run.tracker}: {note}")


def first_box_note(run: RunResults, dataset: Dataset) -> str:
    """Returns which sequences are not scored because only their first box is known; empty for none or all."""
    from benchmarks.scoring.pairing import sequences_without_truth

    present = [name for name in dataset.names() if name in run.trajectories]
    unknown = sequences_without_truth(run, dataset, present)
    if not 0 < len(unknown) < len(present):
        return ""
    return f"not scored, because only the first box is known: {first_names(unknown)}"


def _notify_once(score: RunScore, notify: Notify, notified: set[str]) -> None:
    """Notifies of a score's notes; of many scores that share a note, once."""
    for note in score.notes:
        if note not in notified:
            notified.add(note)
            notify(note)
