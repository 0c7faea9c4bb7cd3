"""From a results folder to what a report says of each tracker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.protocols import timed_updates
from benchmarks.scoring import NamedRules, RunScore, score_run
from benchmarks.store import Manifest, Run, RunFolder, read_run
from benchmarks.store.journal import journal_path
from reports.page.series import Series, measure_series
from trackers.errors import UserError


@dataclass(frozen=True, eq=False)
class TrackerReport:
    """What is known of one tracker's run.

    Attributes:
        tracker: its name.
        manifest: what it was run with, and what became of each sequence.
        lacking: by sequence, why it is not scored.
        scores: by profile; or a sentence on why the profile cannot score it.
        series: by sequence.
        fps: updates per second of the tracker's own time; None where times are not known.
    """

    tracker: str
    manifest: Manifest
    lacking: Mapping[str, str]
    scores: Mapping[str, RunScore | str]
    series: Mapping[str, Series]
    fps: float | None


@dataclass
class Gatherer:
    """Reads runs and scores them; one that did not change since the last time is not read again.

    Attributes:
        results: the folder of all results.
        dataset: the ground truth.
        protocol: whose results are read.
        profiles: the rules that they are scored by.
    """

    results: Path
    dataset: Dataset
    protocol: str
    profiles: Sequence[NamedRules]
    _known: dict[str, tuple[object, TrackerReport]] = field(default_factory=dict)

    def gather(
        self, trackers: Sequence[str], said: Callable[[str], None] = lambda _: None
    ) -> list[TrackerReport]:
        """Reads the runs of `trackers`.

        Args:
            trackers: whose runs.
            said: is told, in a sentence, what cannot be scored.

        Raises:
            UserError: a manifest is damaged, or nothing at all can be scored.
        """
        reports = [self._report(tracker) for tracker in trackers]
        for report in reports:
            for sequence, why in report.lacking.items():
                said(f"{report.tracker}: {sequence} is left out: {why}")
            for profile, score in report.scores.items():
                if isinstance(score, str):
                    said(f"{report.tracker}: {profile} is left out: {score}")
        refusals = [score for report in reports for score in report.scores.values() if isinstance(score, str)]
        if len(refusals) == len(reports) * len(self.profiles):
            raise UserError(f"no profile can score these results: {refusals[0]}")
        return reports

    def _report(self, tracker: str) -> TrackerReport:
        folder = RunFolder(self.results, self.dataset.name, tracker, self.protocol)
        stamp = manifest_stamp(folder.manifest_path)
        if tracker in self._known and self._known[tracker][0] == stamp:
            return self._known[tracker][1]
        run = read_run(self.results, self.dataset.name, tracker, self.protocol)
        manifest = folder.read_manifest()
        if manifest is None:
            raise UserError(f"{folder.manifest_path} was removed while it was read; try again")
        report = TrackerReport(
            tracker,
            manifest,
            run.failed,
            {profile.name: self._score(run, profile) for profile in self.profiles},
            self._series(run),
            updates_per_second(run, manifest),
        )
        self._known[tracker] = (stamp, report)
        return report

    def _score(self, run: Run, profile: NamedRules) -> RunScore | str:
        try:
            return score_run(run, self.dataset, profile)
        except UserError as error:
            # One run that cannot be scored is no reason to withhold the others.
            return str(error)

    def _series(self, run: Run) -> dict[str, Series]:
        series = {}
        for name in self.dataset.names():
            if run.trajectories.get(name):
                try:
                    series[name] = measure_series(self.dataset[name], run.trajectories[name][0])
                except SequenceError:
                    continue  # the scores say it
        return series


def manifest_stamp(path: Path) -> object:
    """Changes whenever a manifest or its journal is written; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    try:
        journal = journal_path(path).stat().st_size
    except OSError:
        journal = 0
    return status.st_mtime_ns, status.st_size, status.st_ino, journal


def updates_per_second(run: Run, manifest: Manifest) -> float | None:
    """Updates divided by the tracker's time, initialisations left out, over all sequences of a run.

    None where no time is known, as in most results of other tools, or where it was not the tracker's own
    because several workers shared the machine.
    """
    if any("workers" in environment for environment in manifest.environments):
        return None
    counted = [timed_updates(trajectories) for trajectories in run.trajectories.values()]
    updates, seconds = (sum(values) for values in zip(*counted, strict=True)) if counted else (0, 0.0)
    return updates / seconds if seconds > 0 else None
