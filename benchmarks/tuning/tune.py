"""Tunes a tracker: runs it with different settings, scores each run, and keeps the best settings."""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.datasets import Dataset
from benchmarks.evaluation import ignore, select
from benchmarks.running import RunSettings, run
from benchmarks.scoring import choose_profile
from benchmarks.scoring.metrics import Metric
from benchmarks.scoring.profiles import ScoringProfile
from benchmarks.store.digests import file_digest
from benchmarks.store.lock import FolderLock
from benchmarks.tuning.range_checks import check_ranges
from benchmarks.tuning.ranges import Choice, Range
from benchmarks.tuning.study import Study, Trial, import_optuna
from trackers.atomic import write_atomic
from trackers.catalog import TrackerSpec
from trackers.errors import UserError, printable
from trackers.registry import did_you_mean
from trackers.settings_file import format_settings
from trackers.wording import counted

STUDY_FILE = "study.log"
BEST_FILE = "best.toml"
PLOT_FILE = "tuning.png"
_RUNS = "results"
_ATTEMPT_FILE = "attempt.json"
_MAX_ATTEMPTS = 2
"""How often a trial is begun before it counts as failed: its tracker may end our own process each time."""


@dataclass(frozen=True)
class TuneSettings:
    """What to tune, and how.

    Attributes:
        spec: the tracker, with the settings that stay.
        ranges: what is tuned, by name.
        out: the folder of the study, the best settings, the plot and the runs.
        trials: how many trials the study has in the end.
        seed: seeds the choice of settings, and every run.
        workers: processes that share the sequences of each trial.
        protocol: how the tracker is run.
        profile: the scoring profile; None for the data set's.
        metric: what is optimized; None for the profile's first metric.
        timeout: seconds that one sequence may take.
    """

    spec: TrackerSpec
    ranges: Mapping[str, Range]
    out: Path
    trials: int = 30
    seed: int = 0
    workers: int = 1
    protocol: str = "ope"
    profile: str | None = None
    metric: str | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class Tuning:
    """The result of tuning.

    Attributes:
        path: the folder of the study.
        metric: the name of what was optimized.
        trials: all trials, in their order.
        best: the best of them; None if all failed.
        importances: each setting's share of what decided the score; see `Study.importances`.
    """

    path: Path
    metric: str
    trials: tuple[Trial, ...]
    best: Trial | None
    importances: Mapping[str, float]

    @property
    def settings_file(self) -> Path:
        """The file with the best settings, which `run --settings` takes."""
        return self.path / BEST_FILE

    def __repr__(self) -> str:
        score = "all failed" if self.best is None else f"best {self.metric} {self.best.score:.4f}"
        return f"<Tuning: {counted(len(self.trials), 'trial')}, {score}; {self.path}>"


def default_folder(spec: TrackerSpec, dataset: Dataset) -> Path:
    """Returns the folder of a study, if none is named."""
    return Path("tuning") / re.sub(r"[^\w.+-]", "_", f"{spec.label}-{dataset.name}")


Report = Callable[[Trial, Trial | None], None]
"""Receives a trial that has ended, and the best so far."""


def ignore_trial(trial: Trial, best: Trial | None) -> None:
    """A `Report` that does nothing."""


def tune(
    settings: TuneSettings, dataset: Dataset, names: Sequence[str], on_trial: Report = ignore_trial
) -> Tuning:
    """Runs trials until the study has as many as asked for; those of an earlier call count.

    A trial that was interrupted is run again with the same settings, and its finished sequences are kept.
    A trial whose run fails is recorded, and the next begins.

    Args:
        settings: what to tune, and how.
        dataset: the validation set.
        names: its sequences to run.
        on_trial: called after each trial.

    Raises:
        UserError: a setting, a metric or a value is unknown or invalid, Optuna is missing, or the folder
            holds another study or is in use.
    """
    import_optuna()
    if not settings.ranges:
        near = [
            f"'{value}' for '{name}'" for name, value in settings.spec.settings.items() if ":" in str(value)
        ]
        no_range = f"{near[0]} is not a range of numbers; " if near else ""
        raise UserError(f"nothing to tune; {no_range}give a range, such as --set scale_step=1.02:1.08")
    profile = choose_profile(settings.profile, dataset.name, settings.protocol)
    metric = _metric(profile, settings.metric)
    first = _defaults(settings)
    with FolderLock(settings.out):
        study = Study(
            settings.out / STUDY_FILE,
            settings.ranges,
            _purpose(settings, dataset, names, profile, metric),
            settings.seed,
            metric.higher_is_better,
        )
        tuner = _Tuner(settings, dataset, list(names), profile, metric, study)
        try:
            tuner.run(first, on_trial)
        finally:
            tuning = Tuning(
                settings.out, metric.name, tuple(study.trials()), study.best(), study.importances()
            )
            if tuning.best is not None:
                _write_best(tuning, settings, dataset, names)
                _plot(tuning, metric)
    return tuning


class _Tuner:
    def __init__(
        self,
        settings: TuneSettings,
        dataset: Dataset,
        names: list[str],
        profile: ScoringProfile,
        metric: Metric,
        study: Study,
    ) -> None:
        self._settings = settings
        self._dataset = dataset
        self._names = names
        self._profile = profile
        self._metric = metric
        self._study = study
        self._attempts = settings.out / _ATTEMPT_FILE

    def run(self, first: Mapping[str, Any] | None, on_trial: Report) -> None:
        """Finishes interrupted trials, then runs new ones."""
        for trial in self._study.trials():
            if trial.state == "running":
                self._finish(trial, on_trial)
        for _ in range(len(self._study.trials()), self._settings.trials):
            self._finish(self._study.ask(first), on_trial)

    def _finish(self, trial: Trial, on_trial: Report) -> None:
        try:
            if trial.settings.keys() != self._settings.ranges.keys():
                raise UserError("it was interrupted before its settings were chosen")
            attempts = self._begin(trial.number)
            if attempts > _MAX_ATTEMPTS:
                raise UserError(f"the process ended {attempts - 1} times while it ran")
            score = self._score(trial)
        except UserError as error:
            self._study.fail(trial.number, str(error))
        except KeyboardInterrupt:
            self._attempts.unlink(missing_ok=True)  # that is no fault of the trial
            raise
        else:
            self._study.finish(trial.number, score)
        ended = self._study.trials()[trial.number]
        on_trial(replace(ended, reason=self._study.reason(trial.number)), self._study.best())

    def _begin(self, number: int) -> int:
        """Counts how often a trial has begun, and returns that."""
        attempts = 1
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            earlier = json.loads(self._attempts.read_text(encoding="utf-8"))
            if earlier["trial"] == number:
                attempts += int(earlier["attempts"])
        content = json.dumps({"trial": number, "attempts": attempts})
        write_atomic(self._attempts, content.encode())
        return attempts

    def _score(self, trial: Trial) -> float:
        """Runs the tracker with a trial's settings and returns the score.

        Raises:
            UserError: it cannot be built, or a sequence failed, or the score is undefined.
        """
        settings = self._settings
        chosen = {**settings.spec.settings, **{name: str(value) for name, value in trial.settings.items()}}
        name = f"trial-{trial.number:04d}"
        summary = run(
            RunSettings(
                spec=replace(settings.spec, settings=chosen),
                name=name,
                results=settings.out / _RUNS,
                protocol=settings.protocol,
                seed=settings.seed,
                timeout=settings.timeout,
                workers=settings.workers,
                quiet=True,
            ),
            self._dataset,
            self._names,
        )
        if summary.failed:
            sequence, record = next(iter(summary.failed.items()))
            raise UserError(f"{sequence}: {record.message}")
        selection = select(
            self._dataset,
            protocol=settings.protocol,
            results=settings.out / _RUNS,
            trackers=[name],
            sequences=self._names,
        )
        value = next(iter(selection.score(self._profile, ignore))).records()[0][self._metric.name]
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise UserError(f"{self._metric.name} is not defined on these sequences")
        return float(value)


def _metric(profile: ScoringProfile, name: str | None) -> Metric:
    if name is None:
        return profile.main_metric
    metrics = {metric.name: metric for metric in profile.metrics}
    if name not in metrics:
        raise UserError(
            f"profile {profile.name} has no metric '{name}'{did_you_mean(name, list(metrics))}; it has "
            f"{', '.join(metrics)}"
        )
    return metrics[name]


def _defaults(settings: TuneSettings) -> dict[str, Any] | None:
    """Checks all settings; returns the tracker's own values of those to tune.

    Returns:
        None if one has no default, or one outside its range.

    Raises:
        UserError: the tracker does not have a setting, or does not accept one of its values.
    """
    spec, ranges = settings.spec, settings.ranges
    if spec.program is not None:
        raise UserError(f"tracker '{spec.tracker}' is a program, and takes no settings to tune")
    if both := ranges.keys() & spec.settings.keys():
        raise UserError(f"'{min(both)}' has both a range and a value")
    check_ranges(spec, ranges)
    parameters = inspect.signature(spec.factory()).parameters
    defaults = {name: parameters[name].default for name in ranges if name in parameters}
    fitting = {name: value for name, value in defaults.items() if value in ranges[name]}
    if fitting.keys() != ranges.keys():
        return None
    return {
        name: str(value) if isinstance(ranges[name], Choice) else value for name, value in fitting.items()
    }


def _purpose(
    settings: TuneSettings,
    dataset: Dataset,
    names: Sequence[str],
    profile: ScoringProfile,
    metric: Metric,
) -> dict[str, Any]:
    """Returns what trials must have in common to be compared, in the words of a message."""
    weights = settings.spec.weights_file()
    return {
        "tracker": settings.spec.tracker,
        "settings": {name: str(value) for name, value in sorted(settings.spec.settings.items())},
        "weights": file_digest(weights) if weights else None,
        "data set": dataset.name,
        "sequences": list(names),
        "protocol": settings.protocol,
        "profile": profile.name,
        "metric": metric.name,
    }


def _write_best(tuning: Tuning, settings: TuneSettings, dataset: Dataset, names: Sequence[str]) -> None:
    assert tuning.best is not None
    done = sum(trial.score is not None for trial in tuning.trials)
    comment = (
        f"The best of {counted(done, 'trial')} of {settings.spec.tracker}: {tuning.metric} "
        f"{tuning.best.score:.4f} on {counted(len(names), 'sequence')} of {dataset.name}"
    )
    values = {**settings.spec.settings, **tuning.best.settings}
    text = f"# {printable(comment)}\n{format_settings(values)}"
    write_atomic(tuning.settings_file, text.encode())


def _plot(tuning: Tuning, metric: Metric) -> None:
    from benchmarks.tuning.plot import plot_tuning  # imports matplotlib

    plot_tuning(tuning.trials, tuning.importances, metric, tuning.path / PLOT_FILE)
