"""From a run's boxes to its scores."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Sequence
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.metrics import Metric, OnePassMetric
from benchmarks.scoring.pairing import PairedResults, pair_with_truth
from benchmarks.scoring.profiles import Pass, Profile, ScoringProfile
from benchmarks.scoring.records import Record, RunScore, estimate_columns
from benchmarks.scoring.statistics import Estimate, bootstrap_interval
from benchmarks.scoring.vot_profiles import VOTProfile
from benchmarks.scoring.vot_run_score import score_vot
from benchmarks.store import RunResults
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
        weights: shape (S,), of metrics for which sequences do not weigh alike: how many frames count.
        repeated: by metric, shape (S, R, T): the curves of each of R repetitions, where there are several.
        notes: what is to be said of it, in sentences.
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
    weights: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    repeated: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def metrics(self) -> dict[str, Estimate]:
        """The profile's figures by name: means over sequences, never over frames."""
        sequence_values = self.sequence_values()
        values = np.stack(list(sequence_values.values()), axis=1)
        interval = bootstrap_interval(values)
        ends = zip(*(end.tolist() for end in interval), strict=True) if interval else repeat((None, None))
        means = values.mean(axis=0).tolist()
        return {
            name: Estimate(mean, *end) for name, mean, end in zip(sequence_values, means, ends, strict=False)
        }

    @property
    def main_metric(self) -> Metric:
        """The profile's."""
        return self.profile.main_metric

    @property
    def main_value(self) -> float:
        """The value of the main metric, without the interval."""
        return self.value(self.profile.metrics[0])

    def value(self, metric: OnePassMetric) -> float:
        """The figure of `metric` without its interval, which is what takes time."""
        return float(self._weighted(metric).mean())

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Each sequence's own figures, shape (S,), by metric; weighted, so that their mean is the score."""
        return {metric.name: self._weighted(metric) for metric in self.profile.metrics}

    def spreads(self) -> dict[str, float]:
        """By metric, the standard deviation of the score over repetitions; empty where there is one."""
        return {
            metric.name: float(metric.value(self.repeated[metric.name]).mean(axis=0).std(ddof=1))
            for metric in self.profile.metrics
            if metric.name in self.repeated
        }

    def _weighted(self, metric: OnePassMetric) -> NDArray[np.float64]:
        values = metric.value(self.curves[metric.name])
        weights = self.weights.get(metric.name)
        return values if weights is None or not weights.any() else values * (weights / weights.mean())

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
        spreads: Record = {f"{name}_std": spread for name, spread in self.spreads().items()}
        repetitions = [curves.shape[1] for curves in self.repeated.values()][:1]
        more: Record = {"repetitions": repetitions[0], **spreads} if repetitions else {}
        return head | estimate_columns(self.metrics()) | more

    def _subset(self, rows: NDArray[np.intp]) -> Score:
        return replace(
            self,
            sequences=tuple(self.sequences[i] for i in rows),
            frames=self.frames[rows],
            attributes={name: has[rows] for name, has in self.attributes.items()},
            curves={name: curves[rows] for name, curves in self.curves.items()},
            weights={name: weights[rows] for name, weights in self.weights.items()},
            repeated={name: curves[rows] for name, curves in self.repeated.items()},
        )


@overload
def score_run(
    run: RunResults, dataset: Dataset, profile: Profile, allow_length_mismatch: bool | None = None
) -> Score: ...


@overload
def score_run(
    run: RunResults, dataset: Dataset, profile: ScoringProfile, allow_length_mismatch: bool | None = None
) -> RunScore: ...


def score_run(
    run: RunResults, dataset: Dataset, profile: ScoringProfile, allow_length_mismatch: bool | None = None
) -> RunScore:
    """Scores a run on those sequences that are finished and whose ground truth is there.

    Args:
        run: the boxes.
        dataset: the ground truth.
        profile: the rules.
        allow_length_mismatch: where boxes and ground truth differ in number, do as the profile's toolkit does: score the frames
            that both have, or make up for those that are missing. None does so for results that another tool
            made; one's own are refused, since either was truncated.

    Raises:
        UserError: nothing can be scored, the ground truth is not what the run was made on, or the profile
            refuses a box.
        SequenceError: a sequence's ground truth is damaged.
    """
    results = pair_with_truth(
        run, dataset, profile, run.imported if allow_length_mismatch is None else allow_length_mismatch
    )
    if isinstance(profile, Profile):
        score = _score_one_pass(results, profile, dataset.is_user_folder)
        known = any(sequence.absent is not None for sequence in results.sequences)
        if profile.uses_absence and dataset.is_user_folder and not known:
            score = replace(
                score,
                notes=(
                    f"profile '{profile.name}' leaves out frames without the target, and {dataset.title} "
                    "does not say which these are (see docs/own-videos.md): all frames count",
                ),
            )
        return score
    if isinstance(profile, VOTProfile):
        return score_vot(results, profile)
    raise TypeError(f"no scorer for profiles of type {type(profile).__name__}")


def _score_one_pass(results: PairedResults, profile: Profile, is_user_folder: bool) -> Score:
    # got10k's toolkit reads GOT-10k's own flags, which a folder may have, and none of LaSOT's.
    rules = profile if is_user_folder else replace(profile, visible_overlaps=None)
    repetitions = _are_repetitions(results)
    frames, curves, visible, repeated = [], [], [], []
    flagged = any(sequence.absent is not None for sequence in results.sequences)
    for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True):
        try:
            passes = [_pass(sequence, trajectory, flagged) for trajectory in trajectories]
            measures = rules.frames(passes)
            if repetitions:
                repeated.append([rules.curves(rules.frames([one])) for one in passes])
        except UserError as error:
            raise UserError(
                f"profile '{profile.name}' does not score '{results.run.tracker}' on sequence "
                f"'{sequence.name}': {error}"
            ) from None
        frames.append(len(measures.overlaps))
        curves.append(profile.curves(measures))
        visible.append(0 if measures.visible is None else len(measures.visible))
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
        weights={"ao": np.array(visible, dtype=np.float64)} if any(visible) else {},
        repeated={
            metric.name: np.array([[run[metric.name] for run in runs] for runs in repeated])
            for metric in profile.metrics
            if repeated
        },
    )


def _are_repetitions(results: PairedResults) -> bool:
    """Whether every sequence has the same number of runs, more than one, by a protocol that makes one."""
    counts = {len(trajectories) for trajectories in results.trajectories}
    return results.run.protocol not in ("tre", "sre") and len(counts) == 1 and counts != {1}


def _pass(sequence: Sequence, trajectory: Trajectory, flagged: bool) -> Pass:
    if trajectory.boxes.shape[1] != 4:
        raise UserError("it has polygons, and one-pass profiles score upright boxes x, y, w, h")
    absent = sequence.absent
    if absent is None and flagged:  # sequences without flags, beside some that have them, have no such frames
        absent = np.zeros(len(sequence.truth), dtype=bool)
    start = trajectory.start
    return Pass(
        trajectory.boxes, sequence.truth[start:], None if absent is None else absent[start:], sequence.size
    )
