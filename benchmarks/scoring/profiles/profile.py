"""Scoring profiles: the base class, and profiles of one-pass results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import Dataset, Sequence
from benchmarks.geometry.pixel_origin import to_zero_based
from benchmarks.protocols.protocol import Trajectory
from benchmarks.scoring.metrics import FrameMeasures, Metric, OnePassMetric
from benchmarks.scoring.one_pass_score import OnePassScore
from benchmarks.scoring.run_score import RunScore
from benchmarks.wording import first_names
from trackers.errors import UserError
from trackers.tracker import Boxes
from trackers.wording import counted

if TYPE_CHECKING:
    from benchmarks.scoring.pairing import PairedResults


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoringProfile(ABC):
    """The scoring rules of one toolkit.

    Attributes:
        name: its name on the command line: `"otb"`.
        title: a one-line description.
        reference: the toolkit or paper that defines it.
        differs: why its scores differ from those of other profiles, in one line.
        metrics: what it reports, in this order.
        protocols: the protocols whose results it can score.
        datasets: the data sets that `--profile all` uses it for; None for all.
        standard_for: the data sets that it is the default for.
        counts_missing_sequences: score sequences without results, as boxes that no result has.
    """

    name: str
    title: str
    reference: str
    differs: str
    metrics: tuple[Metric, ...]
    protocols: tuple[str, ...]
    datasets: tuple[str, ...] | None = None
    standard_for: tuple[str, ...] = ()
    counts_missing_sequences: bool = False

    @property
    def main_metric(self) -> Metric:
        """The metric that trackers are ranked by; a run's own is `RunScore.main_metric`."""
        return self.metrics[0]

    def metric(self, name: str) -> Metric:
        """Returns the metric that records call `name`.

        Raises:
            KeyError: this profile does not report it.
        """
        return {metric.name: metric for metric in self.metrics}[name]

    def applies(self, dataset: str, protocol: str) -> bool:
        """Returns whether the profile is meant for results of `protocol` on `dataset`."""
        return protocol in self.protocols and (self.datasets is None or dataset in self.datasets)

    def on(self, dataset: str) -> ScoringProfile:  # noqa: ARG002 - overridden where rules differ
        """Returns the profile with its rules for `dataset`: toolkits treat some data sets differently."""
        return self

    @property
    def differing_datasets(self) -> tuple[str, ...]:
        """The data sets for which `on` returns another profile."""
        return ()

    @abstractmethod
    def score(self, results: PairedResults) -> RunScore:
        """Scores a run.

        Raises:
            UserError: the profile refuses the results.
        """

    def __reduce__(self) -> tuple[Callable[[str, str], ScoringProfile], tuple[str, str]]:
        """Pickles a registered profile as its name: functions without a name cannot be pickled.

        Raises:
            TypeError: the profile is neither registered nor a registered one's rules for a data set.
        """
        from benchmarks.scoring.catalog import PROFILES

        registered = PROFILES.load(self.name) if self.name in PROFILES else None
        datasets = ("", *registered.differing_datasets) if registered else ()
        for dataset in datasets:
            if registered and registered.on(dataset) is self:
                return _load_profile, (self.name, dataset)
        raise TypeError(f"profile '{self.name}' is not a registered one")


def _load_profile(name: str, dataset: str) -> ScoringProfile:
    from benchmarks.scoring.catalog import PROFILES

    profile: ScoringProfile = PROFILES.load(name).on(dataset)
    return profile


class Pass(NamedTuple):
    """One pass over a sequence, from the frame where it starts.

    Toolkits test the numbers of the files. Boxes are such that `to_one_based` returns these: 0-based, or less
    by a pixel in x and y if the data set is `scored_by_file_numbers` and its files are 0-based.

    Attributes:
        prediction: shape (n, 4).
        truth: shape (m, 4); m differs from n if a stored result ends early or late.
        absent: bool, shape (m,): the target is not visible; None if the data set has no visibility flags.
        size: width and height of the images in pixels, if known.
    """

    prediction: Boxes
    truth: Boxes
    absent: NDArray[np.bool_] | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class OnePassProfile(ScoringProfile):
    """The scoring rules of a toolkit for one-pass results.

    Attributes:
        measure: returns the measures of the m frames of a pass, from prediction (n, 4) and ground truth
            (m, 4), as in `Pass`; n is m unless `pads`. Raises `UserError` for boxes that the toolkit refuses.
        counts_absent_as_misses: count frames in which the target is absent as misses in every metric (they
            still count in the denominator).
        absent_normalized_error: the normalized error of these frames; -1 makes them hits in that metric.
        visible_overlaps: returns the overlaps that average overlap is the mean of, shape (m,), from the
            arguments of `measure` and the size of the images. Used only if a user's own data set has
            visibility flags, or always with `always_visible_overlaps`; the first frame and those without the
            target are left out, and all frames of all sequences have the same weight.
        always_visible_overlaps: use `visible_overlaps` on every data set.
        pads: `measure` pads missing predictions. Otherwise both sides are truncated to the shorter.
        by_dataset: the profile with other rules for some data sets, by their names.
    """

    metrics: tuple[OnePassMetric, ...]
    measure: Callable[[Boxes, Boxes], FrameMeasures]
    counts_absent_as_misses: bool = False
    absent_normalized_error: float = np.inf
    visible_overlaps: Callable[[Boxes, Boxes, tuple[int, int] | None], NDArray[np.float64]] | None = None
    always_visible_overlaps: bool = False
    pads: bool = False
    by_dataset: Mapping[str, OnePassProfile] = field(default_factory=dict)

    @property
    def main_metric(self) -> OnePassMetric:
        """The first metric."""
        return self.metrics[0]

    @property
    def uses_visibility_flags(self) -> bool:
        """Whether frames without the target are treated differently."""
        return self.counts_absent_as_misses or self.visible_overlaps is not None

    def on(self, dataset: str) -> OnePassProfile:
        """Returns the profile with its rules for `dataset`; see `by_dataset`."""
        return self.by_dataset.get(dataset, self)

    @property
    def differing_datasets(self) -> tuple[str, ...]:
        """The data sets of `by_dataset`."""
        return tuple(self.by_dataset)

    def measure_passes(self, passes: Iterable[Pass]) -> FrameMeasures:
        """Returns the measures of the frames of all passes over a sequence.

        Frames of all passes are pooled, as in OTB's TRE and SRE: a rate is the hits of all passes divided by
        the frames of all passes.

        Args:
            passes: with at least one frame in all.
        """
        return FrameMeasures.joined([self._measure_pass(run) for run in passes])

    def curves(self, frames: FrameMeasures) -> dict[str, NDArray[np.float64]]:
        """Returns the curves of a sequence's frames, each of shape (T,), by metric."""
        return {metric.name: metric.curve(frames) for metric in self.metrics}

    def score(self, results: PairedResults) -> OnePassScore:
        """Scores a run.

        Raises:
            UserError: results are polygons, or the profile refuses a box.
        """
        dataset = results.dataset
        if (own := self.on(dataset.name)) is not self:
            return own.score(results)
        # got10k's toolkit reads GOT-10k's visibility flags, which a user's folder may have, but not LaSOT's.
        reads_flags = self.always_visible_overlaps or dataset.is_user_folder
        profile = self if reads_flags else replace(self, visible_overlaps=None)
        flagged = any(sequence.absent is not None for sequence in results.sequences)
        frames, curves, weights, repeated = [], [], [], []
        for sequence, trajectories in zip(results.sequences, results.trajectories, strict=True):
            try:
                passes = [
                    _pass(dataset, sequence, trajectory, flagged or self.always_visible_overlaps)
                    for trajectory in trajectories
                ]
                measures = profile.measure_passes(passes)
                if results.are_repetitions:
                    repeated.append([profile.curves(profile.measure_passes([run])) for run in passes])
            except UserError as error:
                raise UserError(
                    f"profile '{self.name}' does not score '{results.run.tracker}' on sequence "
                    f"'{sequence.name}': {error}"
                ) from None
            frames.append(len(measures.overlaps))
            curves.append(self.curves(measures))
            weights.append([metric.weight(measures) if metric.weight else 0 for metric in self.metrics])
        weighted = {
            metric.name: np.array(column, dtype=np.float64)
            for metric, column in zip(self.metrics, zip(*weights, strict=True), strict=True)
            if any(column)
        }
        return OnePassScore(
            tracker=results.run.tracker,
            dataset=results.run.dataset,
            protocol=results.run.protocol,
            profile=self,
            total_sequences=dataset.total,
            sequences=results.names,
            frames=np.array(frames),
            attributes=results.attributes,
            curves={metric.name: np.stack([c[metric.name] for c in curves]) for metric in self.metrics},
            weights=weighted,
            repeated={
                metric.name: np.array([[run[metric.name] for run in runs] for runs in repeated])
                for metric in self.metrics
                if repeated
            },
            notes=tuple(self._notes(results, flagged)),
        )

    def _notes(self, results: PairedResults, flagged: bool) -> Iterator[str]:
        """Yields what a reader of the score should know."""
        dataset = results.dataset
        own_flags = dataset.is_user_folder or self.always_visible_overlaps
        if self.uses_visibility_flags and own_flags and not flagged:
            yield (
                f"profile '{self.name}' leaves out frames without the target, but {dataset.title} "
                "has no visibility flags (see docs/own-videos.md): all frames count"
            )
        sizes = sum(sequence.size is None for sequence in results.sequences)
        if self.always_visible_overlaps and sizes:
            yield (
                f"the size of the images of {counted(sizes, 'sequence')} of {dataset.title} is not known: "
                "there, boxes are clipped at the left and upper border alone"
            )
        counts = sorted(results.repetition_counts)
        if len(counts) > 1 and results.run.protocol == "ope":
            yield (
                f"sequences of {results.run.tracker} have {counts[0]} to {counts[-1]} runs; the score of a "
                "sequence is the mean over its runs"
            )
        if missing := [name for name in results.names if name not in results.run.trajectories]:
            yield (
                f"profile '{self.name}' scores sequences without results as empty boxes; "
                f"{results.run.tracker} has none of {len(missing)}: {first_names(missing)}"
            )

    def _measure_pass(self, run: Pass) -> FrameMeasures:
        rows = len(run.truth) if self.pads else min(len(run.prediction), len(run.truth))
        frames = self.measure(run.prediction[:rows], run.truth[:rows])
        if self.counts_absent_as_misses and run.absent is not None:
            return frames.missed_where(run.absent[:rows], self.absent_normalized_error)
        if self.visible_overlaps and run.absent is not None:
            visible = self.visible_overlaps(run.prediction[:rows], run.truth[:rows], run.size)
            return frames._replace(visible=visible[1:][~run.absent[1:rows]])
        return frames


def _pass(dataset: Dataset, sequence: Sequence, trajectory: Trajectory, flagged: bool) -> Pass:
    if trajectory.boxes.shape[1] != 4:
        raise UserError("it has polygons, and one-pass profiles score upright boxes x, y, w, h")
    absent = sequence.absent
    if absent is None and flagged:  # in a data set with flags, a sequence without them is always visible
        absent = np.zeros(len(sequence.truth), dtype=bool)
    start = trajectory.start
    prediction, truth = trajectory.boxes, sequence.truth[start:]
    if dataset.scored_by_file_numbers and not dataset.one_based:
        prediction, truth = to_zero_based(prediction), to_zero_based(truth)
    return Pass(prediction, truth, None if absent is None else absent[start:], sequence.size)
