"""Whether one tracker is better than another, on the sequences that both were run on.

Two trackers meet the same sequences, so their figures are paired: what is tested is the difference on each
sequence. Two tests look at it, and a difference is claimed only where both show it in the same direction:

- the paired bootstrap over sequences, which tests the mean difference, the figure that tables show. With few
  sequences its interval is somewhat too narrow;
- Wilcoxon's signed-rank test (Biometrics Bulletin 1945), exact for few sequences, which is not moved by one
  extreme sequence. It is used across data sets by Demsar (JMLR 2006).

Everything compared together is corrected together, by Holm's method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

from benchmarks.scoring.metrics import METRICS
from benchmarks.scoring.run_score import Record, RunScore
from benchmarks.scoring.statistics import (
    CONFIDENCE,
    RESAMPLES,
    bootstrap_p,
    format_p,
    holm,
    percentile_interval,
    resampled_means,
)
from trackers.errors import UserError
from trackers.registry import did_you_mean

ALPHA = 1 - CONFIDENCE
MIN_SEQUENCES = 6
"""With 5 sequences, of which one tracker wins all, the signed-rank test still gives p = 2 / 2^5 > 0.05."""
MAX_COMPARISONS = 5000
"""Comparisons that are made together: 100 trackers in one metric."""
_BLOCK = 512
"""Comparisons that are resampled at once, which takes 40 MB."""
_COUNTED = 13
"""SciPy tries all signs of up to so many differences where some are alike in size: a second each.
Here they are counted."""


@dataclass(frozen=True)
class Comparison:
    """Two trackers in one metric.

    Attributes:
        metric: its name.
        a, b: the trackers.
        sequences: how many both have a figure on.
        value_a, value_b: their means over these sequences.
        difference: the first less the second.
        low, high: its 95 % interval, by bootstrap over sequences, of this comparison alone; None for fewer
            than two sequences.
        p_bootstrap, p_wilcoxon: two-sided p-values of this comparison alone.
        corrected_bootstrap, corrected_wilcoxon: the same, corrected for all comparisons made together.
        comparisons: how many those are.
        consistent: whether ranks and means point in the same direction.
    """

    metric: str
    a: str
    b: str
    sequences: int
    value_a: float
    value_b: float
    difference: float
    low: float | None
    high: float | None
    p_bootstrap: float
    p_wilcoxon: float
    corrected_bootstrap: float
    corrected_wilcoxon: float
    comparisons: int
    consistent: bool

    @property
    def p(self) -> float:
        """The greater of the corrected p-values: what decides."""
        return max(self.corrected_bootstrap, self.corrected_wilcoxon)

    @property
    def better(self) -> str | None:
        """The tracker that is better, or None where no difference can be shown."""
        if self.sequences < MIN_SEQUENCES or not self.consistent or self.p > ALPHA:
            return None
        a_is_better = (self.difference > 0) is METRICS[self.metric].higher_is_better
        return self.a if a_is_better else self.b

    @property
    def verdict(self) -> str:
        """What can be said, in words."""
        figures = f"{self.a} - {self.b} = {self.difference:+.3f}"
        several = self.comparisons > 1
        if self.low is not None and self.high is not None:
            figures += f" [{self.low:+.3f}, {self.high:+.3f}]" + " by itself" * several
        figures += f", p {_short(self.p)}"
        if several:
            figures += f" (corrected for {self.comparisons} comparisons)"
        if self.better is not None:
            return f"{self.better} is better: {figures} on {self.sequences} sequences"
        told = f"no difference can be shown on {_these(self.sequences)}: {figures}"
        if self.sequences < MIN_SEQUENCES:
            told += f"; fewer than {MIN_SEQUENCES} sequences can never show one"
        elif self.p <= ALPHA:
            told += "; the mean and most sequences point in opposite directions"
        elif self.low is not None and self.high is not None and several and not self.low <= 0 <= self.high:
            told += "; among so many comparisons some intervals leave out 0 by chance"
        return told


def compare(
    scores: Sequence[RunScore], metrics: Sequence[str], resamples: int = RESAMPLES
) -> list[Comparison]:
    """Compares every pair of scores in every metric, all corrected together.

    Args:
        scores: two or more, on the same data set and under the same profile, of different trackers.
        metrics: names among those that the scores have.
        resamples: how often the bootstrap draws; no p-value is less than 2 / (resamples + 1).

    Returns:
        One per pair and metric, pairs in the order of `scores`.

    Raises:
        UserError: a metric is unknown, two trackers share no sequence, or there are more than `MAX_COMPARISONS` pairs.
    """
    figures = [score.sequence_values() for score in scores]
    for metric in metrics:
        if metric not in figures[0]:
            raise UserError(
                f"there is no metric '{metric}' to compare{did_you_mean(metric, list(figures[0]))}; "
                f"there are: {', '.join(figures[0])}"
            )
    count = len(scores) * (len(scores) - 1) // 2 * len(dict.fromkeys(metrics))
    if count > MAX_COMPARISONS:
        raise UserError(
            f"{len(scores)} trackers are {count} comparisons, and at most {MAX_COMPARISONS} can be made together; "
            "name fewer trackers"
        )
    pairs = [
        _Pair(scores[i], scores[j], metric, *_paired(scores[i], scores[j], figures[i], figures[j], metric))
        for (i, j), metric in product(combinations(range(len(scores)), 2), dict.fromkeys(metrics))
    ]
    tests = _tested([pair.differences for pair in pairs], resamples)
    bootstrap, ranked = (
        np.array([getattr(one, name) for one in tests]) for name in ("p_bootstrap", "p_wilcoxon")
    )
    corrected = zip(holm(bootstrap).tolist(), holm(ranked).tolist(), strict=True)
    return [
        pair.compared(one, both, len(pairs)) for pair, one, both in zip(pairs, tests, corrected, strict=True)
    ]


def comparison_record(one: Comparison, of: int) -> Record:
    """A comparison at full precision, by the names that JSON and CSV have for it.

    `sequences`: how many both trackers have, `of` those of the data set; `value_a`, `value_b`: the means over
    these; `difference`: the first less the second, with its 95 % interval in `difference_low` and
    `difference_high`; `p_bootstrap`, `p_wilcoxon`: of this comparison alone; `p_..._corrected`: by Holm's
    method for all `comparisons` made together, which is what decides; `better`: a tracker's name, or null
    where no difference can be shown; `verdict`: the same in words.
    """
    return {
        "metric": one.metric,
        "a": one.a,
        "b": one.b,
        "sequences": one.sequences,
        "of": of,
        "value_a": one.value_a,
        "value_b": one.value_b,
        "difference": one.difference,
        "difference_low": one.low,
        "difference_high": one.high,
        "p_bootstrap": one.p_bootstrap,
        "p_wilcoxon": one.p_wilcoxon,
        "p_bootstrap_corrected": one.corrected_bootstrap,
        "p_wilcoxon_corrected": one.corrected_wilcoxon,
        "comparisons": one.comparisons,
        "better": one.better,
        "verdict": one.verdict,
    }


def wilcoxon_p(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p-values of the signed-rank test; sequences without a difference are left out.

    Args:
        differences: shape (..., S), finite: one or more comparisons on S sequences.

    Returns:
        Shape (...), in (0, 1]; 1 where nothing differs. Exact for up to 50 differences of which no two are
        alike in size.
    """
    rows = differences.reshape(-1, differences.shape[-1])
    differing = np.count_nonzero(rows, axis=1)
    p = np.ones(len(rows))
    for count in np.unique(differing[differing > 0]).tolist():
        places = np.flatnonzero(differing == count)
        values = rows[places]
        values = values[values != 0].reshape(-1, count)
        tied = (np.diff(np.sort(np.abs(values)), axis=1) == 0).any(axis=1)
        # SciPy takes one method for all that it is given at once, and ties decide which.
        for alike, counted in ((~tied, False), (tied, count <= _COUNTED)):
            if counted:
                p[places[alike]] = [_counted_p(row) for row in values[alike]]
            elif alike.any():
                p[places[alike]] = wilcoxon(values[alike], axis=1).pvalue
    return p.reshape(differences.shape[:-1])


def _counted_p(differences: NDArray[np.float64]) -> float:
    """The signed-rank test's exact p-value, also where differences are alike in size and share their ranks.

    Args:
        differences: shape (n,), none 0.
    """
    ranks = np.rint(2 * rankdata(np.abs(differences))).astype(int)  # shared ranks are halves
    ways = np.ones(1, dtype=np.int64)  # by their sum, how many choices of positive signs have it
    for rank in ranks.tolist():
        ways = np.pad(ways, (0, rank)) + np.pad(ways, (rank, 0))
    positive = int(ranks[differences > 0].sum())
    rarer = int(min(ways[: positive + 1].sum(), ways[positive:].sum()))
    p: float = min(2 * rarer / 2 ** len(ranks), 1.0)
    return p


class _Tested(NamedTuple):
    """What is found out about the differences of one pair; as in `Comparison`."""

    mean: float
    low: float | None
    high: float | None
    p_bootstrap: float
    p_wilcoxon: float
    signed_ranks: float
    """Sum of the ranks of positive differences less that of negative ones."""


@dataclass(frozen=True, eq=False)
class _Pair:
    first: RunScore
    second: RunScore
    metric: str
    a: NDArray[np.float64]
    b: NDArray[np.float64]

    @property
    def differences(self) -> NDArray[np.float64]:
        return self.a - self.b

    def compared(self, tested: _Tested, corrected: tuple[float, float], comparisons: int) -> Comparison:
        return Comparison(
            metric=self.metric,
            a=self.first.tracker,
            b=self.second.tracker,
            sequences=len(self.a),
            value_a=float(self.a.mean()),
            value_b=float(self.b.mean()),
            difference=tested.mean,
            low=tested.low,
            high=tested.high,
            p_bootstrap=tested.p_bootstrap,
            p_wilcoxon=tested.p_wilcoxon,
            corrected_bootstrap=corrected[0],
            corrected_wilcoxon=corrected[1],
            comparisons=comparisons,
            consistent=tested.signed_ranks * tested.mean > 0,
        )


def _paired(
    first: RunScore,
    second: RunScore,
    figures_a: Mapping[str, NDArray[np.float64]],
    figures_b: Mapping[str, NDArray[np.float64]],
    metric: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both trackers' figures on the sequences on which both have one, each of shape (S,)."""
    if first.sequences == second.sequences:
        both = np.stack([figures_a[metric], figures_b[metric]], axis=1)
    else:
        theirs = dict(zip(second.sequences, figures_b[metric].tolist(), strict=True))
        ours = zip(first.sequences, figures_a[metric].tolist(), strict=True)
        both = np.array([(value, theirs[name]) for name, value in ours if name in theirs]).reshape(-1, 2)
    both = both[np.isfinite(both).all(axis=1)]
    if len(both) == 0:
        raise UserError(
            f"'{first.tracker}' and '{second.tracker}' share no sequence with a figure for {metric}; run "
            "both on the same sequences"
        )
    return both[:, 0], both[:, 1]


def _tested(differences: Sequence[NDArray[np.float64]], resamples: int) -> list[_Tested]:
    """Tests each array of differences; those of the same length together, by the same draws, in blocks."""
    by_length: dict[int, list[int]] = {}
    for place, values in enumerate(differences):
        by_length.setdefault(len(values), []).append(place)
    tested: dict[int, _Tested] = {}
    for places in by_length.values():
        # In equal parts: of a few columns alone, linear algebra may round the last digit otherwise.
        for block in np.array_split(places, -(-len(places) // _BLOCK)):
            tested |= zip(
                block, _tested_block(np.stack([differences[i] for i in block]), resamples), strict=True
            )
    return [tested[place] for place in range(len(differences))]


def _tested_block(differences: NDArray[np.float64], resamples: int) -> list[_Tested]:
    """Tests differences of shape (pairs, S)."""
    pairs, sequences = differences.shape
    ends: list[tuple[float, float]] | list[tuple[None, None]] = [(None, None)] * pairs
    p_bootstrap = np.ones(pairs)
    if sequences > 1:
        means = resampled_means(differences.T, resamples)
        ends = list(zip(*(end.tolist() for end in percentile_interval(means)), strict=True))
        p_bootstrap = bootstrap_p(means)
    # Ranks among those that differ: zeros have the lowest ranks of all.
    ranks = rankdata(np.abs(differences), axis=1) - (differences == 0).sum(axis=1, keepdims=True)
    signed_ranks = (np.sign(differences) * ranks).sum(axis=1)
    return [
        _Tested(mean, *both, *rest)
        for mean, both, *rest in zip(
            differences.mean(axis=1).tolist(),
            ends,
            p_bootstrap.tolist(),
            wilcoxon_p(differences).tolist(),
            signed_ranks.tolist(),
            strict=True,
        )
    ]


def comparisons_caption(comparisons: Sequence[Comparison], resamples: int = RESAMPLES) -> str:
    """What a table of comparisons says of its intervals and p-values."""
    count = len(comparisons)
    if count < 2:
        return "A - B with 95 % interval over sequences"
    told = (
        "A - B with 95 % interval over sequences, of each comparison by itself; "
        f"p corrected for {count} comparisons (Holm), which decides"
    )
    least = 2 / (resamples + 1)
    if least * count > ALPHA:
        told += (
            f"; from {resamples} resamples no p is less than {least:.4f}, so that among so many comparisons "
            "hardly any can show a difference: compare fewer trackers"
        )
    return told


def _short(p: float) -> str:
    text = format_p(p, 3 if p >= 0.001 else 4)
    return text if text.startswith("<") else f"= {text}"


def _these(count: int) -> str:
    return "this 1 sequence" if count == 1 else f"these {count} sequences"
