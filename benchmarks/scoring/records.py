"""What every score can do, and the form in which scores leave this package."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.metrics import Metric
from benchmarks.scoring.statistics import Estimate

Record: TypeAlias = dict[str, str | int | float | None]
"""One row: tracker, dataset, protocol, profile; sequence or attribute, where asked for; sequences (how many
were scored), of (how many the data set has), frames; each metric with `<name>_low` and `<name>_high`; of
several repetitions: how many, and each metric's standard deviation over them, `<name>_std`."""


class RunScore(Protocol):
    """What every score can do, whatever its profile computes. The attributes are those of `Score`."""

    @property
    def tracker(self) -> str:
        """Whose run it is."""

    @property
    def of(self) -> int:
        """How many sequences the data set has, scored or not."""

    @property
    def sequences(self) -> tuple[str, ...]:
        """The S scored ones, in the data set's order."""

    @property
    def main_metric(self) -> Metric:
        """The metric that trackers are ranked by."""

    @property
    def main_value(self) -> float:
        """The value of the main metric; NaN if it is not defined."""

    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        """The score at full precision: one record, or one per sequence or attribute."""

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Each sequence's own figures, shape (S,), by metric: those whose mean over sequences is the score.

        NaN where a sequence has none. What `compare` tests.
        """


def estimate_columns(metrics: Mapping[str, Estimate]) -> Record:
    """The part of a record that holds figures: each metric with `<name>_low` and `<name>_high`.

    A figure that is not defined, such as the expected overlap of sequences that are too short, is None.
    """
    columns: Record = {}
    for name, (value, low, high) in metrics.items():
        columns |= {name: value if isfinite(value) else None, f"{name}_low": low, f"{name}_high": high}
    return columns
