"""The bootstrap against SciPy's, and its coverage of a known mean."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.scoring import statistics
from benchmarks.scoring.statistics import (
    bootstrap_interval,
    bootstrap_p,
    holm,
    mean_estimates,
    percentile_interval,
    resampled_counts,
    resampled_means,
)


@pytest.fixture(autouse=True)
def nothing_is_kept() -> None:
    """Draws that another test left would hide what is drawn now."""
    statistics._cached_counts.cache_clear()
    statistics._cached_float_counts.cache_clear()


@pytest.mark.parametrize(("sequences", "confidence"), [(2, 0.95), (9, 0.9), (100, 0.95)])
def test_same_interval_as_scipy_with_the_same_draws(sequences, confidence):
    values = np.random.default_rng(1).beta(2, 1, sequences)
    low, high = bootstrap_interval(values, 2000, confidence, seed=7)
    theirs = scipy.stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=2000,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(7),
    ).confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_default_interval_agrees_with_scipys_own_draws():
    values = np.random.default_rng(2).random(60)
    theirs = scipy.stats.bootstrap((values,), np.mean, n_resamples=10_000, method="percentile", rng=3)
    low, high = bootstrap_interval(values)
    assert (low, high) == pytest.approx(
        (theirs.confidence_interval.low, theirs.confidence_interval.high), abs=0.1 * theirs.standard_error
    )


def test_interval_covers_the_true_mean():
    generator = np.random.default_rng(4)
    samples = generator.beta(2, 2, (50, 600))  # 600 data sets of 50 sequences, true mean 0.5, as columns
    low, high = bootstrap_interval(samples, resamples=1000)
    covered = np.mean((low <= 0.5) & (high >= 0.5))
    assert 0.91 < covered < 0.97


def test_curve_interval_is_that_of_each_column():
    curves = np.random.default_rng(5).random((12, 21))
    low, high = bootstrap_interval(curves)
    for column in (0, 20):
        assert (low[column], high[column]) == pytest.approx(bootstrap_interval(curves[:, column]), abs=1e-12)


def test_interval_is_reproducible():
    values = np.random.default_rng(6).random(30)
    assert bootstrap_interval(values) == bootstrap_interval(values)


def test_one_sequence_has_no_interval():
    assert bootstrap_interval(np.array([0.5])) is None
    assert bootstrap_interval(np.ones((1, 21))) is None


def test_equal_sequences_have_an_interval_of_width_0():
    assert bootstrap_interval(np.full(8, 0.25)) == (0.25, 0.25)


def test_counts_draw_sequences_uniformly():
    counts = np.concatenate(list(resampled_counts(40, 3000, seed=0)))
    assert counts.shape == (3000, 40)
    assert (counts.sum(axis=1) == 40).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(40), abs=0.1)
    assert counts.var() == pytest.approx(1 - 1 / 40, abs=0.05)  # multinomial


def test_counts_do_not_depend_on_blocks(monkeypatch):
    whole = np.concatenate(list(resampled_counts(7, 100, seed=0)))
    monkeypatch.setattr(statistics, "_BLOCK_ENTRIES", 50)
    blocks = list(resampled_counts(7, 100, seed=0))
    assert max(len(block) for block in blocks) == 7
    assert (np.concatenate(blocks) == whole).all()


def test_resampled_means_are_means_of_the_draws():
    values = np.random.default_rng(8).random((9, 3))
    drawn = np.random.default_rng(5).integers(0, 9, size=(40, 9))
    assert resampled_means(values, 40, seed=5) == pytest.approx(values[drawn].mean(axis=1))


def test_bootstrap_p_is_twice_the_rarer_side():
    assert bootstrap_p(np.array([1.0] * 99)) == 2 / 100
    assert bootstrap_p(np.array([1.0] * 96 + [-1.0] * 3)) == 2 * 4 / 100
    assert bootstrap_p(np.array([[0.0, 1.0]] * 49 + [[0.0, -1.0]] * 50)).tolist() == [1, 1]
    assert bootstrap_p(np.array([[1.0, -1.0]] * 99)).tolist() == [2 / 100, 2 / 100]


def test_bootstrap_p_agrees_with_the_interval():
    values = np.random.default_rng(9).normal(0.2, 1, (60, 200))
    low, high = bootstrap_interval(values)
    p = bootstrap_p(resampled_means(values))
    excluded = (low > 0) | (high < 0)
    assert 20 < excluded.sum() < 180
    assert ((p < 0.05) == excluded).mean() > 0.99


def test_holm_on_its_papers_example():
    # Four tests at 0.05: 0.01 x 4 and 0.013 x 3 pass, 0.03 x 2 and what follows do not.
    assert holm(np.array([0.03, 0.01, 0.9, 0.013])).tolist() == pytest.approx([0.06, 0.04, 0.9, 0.04])


@given(arrays(np.float64, st.integers(1, 8), elements=st.floats(0, 1)))
def test_holm_rejects_as_step_down(p):
    corrected = holm(p)
    assert (corrected >= p).all()
    assert (corrected <= 1).all()
    for alpha in (0.01, 0.05, 0.5):
        rejected = set()
        for step, i in enumerate(np.argsort(p, kind="stable").tolist()):
            if p[i] * (len(p) - step) > alpha:
                break
            rejected.add(i)
        assert set(np.flatnonzero(corrected <= alpha).tolist()) == rejected


def test_draws_of_many_sequences_are_not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random((50, 2))
    kept = resampled_means(values, 1000)
    monkeypatch.setattr(statistics, "_MAX_CACHED_COUNTS", 50 * 1000 - 1)
    before = statistics._cached_counts.cache_info()
    assert (resampled_means(values, 1000) == kept).all()
    assert statistics._cached_counts.cache_info() == before


def test_many_columns_have_the_same_intervals(monkeypatch):
    values = np.random.default_rng(1).random((9, 7))
    whole = bootstrap_interval(values, 200)
    monkeypatch.setattr(statistics, "_MAX_COLUMNS", 3)
    assert np.array(bootstrap_interval(values, 200)) == pytest.approx(np.array(whole), abs=1e-12)


@pytest.mark.parametrize("resamples", [2, 39, 200, 10_000])
def test_percentile_interval_is_numpys_quantiles(resamples):
    means = np.random.default_rng(2).normal(size=(resamples, 4))
    assert np.array_equal(
        percentile_interval(means, 0.9), np.quantile(means, [(1 - 0.9) / 2, 1 - (1 - 0.9) / 2], axis=0)
    )
    assert np.array_equal(percentile_interval(means[:, 0]), np.array(percentile_interval(means))[:, 0])


def test_mean_estimates_of_tables_equal_those_of_each_alone():
    generator = np.random.default_rng(0)
    parts = [generator.random(shape) for shape in [(5, 2), (1, 3), (7, 1), (5, 4)]]
    together = mean_estimates(parts)
    for part, found in zip(parts, together, strict=True):
        [alone] = mean_estimates([part])
        assert np.array(alone, dtype=float) == pytest.approx(np.array(found, dtype=float), nan_ok=True)
    assert together[1][0].low is None
