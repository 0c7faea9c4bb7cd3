"""From a run's boxes to its scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Sequence
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.pairing import PairedResults, pair
from benchmarks.scoring.profiles import Metric, NamedRules, Pass, Profile
from benchmarks.scoring.records import Record, RunScore, estimate_columns
from benchmarks.scoring.statistics import Estimate, bootstrap_interval
from benchmarks.scoring.vot import VOTRules
from benchmarks.scoring.vot_run import score_vot
from benchmarks.store import Run
from trackers.errors import UserError


@dataclass(frozen=True, eq=False)
class Score:
    """One run under one one-pass profile, sequence by sequence.

    Attributes:
        tracker, dataset, protocol: what was run.
        profile: the rules it is scored by.
        of: how many sequences the data set has, scored or not.
        sequences: the S scored ones, in the data set's order.
        frames: shape (S,): how many frames of each were scored, in all passes.
        attributes: bool, shape (S,): which have each attribute, in the data set's order of attributes.
        curves: by metric, shape (S, T).
    """

    tracker: str
    dataset: str
    protocol: str
    profile: Profile
    of: int
    sequences: tuple[str, ...]
    frames: NDArray[np.int64]
    attributes: dict[str, NDArray[np.bool_]]
    curves: dict[str, NDArray[np.float64]]

    def metrics(self) -> dict[str, Estimate]:
        """The profile's figures by name: means over sequences, never over frames."""
        by_metric = self.by_metric()
        values = np.stack(list(by_metric.values()), axis=1)
        interval = bootstrap_interval(values)
        ends = zip(*(end.tolist() for end in interval), strict=True) if interval else repeat((None, None))
        means = values.mean(axis=0).tolist()
        return {name: Estimate(mean, *end) for name, mean, end in zip(by_metric, means, ends, strict=False)}

    def value(self, metric: Metric) -> float:
        """The figure of `metric` without its interval, which is what takes time."""
        return float(metric.value(self.curves[metric.name]).mean())

    def by_metric(self) -> dict[str, NDArray[np.float64]]:
        """Each sequence's own figures, shape (S,), by metric."""
        return {metric.name: metric.value(self.curves[metric.name]) for metric in self.profile.metrics}

    def by_sequence(self) -> dict[str, Score]:
        """Each sequence's own score."""
        return {name: self._subset(np.array([i])) for i, name in enumerate(self.sequences)}

    def by_attribute(self) -> dict[str, Score]:
        """The score on the sequences that have each attribute; attributes that none has are left out."""
        return {name: self._subset(np.flatnonzero(has)) for name, has in self.attributes.items() if has.any()}

    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        """The score at full precision: one record, or one per sequence or attribute."""
        if by == "sequence":
            return [part._record({"sequence": name}) for name, part in self.by_sequence().items()]
        if by == "attribute":
            return [part._record({"attribute": name}) for name, part in self.by_attribute().items()]
        return [self._record({})]

    def _record(self, part: Record) -> Record:
        head: Record = {
            "tracker": self.tracker,
            "dataset": self.dataset,
            "protocol": self.protocol,
            "profile": self.profile.name,
            **part,
            "sequences": len(self.sequences),
            "of": self.of,
            "frames": int(self.frames.sum()),
        }
        return head | estimate_columns(self.metrics())

    def _subset(self, rows: NDArray[np.intp]) -> Score:
        return replace(
            self,
            sequences=tuple(self.sequences[i] for i in rows),
            frames=self.frames[rows],
            attributes={name: has[rows] for name, has in self.attributes.items()},
            curves={name: curves[rows] for name, curves in self.curves.items()},
        )


@overload
def score_run(run: Run, dataset: Dataset, profile: Profile, cut: bool | None = None) -> Score: ...


@overload
def score_run(run: Run, dataset: Dataset, profile: NamedRules, cut: bool | None = None) -> RunScore: ...


def score_run(run: Run, dataset: Dataset, profile: NamedRules, cut: bool | None = None) -> RunScore:
    """Scores a run on those sequences that are finished and whose ground truth is there.

    Args:
        run: the boxes.
        dataset: the ground truth.
        profile: the rules.
        cut: where boxes and ground truth differ in number, do as the profile's toolkit does: score the frames
            that both have, or make up for those that are missing. None does so for results that another tool
            made; one's own are refused, since either was truncated.

    Raises:
        UserError: nothing can be scored, the ground truth is not what the run was made on, or the profile
            refuses a box.
        SequenceError: a sequence's ground truth is damaged.
    """
    results = pair(run, dataset, profile, run.imported if cut is None else cut)
    if isinstance(profile, Profile):
        return _score_one_pass(results, profile)
    if isinstance(profile, VOTRules):
        return score_vot(results, profile)
    raise TypeError(f"no scorer for profiles of type {type(profile).__name__}")


def _score_one_pass(results: PairedResults, profile: Profile) -> Score:
    frames, curves = [], []
    for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True):
        try:
            measures = profile.frames([_pass(sequence, trajectory) for trajectory in trajectories])
        except UserError as error:
            raise UserError(
                f"profile '{profile.name}' does not score '{results.run.tracker}' on sequence "
                f"'{sequence.name}': {error}"
            ) from None
        frames.append(len(measures.overlaps))
        curves.append(profile.curves(measures))
    return Score(
        tracker=results.run.tracker,
        dataset=results.run.dataset,
        protocol=results.run.protocol,
        profile=profile,
        of=results.of,
        sequences=tuple(sequence.name for sequence in results.sequences),
        frames=np.array(frames),
        attributes=results.attributes,
        curves={metric.name: np.stack([c[metric.name] for c in curves]) for metric in profile.metrics},
    )


def _pass(sequence: Sequence, trajectory: Trajectory) -> Pass:
    if trajectory.boxes.shape[1] != 4:
        raise UserError("it has polygons, and one-pass profiles score upright boxes x, y, w, h")
    absent = None if sequence.absent is None else sequence.absent[trajectory.start :]
    return Pass(trajectory.boxes, sequence.truth[trajectory.start :], absent)
