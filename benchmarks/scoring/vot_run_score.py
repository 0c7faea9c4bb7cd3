"""The score of a run under one of VOT's protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Sequence
from benchmarks.geometry.rasterize import RasterRule, raster_overlap
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.metrics import AVERAGE_OVERLAP, Metric
from benchmarks.scoring.pairing import PairedResults
from benchmarks.scoring.run_score import Record, RunScore
from benchmarks.scoring.vot_metrics import (
    SupervisedScore,
    UnsupervisedScore,
    score_supervised,
    score_unsupervised,
)
from benchmarks.scoring.vot_repetitions import Repetitions, measure_repetitions
from trackers.errors import UserError
from trackers.tracker import Boxes

if TYPE_CHECKING:
    from benchmarks.scoring.vot_profiles import VOTProfile


@dataclass(frozen=True, eq=False, kw_only=True)
class VOTRunScore(RunScore):
    """The score of a run under one of VOT's protocols.

    Attributes:
        overall: the score over all sequences and frames.
        tags: the score over the frames that have each tag, without tags that no frame has.
        lengths: shape (S,): the number of frames of each sequence.
        runs: the measured repetitions of each sequence; empty for an unsupervised run.
    """

    overall: SupervisedScore | UnsupervisedScore
    tags: Mapping[str, SupervisedScore]
    lengths: NDArray[np.int64]
    runs: tuple[Repetitions, ...] = ()

    @property
    def main_metric(self) -> Metric:
        """Expected average overlap; average overlap for unsupervised runs."""
        return self.profile.main_metric if isinstance(self.overall, SupervisedScore) else AVERAGE_OVERLAP

    @property
    def main_value(self) -> float:
        """The value of the main metric; NaN if it is not defined."""
        return self.overall.metrics()[self.main_metric.name].value

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Returns each sequence's accuracy and failures per 100 frames, or its average overlap, shape (S,).

        The data set's accuracy may pool frames, so it is not their mean. Expected average overlap is not
        defined for a single sequence.
        """
        values = [self.overall.subset([row]).metrics() for row in range(len(self.sequences))]
        names = [name for name in values[0] if self.profile.metric(name).per_sequence]
        return {name: np.array([value[name].value for value in values]) for name in names}

    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        """Returns the score at full precision: one record, or one per sequence or tag."""
        if by == "sequence":
            return [
                self._row({"sequence": name}, self.overall.subset([row]), self.lengths[row : row + 1])
                for row, name in enumerate(self.sequences)
            ]
        if by == "attribute":
            return [self._row({"attribute": tag}, score, score.frames) for tag, score in self.tags.items()]
        return [self._row({}, self.overall, self.lengths)]

    def _row(
        self, part: Record, score: SupervisedScore | UnsupervisedScore, frames: NDArray[np.int64]
    ) -> Record:
        return self._record(part, len(score.sequences), int(frames.sum()), score.metrics())


def score_vot(results: PairedResults, profile: VOTProfile) -> VOTRunScore:
    """Scores a supervised, realtime or unsupervised run.

    Raises:
        UserError: the images' size is not known, a run has no codes or impossible ones, or lengths differ.
    """
    pairs = list(zip(results.sequences, results.trajectories, strict=True))
    tags: dict[str, SupervisedScore] = {}
    runs: list[Repetitions] = []
    overall: SupervisedScore | UnsupervisedScore
    if results.run.protocol == "unsupervised":
        overlaps = {
            sequence.name: _overlaps(sequence, trajectories[0], profile.raster)
            for sequence, trajectories in pairs
        }
        overall = score_unsupervised(overlaps, profile)
    else:
        runs = [_measured(sequence, trajectories, profile.raster) for sequence, trajectories in pairs]
        overall = score_supervised(runs, profile)
        tags = _score_tags(results.sequences, runs, profile)
    return VOTRunScore(
        tracker=results.run.tracker,
        dataset=results.run.dataset,
        protocol=results.run.protocol,
        profile=profile,
        total_sequences=results.dataset.total,
        sequences=overall.sequences,
        overall=overall,
        tags=tags,
        lengths=np.array([len(sequence.truth) for sequence in results.sequences]),
        runs=tuple(runs),
    )


def _score_tags(
    sequences: list[Sequence], runs: list[Repetitions], profile: VOTProfile
) -> dict[str, SupervisedScore]:
    masks: dict[str, dict[str, NDArray[np.bool_]]] = {}
    for sequence in sequences:
        for tag, frames in sequence.tags.items():
            masks.setdefault(tag, {})[sequence.name] = frames
    return {
        tag: score_supervised([run for run in runs if run.sequence in frames], profile, frames)
        for tag, frames in masks.items()
        if any(some.any() for some in frames.values())
    }


def _measured(sequence: Sequence, trajectories: list[Trajectory], raster: RasterRule) -> Repetitions:
    coded = [(t.boxes, t.codes) for t in trajectories if t.codes is not None]
    if len(coded) < len(trajectories):
        raise UserError(
            f"results of sequence '{sequence.name}' have no codes: they are not from a supervised run"
        )
    return measure_repetitions(sequence.name, coded, _truth(sequence), _size(sequence), raster)


def _overlaps(sequence: Sequence, trajectory: Trajectory, raster: RasterRule) -> NDArray[np.float64]:
    truth = _truth(sequence)
    if len(trajectory.boxes) != len(truth):
        raise UserError(
            f"sequence '{sequence.name}' has {len(trajectory.boxes)} regions, but the ground truth has "
            f"{len(truth)} rows; run it again or restore the file"
        )
    return raster_overlap(trajectory.boxes, truth, _size(sequence), raster)


def _truth(sequence: Sequence) -> Boxes:
    return sequence.regions


def _size(sequence: Sequence) -> tuple[int, int]:
    if sequence.size is None:
        raise UserError(
            "VOT's overlap needs the size of the images, which is not known for sequence "
            f"'{sequence.name}': put its frames, or the file `sequence` with width= and height=, beside its "
            "ground truth"
        )
    return sequence.size
