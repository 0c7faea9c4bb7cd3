"""Comparisons: against SciPy's tests, as properties, and the false positives of equal trackers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.scoring import OTB, Record, ScoringProfile
from benchmarks.scoring import compare as module
from benchmarks.scoring.compare import (
    Comparison,
    compare,
    comparison_record,
    comparisons_caption,
    wilcoxon_p,
)
from benchmarks.scoring.metrics import SUCCESS_AUC
from trackers.errors import UserError

STEPS = np.arange(8) / 100


@dataclass
class FixedScore:
    """A score with given values per sequence."""

    tracker: str
    values: dict[str, NDArray[np.float64]]
    sequences: tuple[str, ...] = ()
    total_sequences: int = 100
    profile: ScoringProfile = OTB

    def __post_init__(self) -> None:
        count = len(next(iter(self.values.values())))
        self.sequences = self.sequences or tuple(f"s{i}" for i in range(count))

    def records(self, by: Literal["sequence", "attribute"] | None = None) -> list[Record]:
        raise AssertionError("a comparison needs no records")

    def sequence_values(self) -> dict[str, NDArray[np.float64]]:
        return self.values


def score(tracker: str, values: list[float] | NDArray[np.float64], sequences: str = "") -> FixedScore:
    return FixedScore(tracker, {"success": np.array(values, dtype=np.float64)}, tuple(sequences))


def one(a: FixedScore, b: FixedScore, resamples: int = 10_000) -> Comparison:
    (found,) = compare([a, b], ["success"], resamples)
    return found


paired_values = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8)


@given(paired_values)
@settings(max_examples=30, deadline=None)
def test_swapping_trackers_flips_only_the_sign(pairs):
    a, b = (score(name, column) for name, column in zip("ab", zip(*pairs, strict=True), strict=True))
    forth, back = one(a, b, 500), one(b, a, 500)
    assert back.difference == pytest.approx(-forth.difference, abs=1e-12)
    if forth.low is not None:
        assert (back.low, back.high) == pytest.approx((-forth.high, -forth.low), abs=1e-9)
    assert (back.p_wilcoxon, back.better) == (forth.p_wilcoxon, forth.better)
    assert back.p_bootstrap == pytest.approx(forth.p_bootstrap)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_equal_values_show_no_difference(values):
    same = one(score("a", values), score("b", values), 500)
    assert (same.difference, same.p_bootstrap, same.p_wilcoxon, same.better) == (0, 1, 1, None)
    assert not same.signs_agree
    assert same.verdict.startswith("no difference can be shown on th")


def test_p_values_and_interval_equal_scipys():
    generator = np.random.default_rng(0)
    a, b = generator.random(40), generator.random(40)
    b[:5] = a[:5]
    found = one(score("a", a), score("b", b + 0.05))
    theirs = scipy.stats.wilcoxon(a, b + 0.05, zero_method="wilcox")
    assert found.p_wilcoxon == pytest.approx(theirs.pvalue)
    interval = scipy.stats.bootstrap(
        (a, b + 0.05),
        lambda x, y, axis: (x - y).mean(axis=axis),
        paired=True,
        n_resamples=10_000,
        method="percentile",
        rng=1,
    )
    ends = interval.confidence_interval
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=0.1 * interval.standard_error)


def test_wilcoxon_is_exact_for_few_sequences_with_zeros():
    # All of n differences have one sign: the least p of the exact test is 2 / 2^n.
    for n in (1, 3, 5, 6, 10):
        assert wilcoxon_p(np.arange(1.0, n + 1)) == pytest.approx(2 / 2**n)
        assert wilcoxon_p(np.concatenate([np.arange(1.0, n + 1), np.zeros(20)])) == pytest.approx(2 / 2**n)
        assert wilcoxon_p(np.full(n, 0.25)) == pytest.approx(2 / 2**n)


@pytest.mark.parametrize("count", [2, 7, 9])
def test_exact_p_with_ties_equals_scipys(count):
    generator = np.random.default_rng(count)
    for _ in range(5):
        values = generator.integers(1, 4, count) * generator.choice([-0.25, 0.25], count)
        assert wilcoxon_p(values) == scipy.stats.wilcoxon(values).pvalue


def test_p_values_together_equal_those_alone():
    generator = np.random.default_rng(5)
    for sequences, digits in ((8, 1), (20, 1), (40, 2), (60, 1), (60, 8)):
        rows = np.round(generator.normal(0, 0.2, (30, sequences)), digits)
        rows[3] = 0
        assert wilcoxon_p(rows).tolist() == [float(wilcoxon_p(row)) for row in rows]


def test_many_trackers_compare_as_pairs_do(monkeypatch):
    generator = np.random.default_rng(6)
    scores = [score(f"t{i}", generator.random(12)) for i in range(6)]
    scores.append(FixedScore("short", {"success": generator.random(7)}, scores[0].sequences[3:10]))
    by_name = {score.tracker: score for score in scores}
    monkeypatch.setattr(module, "_BLOCK", 4)
    for found in compare(scores, ["success"], 500):
        alone = one(by_name[found.a], by_name[found.b], 500)
        assert (found.sequences, found.difference) == (alone.sequences, alone.difference)
        assert (found.p_wilcoxon, found.p_bootstrap) == (alone.p_wilcoxon, alone.p_bootstrap)
        assert (found.low, found.high) == pytest.approx((alone.low, alone.high), abs=1e-12)


@pytest.mark.parametrize(
    ("sequences", "shape"), [(6, "normal"), (10, "skewed"), (50, "normal"), (50, "skewed")]
)
def test_equal_trackers_rarely_differ(sequences, shape):
    generator = np.random.default_rng(sequences)
    wrong, trials = 0, 300
    for _ in range(trials):
        difficulty = generator.beta(2, 1, sequences)
        noise = generator.normal(0, 0.1, (2, sequences))
        if shape == "skewed":
            noise = 0.3 * generator.beta(0.3, 2, (2, sequences))
        a, b = np.clip(difficulty + noise, 0, 1.5)
        wrong += one(score("a", a), score("b", b), 1000).better is not None
    assert wrong / trials <= 0.07


def test_many_comparisons_of_equal_trackers_rarely_find_one():
    generator = np.random.default_rng(3)
    wrong = 0
    for _ in range(60):
        scores = [score(f"t{i}", generator.beta(2, 1, 30)) for i in range(5)]
        wrong += any(found.better for found in compare(scores, ["success"], 1000))
    assert wrong / 60 <= 0.07


def test_real_difference_is_reported():
    generator = np.random.default_rng(1)
    b = generator.beta(2, 1, 50)
    found = one(score("Mine", b + generator.normal(0.05, 0.05, 50)), score("Theirs", b))
    assert found.better == "Mine"
    assert found.low > 0
    expected_text = (
        f"Mine is better: Mine - Theirs = +{found.difference:.3f} [+{found.low:.3f}, +{found.high:.3f}], p = "
    )
    assert found.verdict.startswith(expected_text)
    assert found.verdict.endswith(" on 50 sequences")
    assert one(score("Theirs", b), score("Mine", b + 0.05)).better == "Mine"


def test_five_sequences_never_show_a_difference():
    found = one(score("a", [0.9] * 5), score("b", [0.1, 0.2, 0.15, 0.12, 0.05]))
    assert found.low > 0
    assert found.better is None
    assert found.verdict.startswith("no difference can be shown on these 5 sequences: a - b = +0.776 [")
    assert found.verdict.endswith("; at least 6 sequences are needed to show one")
    assert one(score("a", [0.9] * 6), score("b", [0.1, 0.2, 0.15, 0.12, 0.05, 0.1])).better == "a"


def test_two_sequences_have_an_interval():
    found = one(score("a", [0.9, 0.8]), score("b", [0.1, 0.2]), 99)
    assert (found.low, found.high) == pytest.approx((0.6, 0.8))
    assert found.p_bootstrap == 2 / 100


def test_one_sequence_has_no_interval():
    found = one(score("a", [0.9]), score("b", [0.1]))
    assert (found.low, found.high, found.p_bootstrap) == (None, None, 1)
    assert "on this 1 sequence: a - b = +0.800, p = 1.000;" in found.verdict


def test_mean_carried_by_few_sequences_shows_no_difference():
    # The first loses a little almost everywhere and wins much on few: mean and ranks disagree.
    a = np.concatenate([np.full(80, 0.50) - np.arange(80) / 1e4, np.full(20, 1.0)])
    b = np.full(100, 0.52)
    found = one(score("a", a), score("b", b))
    assert found.low > 0
    assert found.p_wilcoxon < 0.05
    assert found.better is None
    assert found.verdict.endswith("; the mean difference and the signed ranks have opposite signs")


def test_signs_agree_uses_the_signed_ranks():
    # Without the ten that do not differ the ranks are 1 + 2 + 3 for the first and 4 + 5 for the second, which
    # is what the mean says; by their number, or with the ten ranked below them, the first would be ahead.
    differences = np.array([0.1, 0.11, 0.12, -0.5, -0.6, *np.zeros(10)])
    assert one(score("a", differences + 0.7), score("b", np.full(15, 0.7))).signs_agree


def comparison(**other: object) -> Comparison:
    """A comparison in which the first is better, with some of it made otherwise."""
    shown = Comparison(
        metric="success",
        a="A",
        b="B",
        sequences=6,
        value_a=0.7,
        value_b=0.5,
        difference=0.2,
        low=0.1,
        high=0.3,
        p_bootstrap=0.01,
        p_wilcoxon=0.01,
        corrected_bootstrap=0.02,
        corrected_wilcoxon=0.03,
        comparisons=3,
        signs_agree=True,
        higher_is_better=True,
    )
    return replace(shown, **other)


def test_direction_is_that_of_the_scores_own_profile():
    """A plug-in's metric may have the name of a built-in one, but the opposite direction."""
    lower = replace(OTB, name="lower", metrics=(replace(SUCCESS_AUC, higher_is_better=False),))
    high, low = (score(name, np.full(8, value) + STEPS) for name, value in (("high", 0.7), ("low", 0.2)))
    assert one(high, low).better == "high"
    assert one(replace(high, profile=lower), replace(low, profile=lower)).better == "low"
    assert one(high, low).better == "high"


def test_verdict_texts():
    result = "A - B = +0.200 [+0.100, +0.300] (uncorrected), p = 0.030 (corrected for 3 comparisons)"
    assert comparison().verdict == f"A is better: {result} on 6 sequences"
    assert comparison(comparisons=2).verdict == comparison().verdict.replace("3 comparisons", "2 comparisons")
    assert comparison(comparisons=1).verdict == comparison().verdict.replace(
        " (corrected for 3 comparisons)", ""
    ).replace(" (uncorrected)", "")
    assert comparison(signs_agree=False).verdict == (
        f"no difference can be shown on these 6 sequences: {result}; "
        "the mean difference and the signed ranks have opposite signs"
    )
    assert comparison(sequences=5).verdict == (
        f"no difference can be shown on these 5 sequences: {result}; "
        "at least 6 sequences are needed to show one"
    )
    unclear = f"no difference can be shown on these 6 sequences: {result.replace('0.030', '0.060')}"
    assert comparison(corrected_wilcoxon=0.06).verdict == (
        f"{unclear}; with this many comparisons, some uncorrected intervals exclude 0 by chance"
    )
    assert comparison(corrected_wilcoxon=0.06, low=-0.1).verdict == unclear.replace("+0.100,", "-0.100,")
    least = comparison(corrected_bootstrap=0.00009, corrected_wilcoxon=0.0).verdict
    assert least == f"A is better: {result.replace('= 0.030', '< 0.0001')} on 6 sequences"
    assert "p = 0.0002 (" in comparison(corrected_bootstrap=0.0002, corrected_wilcoxon=0.0).verdict


def test_caption_explains_correction_and_least_p():
    assert comparisons_caption([comparison()]) == "A - B with 95 % interval over sequences"
    few = comparisons_caption([comparison()] * 3)
    assert few.endswith("(uncorrected); p-values, corrected for 3 comparisons (Holm), decide")
    assert comparisons_caption([comparison()] * 250) == few.replace("3 comp", "250 comp")
    many = comparisons_caption([comparison()] * 251)
    assert many.endswith(
        "the smallest p-value is 0.0002, so with this many comparisons few can reach "
        "significance: compare fewer trackers"
    )


def test_p_equal_to_alpha_is_significant():
    """Where the level is 5 %, p <= 5 % is significant."""
    assert comparison(corrected_bootstrap=module.ALPHA).better == "A"
    assert comparison(corrected_bootstrap=np.nextafter(module.ALPHA, 1)).better is None
    opposite = comparison(corrected_bootstrap=module.ALPHA, signs_agree=False)
    assert opposite.verdict.endswith("; the mean difference and the signed ranks have opposite signs")


def test_direction_of_the_metric_decides_the_winner():
    assert comparison(higher_is_better=False, difference=0.2).better == "B"
    assert comparison(higher_is_better=False, difference=-0.2).better == "A"


def test_small_p_keeps_its_digits():
    found = replace(one(score("a", [0.9] * 6), score("b", [0.1] * 6)), corrected_wilcoxon=0.00042)
    assert "p = 0.0004 " in replace(found, corrected_bootstrap=0.0002).verdict
    assert "p = 0.001 " in replace(found, corrected_bootstrap=0.001).verdict


def test_comparison_record_has_every_key():
    found = one(score("a", [0.9, 0.8, 0.7]), score("b", [0.1, 0.2, 0.3]))
    assert comparison_record(found, total_sequences=9) == {
        "metric": "success",
        "a": "a",
        "b": "b",
        "sequences": 3,
        "of": 9,
        "value_a": pytest.approx(0.8),
        "value_b": pytest.approx(0.2),
        "difference": pytest.approx(0.6),
        "difference_low": found.low,
        "difference_high": found.high,
        "p_bootstrap": found.p_bootstrap,
        "p_wilcoxon": 0.25,
        "p_bootstrap_corrected": found.corrected_bootstrap,
        "p_wilcoxon_corrected": 0.25,
        "comparisons": 1,
        "better": None,
        "verdict": found.verdict,
    }


def test_only_common_sequences_are_compared():
    found = one(score("a", [0.1, 0.2, 0.3, np.nan], "wxyz"), score("b", [0.5, 0.1, 0.2, 0.2], "qyxz"))
    assert found.sequences == 2
    assert (found.value_a, found.value_b) == pytest.approx((0.25, 0.15))
    with pytest.raises(
        UserError, match=r"no common sequence with a value of success; run both on the same sequences$"
    ):
        compare([score("a", [0.1], "x"), score("b", [0.1], "y")], ["success"])


def test_all_pairs_and_metrics_are_corrected_together():
    generator = np.random.default_rng(2)
    scores = [
        FixedScore(name, {"success": generator.random(20), "precision": generator.random(20)})
        for name in "abc"
    ]
    found = compare(scores, ["precision", "success"])
    assert [(c.a + c.b, c.metric) for c in found] == [
        (pair, metric) for pair in ("ab", "ac", "bc") for metric in ("precision", "success")
    ]
    for alone, corrected in (
        ("p_bootstrap", "corrected_bootstrap"),
        ("p_wilcoxon", "corrected_wilcoxon"),
    ):
        by_p = sorted(found, key=lambda c, alone=alone: getattr(c, alone))
        assert getattr(by_p[0], corrected) == pytest.approx(min(1, 6 * getattr(by_p[0], alone)))
        for lesser, greater in pairwise(by_p):
            assert getattr(lesser, corrected) <= getattr(greater, corrected)
    assert all(c.comparisons == 6 and "(corrected for 6 comparisons)" in c.verdict for c in found)


def test_intervals_do_not_depend_on_other_pairs():
    generator = np.random.default_rng(4)
    scores = [score(name, generator.random(15)) for name in "abc"]
    scores.append(score("d", generator.random(4), "wxyz"))
    scores[2].sequences = (*scores[2].sequences[:11], *"wxyz")
    alone, together = one(scores[0], scores[1]), compare(scores[:3], ["success"])[0]
    assert (alone.low, alone.high) == pytest.approx((together.low, together.high), abs=1e-12)
    assert [c.sequences for c in compare(scores[2:], ["success"])] == [4]


def test_unknown_metric_is_refused():
    with pytest.raises(
        UserError,
        match=r"no metric 'succes' to compare \(did you mean 'success'\?\); there are: success, ao$",
    ):
        compare([FixedScore(name, {"success": np.ones(1), "ao": np.ones(1)}) for name in "ab"], ["succes"])


def test_metric_given_twice_counts_once():
    assert len(compare([score("a", [0.1]), score("b", [0.1])], ["success", "success"])) == 1


def test_min_sequences_is_where_the_exact_test_reaches_alpha():
    fewest = module.MIN_SEQUENCES
    assert wilcoxon_p(np.arange(1.0, fewest + 1)) <= module.ALPHA < wilcoxon_p(np.arange(1.0, fewest))


def test_too_many_comparisons_are_refused():
    scores = [FixedScore(f"t{i}", {"success": np.arange(8.0) + i}) for i in range(1000)]
    with pytest.raises(UserError, match=r"1000 trackers make 499500 comparisons, .*; name fewer"):
        compare(scores, ["success"])
