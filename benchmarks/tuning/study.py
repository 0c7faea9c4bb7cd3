"""An Optuna study in a file: which settings to try next, and what the trials gave.

The journal of Optuna is one file that only grows, so that a study survives a kill. The sampler is seeded anew
for each trial, from the seed and the trial's number: a study that was interrupted proposes the same settings
as one that was not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.tuning.ranges import Choice, Range
from trackers.errors import UserError, describe_error

_KEY = "sotbench"
_NAME = "sotbench"
_REASON = "reason"


@dataclass(frozen=True)
class Trial:
    """One set of settings, and what it gave.

    Attributes:
        number: 0-based.
        state: `ok`; `failed`: its run failed; `running`: it was interrupted.
        settings: the tuned settings, by name.
        score: its score; None unless it is `ok`.
        reason: why it failed.
    """

    number: int
    state: Literal["ok", "failed", "running"]
    settings: Mapping[str, Any]
    score: float | None = None
    reason: str = ""


class Study:
    """An Optuna study in a file; created if the file is missing.

    Args:
        path: the file.
        ranges: what is tuned, by name.
        purpose: what else the trials have in common, as JSON can hold it; a study of another purpose is
            refused.
        seed: seeds the sampler.
        maximize: whether a higher score is better.

    Raises:
        UserError: Optuna is missing, or the file is no study, or one of another purpose.
    """

    def __init__(
        self,
        path: Path,
        ranges: Mapping[str, Range],
        purpose: Mapping[str, Any],
        seed: int,
        maximize: bool,
    ) -> None:
        self._optuna = optuna = import_optuna()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._seed = seed
        self._maximize = maximize
        self._ranges = {name: self._distribution(span) for name, span in ranges.items()}
        wanted = {**purpose, "ranges": {name: str(span) for name, span in ranges.items()}, "seed": seed}
        new = not path.exists()
        try:
            storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))
            self._study = optuna.create_study(
                storage=storage,
                study_name=_NAME,
                direction="maximize" if maximize else "minimize",
                load_if_exists=True,
            )
            found = self._study.user_attrs.get(_KEY)
        except OSError:
            raise
        except Exception as error:  # whatever Optuna raises for a file that is not a journal
            raise UserError(
                f"{path} is not a study of `sotbench tune` ({describe_error(error, 100)}); give another --out"
            ) from None
        if found is None and (new or not self._study.trials):
            self._study.set_user_attr(_KEY, wanted)
        elif found != json.loads(json.dumps(wanted)):
            differing = [key for key in wanted if (found or {}).get(key) != wanted[key]]
            raise UserError(
                f"{path} is a study of other {' and '.join(differing)}; give another --out, or remove it"
            )

    def trials(self) -> list[Trial]:
        """Returns all trials in their order."""
        return [_trial(frozen) for frozen in self._study.get_trials(deepcopy=False)]

    def best(self) -> Trial | None:
        """Returns the trial with the best score, the first of several; None if none is ok."""
        done = [trial for trial in self.trials() if trial.score is not None]
        sign = -1 if self._maximize else 1
        return min(done, key=lambda trial: sign * (trial.score or 0.0), default=None)

    def ask(self, first: Mapping[str, Any] | None = None) -> Trial:
        """Starts a trial and returns its settings.

        Args:
            first: settings to try before all others; ignored unless the study is empty.
        """
        number = len(self._study.get_trials(deepcopy=False))
        seed = np.random.SeedSequence([abs(self._seed), number]).generate_state(1)[0]
        self._study.sampler = self._optuna.samplers.TPESampler(seed=int(seed))
        if first and number == 0:
            self._study.enqueue_trial(dict(first))
        asked = self._study.ask(self._ranges)
        return Trial(asked.number, "running", asked.params)

    def finish(self, number: int, score: float) -> None:
        """Records the score of a trial."""
        self._study.tell(number, score)

    def fail(self, number: int, reason: str) -> None:
        """Records that a trial has failed, and why."""
        # Only a running trial takes attributes.
        self._study.set_user_attr(f"{_REASON}-{number}", reason)
        self._study.tell(number, state=self._optuna.trial.TrialState.FAIL)

    def reason(self, number: int) -> str:
        """Returns why a trial has failed; empty if it has not."""
        return str(self._study.user_attrs.get(f"{_REASON}-{number}", ""))

    def importances(self) -> dict[str, float]:
        """Returns each setting's share of what decided the score, highest first.

        By PED-ANOVA (Watanabe, Bansal and Hutter, 2023): how much the settings of the better trials differ
        from those of all. Empty with fewer than four trials, or if all trials gave the same score.
        """
        scores = {trial.score for trial in self.trials() if trial.score is not None}
        if len(scores) < 4:
            return {}
        evaluator = self._optuna.importance.PedAnovaImportanceEvaluator()
        found = self._optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: float(value) for name, value in found.items() if np.isfinite(value)}

    def _distribution(self, span: Range) -> Any:
        kinds = self._optuna.distributions
        if isinstance(span, Choice):
            return kinds.CategoricalDistribution(span.values)
        if span.integer:
            return kinds.IntDistribution(span.low, span.high, log=span.log, step=span.step or 1)
        return kinds.FloatDistribution(span.low, span.high, log=span.log, step=span.step)


def _trial(frozen: Any) -> Trial:
    states: dict[str, Literal["ok", "failed", "running"]] = {"COMPLETE": "ok", "FAIL": "failed"}
    state: Literal["ok", "failed", "running"] = states.get(frozen.state.name, "running")
    return Trial(frozen.number, state, dict(frozen.params), frozen.value if state == "ok" else None)


def import_optuna() -> Any:
    """Imports Optuna.

    Raises:
        UserError: it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise UserError(
            f"tuning needs Optuna ({error}); install it with: pip install 'sotbench[tune]'"
        ) from None
    return optuna
