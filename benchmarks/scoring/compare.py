"""Tests whether one tracker is better than another, on the sequences that both were run on.

Both trackers run on the same sequences, so the tests are paired: they look at the difference on each
sequence. A difference is claimed only if two tests show it with the same sign:

- The paired bootstrap over sequences tests the mean difference, which is what tables show. With few sequences
  its interval is somewhat too narrow.
- Wilcoxon's signed-rank test (Biometrics Bulletin 1945) is exact for few sequences and robust to a single
  extreme one. Demsar (JMLR 2006) recommends it for comparisons across data sets. VOT's ranking
  (`vot_ranking`) uses the same test differently, on frames and with the normal approximation.

All comparisons made together are corrected together, by Holm's method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

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
from trackers.wording import agree, counted

ALPHA = 1 - CONFIDENCE
MIN_SEQUENCES = 6
"""Smallest number of sequences for which the signed-rank test can reach p <= 0.05.

With 5, the smallest p-value is 2 / 2^5.
"""
MAX_COMPARISONS = 5000
"""Maximum number of comparisons made together: 100 trackers in one metric."""
_BLOCK = 512
"""Comparisons resampled at once, which takes 40 MB."""
_MAX_EXACT_TIES = 13
"""Largest number of differences whose ties are tested exactly, as in SciPy.

SciPy tries all combinations of signs, which takes a second; `_exact_p_with_ties` counts rank sums instead.
"""


@dataclass(frozen=True)
class Comparison:
    """The comparison of two trackers in one metric.

    Attributes:
        metric: its name.
        a, b: the trackers.
        sequences: the number of sequences on which both have a value.
        value_a, value_b: their means over these sequences.
        difference: value_a - value_b.
        low, high: its 95 % interval by bootstrap over sequences, not corrected; None for fewer than two
            sequences.
        p_bootstrap, p_wilcoxon: two-sided p-values, not corrected.
        corrected_bootstrap, corrected_wilcoxon: p-values corrected for all comparisons made together.
        comparisons: the number of comparisons made together.
        signs_agree: whether the sum of the signed ranks and the mean difference have the same sign.
        higher_is_better: the direction of the metric in the scores' profile.
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
    signs_agree: bool
    higher_is_better: bool

    def __str__(self) -> str:
        return self.verdict

    @property
    def p(self) -> float:
        """The larger of the corrected p-values, which decides."""
        return max(self.corrected_bootstrap, self.corrected_wilcoxon)

    @property
    def better(self) -> str | None:
        """The better tracker; None if no difference can be shown."""
        if self.sequences < MIN_SEQUENCES or not self.signs_agree or self.p > ALPHA:
            return None
        a_is_better = (self.difference > 0) is self.higher_is_better
        return self.a if a_is_better else self.b

    @property
    def verdict(self) -> str:
        """The result in words."""
        result = f"{self.a} - {self.b} = {self.difference:+.3f}"
        several = self.comparisons > 1
        if self.low is not None and self.high is not None:
            result += f" [{self.low:+.3f}, {self.high:+.3f}]" + " (uncorrected)" * several
        p = format_p(self.p, 3 if self.p >= 0.001 else 4)
        result += f", p {p}" if p.startswith("<") else f", p = {p}"
        if several:
            result += f" (corrected for {self.comparisons} comparisons)"
        if self.better is not None:
            return f"{self.better} is better: {result} on {counted(self.sequences, 'sequence')}"
        these = agree(self.sequences, "this", "these")
        text = f"no difference can be shown on {these} {counted(self.sequences, 'sequence')}: {result}"
        if self.sequences < MIN_SEQUENCES:
            text += f"; at least {MIN_SEQUENCES} sequences are needed to show one"
        elif self.p <= ALPHA:
            text += "; the mean difference and the signed ranks have opposite signs"
        elif self.low is not None and self.high is not None and several and not self.low <= 0 <= self.high:
            text += "; with this many comparisons, some uncorrected intervals exclude 0 by chance"
        return text


def compare(
    scores: Sequence[RunScore], metrics: Sequence[str], resamples: int = RESAMPLES
) -> list[Comparison]:
    """Compares every pair of scores in every metric, all corrected together.

    Args:
        scores: two or more, of different trackers on the same data set under the same profile.
        metrics: names of metrics that single sequences have.
        resamples: number of bootstrap draws; the smallest possible p-value is 2 / (resamples + 1).

    Returns:
        One per pair and metric, pairs in the order of `scores`.

    Raises:
        UserError: a metric is unknown, two trackers have no common sequence, or there are more than
            `MAX_COMPARISONS` comparisons.
    """
    values = [score.sequence_values() for score in scores]
    for metric in metrics:
        if metric not in values[0]:
            raise UserError(
                f"there is no metric '{metric}' to compare{did_you_mean(metric, list(values[0]))}; "
                f"there are: {', '.join(values[0])}"
            )
    metrics = list(dict.fromkeys(metrics))
    count = len(scores) * (len(scores) - 1) // 2 * len(metrics)
    if count > MAX_COMPARISONS:
        raise UserError(
            f"{len(scores)} trackers make {count} comparisons, but at most {MAX_COMPARISONS} can be made "
            "together; name fewer trackers"
        )
    pairs = [
        (metric, i, j, *_paired(scores[i], scores[j], values[i], values[j], metric))
        for (i, j), metric in product(combinations(range(len(scores)), 2), metrics)
    ]
    tests = _test_all([a - b for *_, a, b in pairs], resamples)
    bootstrap = holm(np.array([test.p_bootstrap for test in tests])).tolist()
    ranked = holm(np.array([test.p_wilcoxon for test in tests])).tolist()
    return [
        Comparison(
            metric=metric,
            a=scores[i].tracker,
            b=scores[j].tracker,
            sequences=len(a),
            value_a=float(a.mean()),
            value_b=float(b.mean()),
            corrected_bootstrap=p_bootstrap,
            corrected_wilcoxon=p_ranked,
            comparisons=count,
            higher_is_better=scores[0].profile.metric(metric).higher_is_better,
            **test._asdict(),
        )
        for (metric, i, j, a, b), test, p_bootstrap, p_ranked in zip(
            pairs, tests, bootstrap, ranked, strict=True
        )
    ]


def comparison_record(comparison: Comparison, total_sequences: int) -> Record:
    """Returns a comparison at full precision, with its keys in JSON and CSV.

    `sequences` is the number that both trackers have, `of` that of the data set; `value_a` and `value_b` are
    the means over these sequences; `difference` is value_a - value_b, with its 95 % interval in
    `difference_low` and `difference_high`. `p_bootstrap` and `p_wilcoxon` are not corrected;
    `p_..._corrected` are corrected by Holm's method for all `comparisons` made together, and decide. `better`
    is a tracker's name, or null if no difference can be shown; `verdict` is the conclusion in words.
    """
    return {
        "metric": comparison.metric,
        "a": comparison.a,
        "b": comparison.b,
        "sequences": comparison.sequences,
        "of": total_sequences,
        "value_a": comparison.value_a,
        "value_b": comparison.value_b,
        "difference": comparison.difference,
        "difference_low": comparison.low,
        "difference_high": comparison.high,
        "p_bootstrap": comparison.p_bootstrap,
        "p_wilcoxon": comparison.p_wilcoxon,
        "p_bootstrap_corrected": comparison.corrected_bootstrap,
        "p_wilcoxon_corrected": comparison.corrected_wilcoxon,
        "comparisons": comparison.comparisons,
        "better": comparison.better,
        "verdict": comparison.verdict,
    }


def wilcoxon_p(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns two-sided p-values of the signed-rank test; differences of 0 are left out.

    Args:
        differences: shape (..., S), finite: one or more comparisons on S sequences.

    Returns:
        Shape (...), in (0, 1]; 1 if all are 0. Exact for up to 50 differences without ties in size.
    """
    rows = differences.reshape(-1, differences.shape[-1])
    differing = np.count_nonzero(rows, axis=1)
    p = np.ones(len(rows))
    for count in np.unique(differing[differing > 0]).tolist():
        places = np.flatnonzero(differing == count)
        values = rows[places]
        values = values[values != 0].reshape(-1, count)
        tied = (np.diff(np.sort(np.abs(values)), axis=1) == 0).any(axis=1)
        # SciPy chooses one method for all rows of a call, by whether any has ties.
        for chosen, exact in ((~tied, False), (tied, count <= _MAX_EXACT_TIES)):
            if exact:
                p[places[chosen]] = [_exact_p_with_ties(row) for row in values[chosen]]
            elif chosen.any():
                p[places[chosen]] = wilcoxon(values[chosen], axis=1).pvalue
    return p.reshape(differences.shape[:-1])


def _exact_p_with_ties(differences: NDArray[np.float64]) -> float:
    """Returns the signed-rank test's exact p-value, also if some differences are tied in size.

    Args:
        differences: shape (n,), none 0.
    """
    ranks = np.rint(2 * rankdata(np.abs(differences))).astype(int)  # doubled, since tied ranks may be halves
    ways = np.ones(1, dtype=np.int64)  # by rank sum, the number of choices of positive signs that have it
    for rank in ranks.tolist():
        ways = np.pad(ways, (0, rank)) + np.pad(ways, (rank, 0))
    positive = int(ranks[differences > 0].sum())
    rarer = int(min(ways[: positive + 1].sum(), ways[positive:].sum()))
    p: float = min(2 * rarer / 2 ** len(ranks), 1.0)
    return p


class _Test(NamedTuple):
    """The tests of the differences of one pair, as in `Comparison`."""

    difference: float
    low: float | None
    high: float | None
    p_bootstrap: float
    p_wilcoxon: float
    signs_agree: bool


def _paired(
    first: RunScore,
    second: RunScore,
    values_a: Mapping[str, NDArray[np.float64]],
    values_b: Mapping[str, NDArray[np.float64]],
    metric: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns both trackers' values on the sequences on which both have one, each of shape (S,)."""
    if first.sequences == second.sequences:
        both = np.stack([values_a[metric], values_b[metric]], axis=1)
    else:
        by_name = dict(zip(second.sequences, values_b[metric].tolist(), strict=True))
        named = zip(first.sequences, values_a[metric].tolist(), strict=True)
        both = np.array([(value, by_name[name]) for name, value in named if name in by_name]).reshape(-1, 2)
    both = both[np.isfinite(both).all(axis=1)]
    if len(both) == 0:
        raise UserError(
            f"'{first.tracker}' and '{second.tracker}' have no common sequence with a value of {metric}; "
            "run both on the same sequences"
        )
    return both[:, 0], both[:, 1]


def _test_all(differences: Sequence[NDArray[np.float64]], resamples: int) -> list[_Test]:
    """Tests each array of differences; arrays of the same length share the draws and are tested in blocks."""
    by_length: dict[int, list[int]] = {}
    for place, values in enumerate(differences):
        by_length.setdefault(len(values), []).append(place)
    tests: dict[int, _Test] = {}
    for places in by_length.values():
        # Blocks of equal size: with only a few columns, BLAS may round the last digit differently.
        for block in np.array_split(places, -(-len(places) // _BLOCK)):
            found = _test_block(np.stack([differences[i] for i in block]), resamples)
            tests |= zip(block.tolist(), found, strict=True)
    return [tests[place] for place in range(len(differences))]


def _test_block(differences: NDArray[np.float64], resamples: int) -> list[_Test]:
    """Tests differences of shape (pairs, S)."""
    pairs, sequences = differences.shape
    ends: list[tuple[float, float]] | list[tuple[None, None]] = [(None, None)] * pairs
    p_bootstrap = np.ones(pairs)
    if sequences > 1:
        means = resampled_means(differences.T, resamples)
        ends = list(zip(*(end.tolist() for end in percentile_interval(means)), strict=True))
        p_bootstrap = bootstrap_p(means)
    # Ranks among the differences that are not 0: zeros have the lowest ranks.
    ranks = rankdata(np.abs(differences), axis=1) - (differences == 0).sum(axis=1, keepdims=True)
    signed_ranks = (np.sign(differences) * ranks).sum(axis=1)
    mean = differences.mean(axis=1)
    columns = (mean, ends, p_bootstrap, wilcoxon_p(differences), signed_ranks * mean > 0)
    return [
        _Test(float(difference), *both, float(p), float(p_ranked), bool(signs_agree))
        for difference, both, p, p_ranked, signs_agree in zip(*columns, strict=True)
    ]


def comparisons_caption(comparisons: Sequence[Comparison], resamples: int = RESAMPLES) -> str:
    """Returns the caption of a table of comparisons, which explains its intervals and p-values."""
    count = len(comparisons)
    if count < 2:
        return "A - B with 95 % interval over sequences"
    caption = (
        "A - B with 95 % interval over sequences (uncorrected); "
        f"p-values, corrected for {count} comparisons (Holm), decide"
    )
    smallest = 2 / (resamples + 1)
    if smallest * count > ALPHA:
        caption += (
            f"; with {resamples} resamples the smallest p-value is {smallest:.4f}, so with this many "
            "comparisons few can reach significance: compare fewer trackers"
        )
    return caption
