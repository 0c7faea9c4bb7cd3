"""The score of one run, and the records in which scores leave this package."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.metrics import Metric
from benchmarks.scoring.statistics import Estimate

if TYPE_CHECKING:
    from benchmarks.scoring.profiles.profile import ScoringProfile

Record: TypeAlias = dict[str, str | int | float | None]
"""One row: tracker, dataset, protocol, profile; sequence or attribute if the score is split by one; sequences
(the number scored), of (the number in the data set), frames; each metric with `<name>_low` and `<name>_high`;
for several repetitions, their number and each metric's standard deviation over them, `<name>_std`."""


@dataclass(frozen=True, eq=False, kw_only=True)
class RunScore(ABC):
    """The score of one run under one profile.

    Attributes:
        tracker, dataset, protocol: the run.
        profile: the profile it is scored by.
        total_sequences: the number of sequences in the data set, scored or not.
        sequences: the S scored sequences, in the data set's order.
        notes: sentences that users should read with the score.
    """

    tracker: str
    dataset: str
    protocol: str
    profile: ScoringProfile
    total_sequences: int
    sequences: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def main_metric(self) -> Metric:
        """The metric that trackers are ranked by."""
        return self.profile.main_metric

    @property
    @abstractmethod
    def main_value(self) -> float:
        """The value of the main metric; NaN if it is not defined."""

    @abstractmethod
    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        """Returns the score at full precision: one record, or one per sequence or attribute."""

    @abstractmethod
    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        """Returns each sequence's own values, shape (S,), by metric; NaN if a sequence has none.

        `compare` tests these.
        """

    def _record(self, part: Record, sequences: int, frames: int, metrics: Mapping[str, Estimate]) -> Record:
        """Returns a record; metrics that are not defined, such as the EAO of short sequences, are None."""
        record: Record = {
            "tracker": self.tracker,
            "dataset": self.dataset,
            "protocol": self.protocol,
            "profile": self.profile.name,
            **part,
            "sequences": sequences,
            "of": self.total_sequences,
            "frames": frames,
        }
        for name, (value, low, high) in metrics.items():
            record |= {name: value if isfinite(value) else None, f"{name}_low": low, f"{name}_high": high}
        return record
