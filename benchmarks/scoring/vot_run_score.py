"""From a run under one of VOT's protocols to its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Sequence
from benchmarks.geometry.rasterize import raster_overlap
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.metrics import AVERAGE_OVERLAP, METRICS, Metric
from benchmarks.scoring.pairing import PairedResults
from benchmarks.scoring.records import Record, estimate_columns
from benchmarks.scoring.vot_metrics import (
    SupervisedScore,
    UnsupervisedScore,
    score_supervised,
    score_unsupervised,
)
from benchmarks.scoring.vot_profiles import Repetitions, VOTProfile, measure_repetitions
from trackers.errors import UserError
from trackers.tracker import Boxes


@dataclass(frozen=True, eq=False)
class VOTRunScore:
    """One run under one of VOT's profiles.

    Attributes:
        results: the run and its ground truth.
        rules: the profile.
        whole: the score over all sequences and frames.
        tags: the score over the frames that have each tag; tags that no frame has are left out.
        lengths: shape (S,): frames of each sequence.
        runs: the measured repetitions of each sequence; none for an unsupervised run.
    """

    results: PairedResults
    rules: VOTProfile
    whole: SupervisedScore | UnsupervisedScore
    tags: Mapping[str, SupervisedScore]
    lengths: NDArray[np.int64]
    runs: tuple[Repetitions, ...] = ()

    @property
    def tracker(self) -> str:
        """Whose run it is."""
        return self.results.run.tracker

    @property
    def of(self) -> int:
        """How many sequences the data set has, scored or not."""
        return self.results.of

    @property
    def sequences(self) -> tuple[str, ...]:
        """The scored ones, in the data set's order."""
        return self.whole.sequences

    @property
    def main_metric(self) -> Metric:
        """Expected average overlap; average overlap for unsupervised runs."""
        return self.rules.main_metric if isinstance(self.whole, SupervisedScore) else AVERAGE_OVERLAP

    @property
    def main_value(self) -> float:
        """The value of the main metric, without the interval."""
        return self.whole.metrics()[self.main_metric.name].value

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Each sequence's own accuracy, and failures per 100 frames; or its average overlap.

        The data set's accuracy pools frames, so it is not their mean; expected average overlap is not a
        figure of one sequence.
        """
        figures = [self.whole.subset([place]).metrics() for place in range(len(self.sequences))]
        names = [name for name in figures[0] if METRICS[name].per_sequence]
        return {name: np.array([figure[name].value for figure in figures]) for name in names}

    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        """The score at full precision: one record, or one per sequence or tag."""
        if by == "sequence":
            return [
                self._record({"sequence": name}, self.whole.subset([place]), self.lengths[place : place + 1])
                for place, name in enumerate(self.sequences)
            ]
        if by == "attribute":
            return [self._record({"attribute": tag}, score, score.frames) for tag, score in self.tags.items()]
        return [self._record({}, self.whole, self.lengths)]

    def _record(
        self, part: Record, score: SupervisedScore | UnsupervisedScore, frames: NDArray[np.int64]
    ) -> Record:
        run = self.results.run
        head: Record = {
            "tracker": run.tracker,
            "dataset": run.dataset,
            "protocol": run.protocol,
            "profile": self.rules.name,
            **part,
            "sequences": len(score.sequences),
            "of": self.of,
            "frames": int(frames.sum()),
        }
        return head | estimate_columns(score.metrics())


def score_vot(results: PairedResults, rules: VOTProfile) -> VOTRunScore:
    """Scores a supervised, realtime or unsupervised run.

    Raises:
        UserError: the images' size is not known, a run has no codes or impossible ones, or lengths differ.
    """
    lengths = np.array([len(sequence.truth) for sequence in results.sequences])
    if results.run.protocol == "unsupervised":
        overlaps = {
            sequence.name: _overlaps(sequence, trajectories[0], rules)
            for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True)
        }
        return VOTRunScore(results, rules, score_unsupervised(overlaps, rules), {}, lengths)

    runs = [
        _measured(sequence, trajectories, rules)
        for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True)
    ]
    masks: dict[str, dict[str, NDArray[np.bool_]]] = {}
    for sequence in results.sequences:
        for tag, frames in sequence.tags.items():
            masks.setdefault(tag, {})[sequence.name] = frames
    tags = {
        tag: score_supervised([run for run in runs if run.sequence in frames], rules, frames)
        for tag, frames in masks.items()
        if any(some.any() for some in frames.values())
    }
    return VOTRunScore(results, rules, score_supervised(runs, rules), tags, lengths, tuple(runs))


def _measured(sequence: Sequence, trajectories: list[Trajectory], rules: VOTProfile) -> Repetitions:
    coded = [(t.boxes, t.codes) for t in trajectories if t.codes is not None]
    if len(coded) < len(trajectories):
        raise UserError(
            f"results of sequence '{sequence.name}' have no codes: they are not of a supervised run"
        )
    return measure_repetitions(sequence.name, coded, _truth(sequence), _size(sequence), rules)


def _overlaps(sequence: Sequence, trajectory: Trajectory, rules: VOTProfile) -> NDArray[np.float64]:
    truth = _truth(sequence)
    if len(trajectory.boxes) != len(truth):
        raise UserError(
            f"sequence '{sequence.name}' has {len(trajectory.boxes)} regions where the ground truth has "
            f"{len(truth)} rows; run it again or restore the file"
        )
    return raster_overlap(trajectory.boxes, truth, _size(sequence), rules.raster)


def _truth(sequence: Sequence) -> Boxes:
    return sequence.regions


def _size(sequence: Sequence) -> tuple[int, int]:
    if sequence.size is None:
        raise UserError(
            f"VOT measures overlap in the image, and the size of {sequence.name}'s images is not known: put "
            "its frames, or the file `sequence` with width= and height=, beside its ground truth"
        )
    return sequence.size
