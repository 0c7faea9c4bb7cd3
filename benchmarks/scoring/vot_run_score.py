"""The score of a run under one of VOT's protocols."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Sequence
from benchmarks.geometry.missing_boxes import empty_box_mask
from benchmarks.geometry.polygons import OverlapRule, region_overlap
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.long_term_score import ConfidentRun, LongTermScore, score_long_term
from benchmarks.scoring.metrics import AVERAGE_OVERLAP, Metric
from benchmarks.scoring.multi_start_score import AnchoredRun, MultiStartScore, score_multi_start
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
from trackers.wording import counted, counted_of

if TYPE_CHECKING:
    from benchmarks.scoring.profiles.profile import ScoringProfile
    from benchmarks.scoring.vot_profiles import LongTermProfile, MultiStartProfile, VOTProfile

VOTScore: TypeAlias = SupervisedScore | UnsupervisedScore | MultiStartScore | LongTermScore


@dataclass(frozen=True, eq=False, kw_only=True)
class VOTRunScore(RunScore):
    """The score of a run under one of VOT's protocols.

    Attributes:
        overall: the score over all sequences and frames.
        tags: the score over the frames that have each tag, without tags that no frame has.
        lengths: shape (S,): the number of frames of each sequence.
        runs: the measured repetitions of each sequence; empty if the run is not supervised.
    """

    overall: VOTScore
    tags: Mapping[str, SupervisedScore]
    lengths: NDArray[np.int64]
    runs: tuple[Repetitions, ...] = ()

    @property
    def main_metric(self) -> Metric:
        """Expected average overlap, or F-score; average overlap for unsupervised runs."""
        return AVERAGE_OVERLAP if isinstance(self.overall, UnsupervisedScore) else self.profile.main_metric

    @property
    def main_value(self) -> float:
        """The value of the main metric; NaN if it is not defined."""
        return self.overall.metrics()[self.main_metric.name].value

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Returns each sequence's values of the metrics that a single sequence has, shape (S,).

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

    def _row(self, part: Record, score: VOTScore, frames: NDArray[np.int64]) -> Record:
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
        overall = _unsupervised(results, profile)
    else:
        runs = [_measured(sequence, trajectories, profile.raster) for sequence, trajectories in pairs]
        overall = score_supervised(runs, profile)
        tags = _score_tags(results.sequences, runs, profile)
    return _run_score(results, profile, overall, tags, runs)


def score_anchored(results: PairedResults, profile: MultiStartProfile) -> VOTRunScore:
    """Scores a multi-start or unsupervised run.

    Raises:
        UserError: the images' size is not known, a sequence lacks a run from an anchor, or lengths differ.
    """
    pairs = list(zip(results.sequences, results.trajectories, strict=True))
    overall: MultiStartScore | UnsupervisedScore
    if results.run.protocol == "unsupervised":
        overall = _unsupervised(results, profile)
    else:
        runs = [
            [_anchored(sequence, trajectory, profile.raster) for trajectory in trajectories]
            for sequence, trajectories in pairs
        ]
        frames = [len(sequence.truth) for sequence in results.sequences]
        overall = score_multi_start(results.names, runs, frames, profile)
    masked = [sequence.name for sequence in results.sequences if sequence.truth_from_masks]
    note = (
        f"{results.dataset.title}'s ground truth is masks, read as the boxes around them "
        f"({counted_of(len(masked), len(results.sequences), 'sequence')}): scores differ from the "
        "challenge's, which are of masks"
    )
    return _run_score(results, profile, overall, notes=[note] if masked else [])


def score_confident(results: PairedResults, profile: LongTermProfile) -> VOTRunScore:
    """Scores a long-term run. A tracker that reports no confidence counts as equally confident in all frames.

    Raises:
        UserError: the images' size is not known, or lengths differ.
    """
    runs = [
        [_confident(sequence, trajectory, profile.raster) for trajectory in trajectories]
        for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True)
    ]
    notes = []
    if all(one.confidences is None for some in results.trajectories for one in some):
        notes.append(
            f"{results.run.tracker} reports no confidence: every frame counts as reported, and precision and "
            "recall are those of all frames, as in the VOT toolkit"
        )
    return _run_score(results, profile, score_long_term(results.names, runs, profile), notes=notes)


def _run_score(
    results: PairedResults,
    profile: ScoringProfile,
    overall: VOTScore,
    tags: Mapping[str, SupervisedScore] = MappingProxyType({}),
    runs: Items[Repetitions] = (),
    notes: Items[str] = (),
) -> VOTRunScore:
    return VOTRunScore(
        tracker=results.run.tracker,
        dataset=results.run.dataset,
        protocol=results.run.protocol,
        profile=profile,
        total_sequences=results.dataset.total,
        sequences=overall.sequences,
        notes=tuple(notes),
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


def _measured(sequence: Sequence, trajectories: list[Trajectory], raster: OverlapRule) -> Repetitions:
    coded = [(t.boxes, t.codes) for t in trajectories if t.codes is not None]
    if len(coded) < len(trajectories):
        raise UserError(
            f"results of sequence '{sequence.name}' have no codes: they are not from a supervised run"
        )
    return measure_repetitions(sequence.name, coded, _truth(sequence), _size(sequence), raster)


def _unsupervised(results: PairedResults, profile: VOTProfile | MultiStartProfile) -> UnsupervisedScore:
    """Scores the first trajectory of each sequence."""
    overlaps = {
        sequence.name: _overlaps(sequence, trajectories[0], profile.raster)
        for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True)
    }
    return score_unsupervised(overlaps, profile)


def _overlaps(sequence: Sequence, trajectory: Trajectory, raster: OverlapRule) -> NDArray[np.float64]:
    truth = _truth(sequence)
    if len(trajectory.boxes) != len(truth):
        raise UserError(
            f"sequence '{sequence.name}' has {counted(len(trajectory.boxes), 'region')}, but the ground "
            f"truth has {counted(len(truth), 'row')}; run it again or restore the file"
        )
    return region_overlap(trajectory.boxes, truth, _size(sequence), raster)


def _anchored(sequence: Sequence, trajectory: Trajectory, raster: OverlapRule) -> AnchoredRun:
    """Measures a run from an anchor."""
    start, backward = trajectory.start, trajectory.backward
    truth = _truth(sequence)[start::-1] if backward else _truth(sequence)[start:]
    boxes = sequence.truth[start::-1] if backward else sequence.truth[start:]
    overlaps = _overlaps_with_absence(sequence, trajectory, truth, raster)
    return AnchoredRun(overlaps, ~empty_box_mask(boxes))


def _confident(sequence: Sequence, trajectory: Trajectory, raster: OverlapRule) -> ConfidentRun:
    """Measures a long-term run; a frame without confidence, as the first, counts with 0 as in the toolkit."""
    truth = _truth(sequence)
    overlaps = _overlaps_with_absence(sequence, trajectory, truth, raster)
    given = trajectory.confidences
    confidences = np.zeros(len(truth)) if given is None else np.nan_to_num(given, nan=0.0)
    return ConfidentRun(overlaps, confidences, int(np.isfinite(truth).all(axis=1).sum()))


def _overlaps_with_absence(
    sequence: Sequence, trajectory: Trajectory, truth: Boxes, raster: OverlapRule
) -> NDArray[np.float64]:
    """Returns the overlaps of a run, shape (n,): 1 where target and prediction are both absent.

    The initialization is no prediction, and has 0 beside a target.

    Args:
        sequence: the sequence.
        trajectory: the run.
        truth: the ground truth of its frames, shape (n, 4) or (n, 8).
        raster: how overlaps are measured.
    """
    if len(trajectory.boxes) != len(truth):
        raise UserError(
            f"sequence '{sequence.name}' has {counted(len(trajectory.boxes), 'region')}, but the ground "
            f"truth has {counted(len(truth), 'row')}; run it again or restore the file"
        )
    regions = trajectory.boxes.copy()
    regions[0] = np.nan
    both = np.isnan(regions).any(axis=1) & np.isnan(truth).any(axis=1)
    return np.where(both, 1.0, region_overlap(regions, truth, _size(sequence), raster))


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
