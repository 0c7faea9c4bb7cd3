"""From a run's boxes to its scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import repeat
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Sequence
from benchmarks.scoring.profiles import Metric, Profile
from benchmarks.scoring.statistics import bootstrap_interval
from benchmarks.store import Run, truth_digest
from trackers.errors import UserError
from trackers.registry import did_you_mean
from trackers.tracker import Boxes

Record: TypeAlias = dict[str, str | int | float | None]
"""One row: tracker, dataset, protocol, profile; sequence or attribute, where asked for; sequences (how many
were scored), of (how many the data set has), frames; each metric with `<name>_low` and `<name>_high`."""


class Estimate(NamedTuple):
    """A mean over sequences with its 95 % interval, which is None for one sequence alone."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class Score:
    """One run under one profile, sequence by sequence.

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
        values = np.stack([metric.value(self.curves[metric.name]) for metric in self.profile.metrics], axis=1)
        interval = bootstrap_interval(values)
        ends = zip(*(end.tolist() for end in interval), strict=True) if interval else repeat((None, None))
        names = (metric.name for metric in self.profile.metrics)
        means = values.mean(axis=0).tolist()
        return {name: Estimate(mean, *end) for name, mean, end in zip(names, means, ends, strict=False)}

    def value(self, metric: Metric) -> float:
        """The figure of `metric` without its interval, which is what takes time."""
        return float(metric.value(self.curves[metric.name]).mean())

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
        record: Record = {
            "tracker": self.tracker,
            "dataset": self.dataset,
            "protocol": self.protocol,
            "profile": self.profile.name,
            **part,
            "sequences": len(self.sequences),
            "of": self.of,
            "frames": int(self.frames.sum()),
        }
        for name, (value, low, high) in self.metrics().items():
            record |= {name: value, f"{name}_low": low, f"{name}_high": high}
        return record

    def _subset(self, rows: NDArray[np.intp]) -> Score:
        return replace(
            self,
            sequences=tuple(self.sequences[i] for i in rows),
            frames=self.frames[rows],
            attributes={name: has[rows] for name, has in self.attributes.items()},
            curves={name: curves[rows] for name, curves in self.curves.items()},
        )


def score_run(run: Run, dataset: Dataset, profile: Profile, cut: bool = False) -> Score:
    """Scores a run on those sequences that are finished and whose ground truth is there.

    Args:
        run: the boxes.
        dataset: the ground truth.
        profile: the rules.
        cut: where boxes and ground truth differ in number, score the frames that both have, as the toolkits
            do. For results that other tools stored; one's own are refused, since either was truncated.

    Raises:
        UserError: nothing can be scored, or the ground truth is not what the run was made on.
        SequenceError: a sequence's ground truth is damaged.
    """
    sequences = [dataset[name] for name in _scorable(run, dataset, profile)]
    passes = [_passes(run, dataset, sequence, cut) for sequence in sequences]
    curves = [profile.curves(pairs) for pairs in passes]
    return Score(
        tracker=run.tracker,
        dataset=run.dataset,
        protocol=run.protocol,
        profile=profile,
        of=len(dataset.all_names),
        sequences=tuple(sequence.name for sequence in sequences),
        frames=np.array([sum(len(truth) for _, truth in pairs) for pairs in passes]),
        attributes={
            name: np.array([name in sequence.attributes for sequence in sequences])
            for name in dataset.attributes
        },
        curves={metric.name: np.stack([c[metric.name] for c in curves]) for metric in profile.metrics},
    )


def _scorable(run: Run, dataset: Dataset, profile: Profile) -> list[str]:
    """The sequences that are both in the run and in the ground truth; refuses where there is none."""
    if run.protocol not in profile.protocols:
        raise UserError(
            f"profile '{profile.name}' scores results of {', '.join(profile.protocols)}, not of "
            f"{run.protocol}; name another --profile or --protocol"
        )
    for name in run.trajectories:
        if name not in dataset.all_names:
            raise UserError(
                f"results of '{run.tracker}' hold sequence '{name}', which {dataset.title} does not have"
                f"{did_you_mean(name, list(dataset.all_names))}; remove it or name another --dataset"
            )
    names = [name for name in dataset.names() if name in run.trajectories]
    if not names:
        raise UserError(
            f"nothing of '{run.tracker}' on {dataset.title} can be scored: {len(run.trajectories)} sequences "
            f"are finished, ground truth is there for {len(dataset.names())}, none is both; see --data-root"
        )
    return names


def _passes(run: Run, dataset: Dataset, sequence: Sequence, cut: bool) -> list[tuple[Boxes, Boxes]]:
    """Each pass's boxes with the ground truth that they belong to; refuses where it is another."""
    recorded = run.truth.get(sequence.name)
    passes = []
    for trajectory in run.trajectories[sequence.name]:
        boxes, truth = trajectory.boxes, sequence.truth[trajectory.start :]
        if len(boxes) != len(truth) and not cut:
            raise UserError(
                f"sequence '{sequence.name}' of {dataset.title} has {len(truth)} rows of ground truth where "
                f"'{run.tracker}' has {len(boxes)} boxes; restore the ground-truth file or run it again"
            )
        length = min(len(boxes), len(truth))
        passes.append((boxes[:length], truth[:length]))
    if recorded and recorded != truth_digest(sequence.truth):
        raise UserError(
            f"'{run.tracker}' was run on other ground truth of sequence '{sequence.name}' than "
            f"{dataset.title} has now; restore the file or run the sequence again"
        )
    return passes
