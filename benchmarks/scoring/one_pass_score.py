"""The score of a one-pass run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.metrics import OnePassMetric
from benchmarks.scoring.run_score import Record, RunScore
from benchmarks.scoring.statistics import Estimate, mean_estimates

if TYPE_CHECKING:
    from benchmarks.scoring.profiles.profile import OnePassProfile


@dataclass(frozen=True, eq=False, kw_only=True)
class OnePassScore(RunScore):
    """The score of a one-pass run, sequence by sequence.

    Attributes:
        frames: shape (S,): the number of frames scored in each sequence, over all passes.
        attributes: bool, shape (S,): the sequences that have each attribute, in the data set's order.
        curves: by metric, shape (S, T).
        weights: by metric, shape (S,), if sequences do not weigh the same: the number of frames that count.
        repeated: by metric, shape (S, R, T): the curve of each of R repetitions; empty if there is only one.
    """

    profile: OnePassProfile
    frames: NDArray[np.int64]
    attributes: dict[str, NDArray[np.bool_]]
    curves: dict[str, NDArray[np.float64]]
    weights: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    repeated: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def main_value(self) -> float:
        """The value of the main metric."""
        return self.value(self.profile.main_metric)

    def metrics(self) -> dict[str, Estimate]:
        """Returns the value of each metric, a mean over sequences, with its 95 % interval."""
        values = self.sequence_values()
        [estimates] = mean_estimates([np.stack(list(values.values()), axis=1)])
        named = dict(zip(values, estimates, strict=True))
        for name in named.keys() & self.weights.keys():  # shares of frames, whose linear terms may not be
            named[name] = named[name].within(0, 1)
        return named

    def value(self, metric: OnePassMetric) -> float:
        """Returns the value of `metric` without its interval, which is slow to compute."""
        return float(self._weighted(metric).mean())

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Returns each sequence's values, shape (S,), by metric, weighted so that their mean is the score."""
        return {metric.name: self._weighted(metric) for metric in self.profile.metrics}

    def repetition_std(self) -> dict[str, float]:
        """Returns the standard deviation of each metric over repetitions; empty if there is only one."""
        return {
            metric.name: float(
                np.average(
                    metric.value(self.repeated[metric.name]), axis=0, weights=self._shares(metric)
                ).std(ddof=1)
            )
            for metric in self.profile.metrics
            if metric.name in self.repeated
        }

    def _weighted(self, metric: OnePassMetric) -> NDArray[np.float64]:
        """Returns values, shape (S,), whose mean is the score.

        A weighted mean is a ratio, of which these are the linear terms: resampling them does not take
        different weights for different scores.
        """
        values = metric.value(self.curves[metric.name])
        shares = self._shares(metric)
        if shares is None:
            return values
        score = (values * shares).mean()
        linear: NDArray[np.float64] = score + (values - score) * shares
        return linear

    def _shares(self, metric: OnePassMetric) -> NDArray[np.float64] | None:
        """Returns the weights of a metric, shape (S,), with a mean of 1; None if all weigh the same."""
        weights = self.weights.get(metric.name)
        return None if weights is None or not weights.any() else weights / weights.mean()

    def by_sequence(self) -> dict[str, OnePassScore]:
        """Returns the score of each sequence."""
        return {name: self.subset(np.array([i])) for i, name in enumerate(self.sequences)}

    def by_attribute(self) -> dict[str, OnePassScore]:
        """Returns the score on the sequences that have each attribute, without attributes that none has."""
        return {name: self.subset(np.flatnonzero(has)) for name, has in self.attributes.items() if has.any()}

    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        """Returns the score at full precision: one record, or one per sequence or attribute."""
        if by == "sequence":
            return [part._row({"sequence": name}) for name, part in self.by_sequence().items()]
        if by == "attribute":
            return [part._row({"attribute": name}) for name, part in self.by_attribute().items()]
        return [self._row({})]

    def _row(self, part: Record) -> Record:
        record = self._record(part, len(self.sequences), int(self.frames.sum()), self.metrics())
        for curves in list(self.repeated.values())[:1]:
            record["repetitions"] = curves.shape[1]
        return record | {f"{name}_std": std for name, std in self.repetition_std().items()}

    def subset(self, rows: NDArray[np.intp]) -> OnePassScore:
        """Returns the score on the sequences at the indices `rows`, shape (n,)."""
        return replace(
            self,
            sequences=tuple(self.sequences[i] for i in rows),
            frames=self.frames[rows],
            attributes={name: has[rows] for name, has in self.attributes.items()},
            curves={name: curves[rows] for name, curves in self.curves.items()},
            weights={name: weights[rows] for name, weights in self.weights.items()},
            repeated={name: curves[rows] for name, curves in self.repeated.items()},
        )
