"""Reads and scores the runs of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.evaluation import first_box_note, refusals, score_by_each, updates_per_second
from benchmarks.scoring import RunScore, ScoringProfile
from benchmarks.scoring.pairing import restrict_to_dataset
from benchmarks.store import Manifest, RunFolder, RunResults
from benchmarks.store.journal import journal_path
from benchmarks.store.parallel_reading import apply_to_runs
from reports.page.series import Series, measure_series
from trackers.errors import UserError


@dataclass(frozen=True, eq=False)
class TrackerReport:
    """A tracker's run with its scores.

    Attributes:
        tracker: the tracker's name.
        manifest: the run's settings, environment, and status of each sequence.
        unscored: by sequence, why it is not scored.
        scores: by profile, the score, or a sentence on why the profile cannot score the run.
        series: by sequence, overlaps and errors over time; empty if the page does not show them.
        fps: updates per second of the tracker's own time; None if times are unknown.
        notes: sentences that qualify the scores.
        sequences: the sequences with results.
    """

    tracker: str
    manifest: Manifest
    unscored: Mapping[str, str]
    scores: Mapping[str, RunScore | str]
    series: Mapping[str, Series]
    fps: float | None
    notes: tuple[str, ...] = ()
    sequences: frozenset[str] = frozenset()


@dataclass
class ReportLoader:
    """Reads and scores runs, and caches those that have not changed.

    Attributes:
        dataset: the ground truth.
        profiles: the rules of scoring.
        regions: whether to keep regions, to draw on frames.
        left_out: after `load`, by tracker, why its run cannot be read.
    """

    dataset: Dataset
    profiles: Sequence[ScoringProfile]
    regions: bool = True
    left_out: dict[str, str] = field(default_factory=dict)
    _known: dict[str, tuple[object, TrackerReport]] = field(default_factory=dict)

    def load(
        self, folders: Sequence[RunFolder], notify: Callable[[str], None] = lambda _: None
    ) -> list[TrackerReport]:
        """Reads and scores runs; leaves out runs that cannot be read.

        Args:
            folders: the runs' folders.
            notify: receives a sentence on each thing that cannot be read or scored, and each note.

        Raises:
            UserError: none of the runs can be read, or scored.
        """
        self.left_out = {}
        stamps = {folder.tracker: manifest_stamp(folder.manifest_path) for folder in folders}
        known = {name: one for name, one in self._known.items() if one[0] == stamps.get(name, one)}
        new = [folder for folder in folders if folder.tracker not in known]
        work = _Reporter(self.dataset, tuple(self.profiles), self.regions)
        for folder, report in zip(new, apply_to_runs(new, work), strict=True):
            if isinstance(report, UserError):
                self.left_out[folder.tracker] = str(report)
                notify(f"{folder.tracker} is left out: {report}")
            else:
                known[folder.tracker] = stamps[folder.tracker], report
        self._known = known
        reports = [known[folder.tracker][1] for folder in folders if folder.tracker in known]
        if not reports:
            raise UserError(next(iter(self.left_out.values())))
        for report in reports:
            _tell(report, notify)
        refused = [score for report in reports for score in report.scores.values() if isinstance(score, str)]
        if len(refused) == len(reports) * len(self.profiles):
            raise UserError(f"no profile can score these results: {refused[0]}")
        return reports


@dataclass(frozen=True, eq=False)
class _Reporter:
    """Makes the report of a run; a reader of runs may do it."""

    dataset: Dataset
    profiles: tuple[ScoringProfile, ...]
    regions: bool

    def __call__(self, run: RunResults) -> TrackerReport:
        run = restrict_to_dataset(run, self.dataset)
        scores = score_by_each(run, self.dataset, self.profiles)
        score_notes = [
            note for score in scores.values() if not isinstance(score, str) for note in score.notes
        ]
        if run.manifest is None:
            raise ValueError(f"the run of {run.tracker} was not read from a manifest")
        present = set(self.dataset.names())
        return TrackerReport(
            run.tracker,
            run.manifest,
            run.failed,
            scores,
            self._series(run),
            updates_per_second(run),
            (*run.notes, *filter(None, [first_box_note(run, self.dataset)]), *dict.fromkeys(score_notes)),
            frozenset(name for name, held in run.trajectories.items() if held and name in present),
        )

    def _series(self, run: RunResults) -> dict[str, Series]:
        series = {}
        for name in self.dataset.names():
            if run.trajectories.get(name):
                try:
                    series[name] = measure_series(self.dataset[name], run.trajectories[name][0], self.regions)
                except SequenceError:
                    continue  # the scores report it
        return series


def _tell(report: TrackerReport, notify: Callable[[str], None]) -> None:
    """Reports a run's notes, and what is not scored."""
    for note in report.notes:
        notify(f"{report.tracker}: {note}")
    if report.sequences:  # without any, the refusals below say it once
        for sequence, why in report.unscored.items():
            notify(f"{report.tracker}: {sequence} is left out: {why}")
    for reason, profiles in refusals(report.scores).items():
        notify(f"{report.tracker}: {', '.join(profiles)} is left out: {reason}")


def manifest_stamp(path: Path) -> object:
    """Returns a value that changes whenever a manifest or its journal is written; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    try:
        journal = journal_path(path).stat().st_size
    except OSError:
        journal = 0
    return status.st_mtime_ns, status.st_size, status.st_ino, journal
