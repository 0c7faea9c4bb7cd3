"""What a profile is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.metrics import FrameMeasures, Metric, OnePassMetric
from trackers.tracker import Boxes


class Pass(NamedTuple):
    """One pass over a sequence, or over the part of it that begins where the pass does.

    Attributes:
        prediction: shape (n, 4), 0-based.
        truth: shape (m, 4), 0-based; m differs from n where a stored result ends early or late.
        absent: bool, shape (m,): the target is not to be visible; None where the data set does not say.
        size: width and height of the images in pixels, where they are known.
    """

    prediction: Boxes
    truth: Boxes
    absent: NDArray[np.bool_] | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoringProfile:
    """What every profile says of itself, whatever it computes.

    Attributes:
        name: what the command line calls it: `"otb"`.
        title: what it is, in a line.
        reference: whose rules these are.
        differs: what makes its scores differ from those of other profiles, in a line.
        metrics: what it reports, in this order.
        protocols: whose results it is for.
        datasets: the data sets for which `--profile all` shows it; None for every one.
        standard_for: the data sets that are scored by it unless another is asked for.
    """

    name: str
    title: str
    reference: str
    differs: str
    metrics: tuple[Metric, ...]
    protocols: tuple[str, ...]
    datasets: tuple[str, ...] | None = None
    standard_for: tuple[str, ...] = ()

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
        """Whether it is meant for the results of `protocol` on `dataset`."""
        return protocol in self.protocols and (self.datasets is None or dataset in self.datasets)


@dataclass(frozen=True, eq=False, kw_only=True)
class Profile(ScoringProfile):
    """Rules for one-pass results.

    Attributes:
        measure: from prediction (n, 4) and ground truth (m, 4) of one pass, 0-based, to what each of the m
            frames counts as. n is m unless `pads`. It raises `UserError` for boxes that the rules refuse.
        counts_absent_as_misses: whether frames without the target are misses in every metric. They leave the
            numerators of all shares but stay in the denominators.
        visible_overlaps: given prediction and ground truth as `measure` and the size of the images, the overlaps
            that average overlap is taken over, less the first frame and those without the target, if a data
            set of the user's own says which these are. All that are visible count alike then, whatever sequence
            they are of.
        pads: whether `measure` makes up for missing predictions. Otherwise frames that only one side has are
            cut off.
    """

    metrics: tuple[OnePassMetric, ...]
    measure: Callable[[Boxes, Boxes], FrameMeasures]
    counts_absent_as_misses: bool = False
    visible_overlaps: Callable[[Boxes, Boxes, tuple[int, int] | None], NDArray[np.float64]] | None = None
    pads: bool = False

    def frames(self, passes: Iterable[Pass]) -> FrameMeasures:
        """What the frames of all passes over one sequence count as.

        The frames of all passes count together, as in OTB's TRE and SRE: a share is hits over all passes by
        frames over all passes.

        Args:
            passes: with at least one frame in all.
        """
        return FrameMeasures.joined([self._measured(one) for one in passes])

    @property
    def uses_absence(self) -> bool:
        """Whether it treats frames without the target in a way of its own."""
        return self.counts_absent_as_misses or self.visible_overlaps is not None

    def curves(self, frames: FrameMeasures) -> dict[str, NDArray[np.float64]]:
        """The curves of a sequence's frames, each of shape (T,), by the names of `metrics`."""
        return {metric.name: metric.curve(frames) for metric in self.metrics}

    def _measured(self, one: Pass) -> FrameMeasures:
        rows = len(one.truth) if self.pads else min(len(one.prediction), len(one.truth))
        frames = self.measure(one.prediction[:rows], one.truth[:rows])
        if self.counts_absent_as_misses and one.absent is not None:
            return frames.missed_where(one.absent[:rows])
        if self.visible_overlaps and one.absent is not None:
            visible = self.visible_overlaps(one.prediction[:rows], one.truth[:rows], one.size)
            return frames._replace(visible=visible[1:][~one.absent[1:rows]])
        return frames
