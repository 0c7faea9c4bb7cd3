"""What failures cost: by tracker, by attribute, by sign, and what two trackers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.failure_report.detection import SIGNS, SequenceFailures


@dataclass(frozen=True)
class Group:
    """Failures of a part of the sequences.

    Attributes:
        name: the attribute, or the sign.
        sequences: number of sequences in it.
        failed: number of those in which the target was lost.
        losses: number of times that it was lost.
        share: mean share of lost frames, in [0, 1].
        cost: success lost there; see `TrackerFailures.cost`.
    """

    name: str
    sequences: int
    failed: int
    losses: int
    share: float
    cost: float


@dataclass(frozen=True, eq=False)
class TrackerFailures:
    """The failures of one tracker.

    Attributes:
        tracker: its name.
        sequences: what it lost in each sequence, in the data set's order.
    """

    tracker: str
    sequences: tuple[SequenceFailures, ...]

    @property
    def failed(self) -> list[SequenceFailures]:
        """The sequences in which the target was lost, the costliest first."""
        failed = [one for one in self.sequences if one.losses]
        return sorted(failed, key=lambda one: (-self.cost(one), one.sequence.casefold()))

    @property
    def tracked_overlap(self) -> float:
        """The mean overlap while the target is not lost, over sequences; 0 if it is always lost."""
        known = [one.tracked_overlap for one in self.sequences if not np.isnan(one.tracked_overlap)]
        return float(np.mean(known)) if known else 0.0

    def cost(self, one: SequenceFailures) -> float:
        """Returns the success that the losses in a sequence cost, over all sequences.

        It is what the mean overlap over all sequences (which is about the success AUC) would gain if the
        tracker overlapped the target in the lost frames as it does, on average, in the others.
        """
        overlap = self.tracked_overlap if np.isnan(one.tracked_overlap) else one.tracked_overlap
        return one.share * overlap / len(self.sequences)

    @property
    def total_cost(self) -> float:
        """The success that all losses cost."""
        return sum(map(self.cost, self.sequences))

    def by_attribute(self) -> list[Group]:
        """Returns the failures of the sequences with each attribute, the costliest first."""
        names = dict.fromkeys(name for one in self.sequences for name in one.attributes)
        groups = []
        for name in names:
            part = [one for one in self.sequences if name in one.attributes]
            groups.append(self._group(name, part))
        return sorted(groups, key=lambda group: (-group.cost, group.name))

    def by_sign(self) -> list[Group]:
        """Returns the failures with each sign, the costliest first; a loss may have several."""
        groups = []
        for sign in SIGNS:
            part = [one for one in self.sequences if any(sign in loss.signs for loss in one.losses)]
            losses = [loss for one in part for loss in one.losses if sign in loss.signs]
            cost = sum(
                self.cost(one)
                * sum(loss.frames for loss in one.losses if sign in loss.signs)
                / one.lost_frames
                for one in part
            )
            share = float(np.mean([one.share for one in part])) if part else 0.0
            groups.append(Group(sign, len(self.sequences), len(part), len(losses), share, cost))
        return sorted(groups, key=lambda group: -group.cost)

    def _group(self, name: str, part: list[SequenceFailures]) -> Group:
        failed = [one for one in part if one.losses]
        return Group(
            name,
            len(part),
            len(failed),
            sum(len(one.losses) for one in part),
            float(np.mean([one.share for one in part])),
            sum(map(self.cost, part)),
        )


@dataclass(frozen=True)
class Pair:
    """What two trackers lose at the same time, and what only one of them loses.

    Attributes:
        first, second: their names.
        shared: sequences with frames in which both have lost the target.
        only_first, only_second: sequences in which one has lost it, and the other one never at that time.
    """

    first: str
    second: str
    shared: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def compare_failures(first: TrackerFailures, second: TrackerFailures) -> Pair:
    """Compares what two trackers lose, on the sequences that both have."""
    others = {one.sequence: one for one in second.sequences}
    shared, only_first, only_second = [], [], []
    for one in first.sequences:
        other = others.get(one.sequence)
        if other is None:
            continue
        if (one.lost & other.lost).any():
            shared.append(one.sequence)
            continue
        if one.losses:
            only_first.append(one.sequence)
        if other.losses:
            only_second.append(one.sequence)
    return Pair(first.tracker, second.tracker, tuple(shared), tuple(only_first), tuple(only_second))


MAX_ALL_PAIRS = 5
"""Trackers of which all pairs are compared; of more, the first with each other one."""


def all_pairs(trackers: Sequence[TrackerFailures]) -> list[Pair]:
    """Compares each two trackers; of many, the first one with the others."""
    firsts = trackers[:-1] if len(trackers) <= MAX_ALL_PAIRS else trackers[:1]
    return [
        compare_failures(first, second)
        for place, first in enumerate(firsts)
        for second in trackers[place + 1 :]
    ]
