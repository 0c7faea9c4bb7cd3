"""VOT's metrics against values worked out by hand, EAO's definition, and scores of resampled sequences.

Published scores and the toolkit's own analyses are in tests/parity.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.protocols.protocol import Code
from benchmarks.scoring.expected_overlap import Fragment, curve_sums, fragments
from benchmarks.scoring.statistics import RESAMPLES, SEED, bootstrap_interval, resampled_counts
from benchmarks.scoring.vot_metrics import reliability, score_supervised, score_unsupervised
from benchmarks.scoring.vot_profiles import VOT2017, VOT_TOOLKIT
from benchmarks.scoring.vot_repetitions import Repetitions
from trackers.errors import UserError

RULES = pytest.mark.parametrize("rules", [VOT2017, VOT_TOOLKIT], ids=lambda rules: rules.name)


def codes(*runs):
    """Codes of runs written as `1` initialized, `2` failed, `0` skipped, `.` tracked."""
    return np.array([[3 if c == "." else int(c) for c in run] for run in runs], dtype=np.int8)


def random_runs(sequences, repetitions, seed, low=120, high=500):
    """Runs as a supervised protocol makes them, of trackers that fail by chance."""
    rng = np.random.default_rng(seed)
    runs = []
    for number in range(sequences):
        frames = int(rng.integers(low, high))
        marks = np.full((repetitions, frames), Code.TRACKED, np.int8)
        for row in marks:
            start = 0
            while start < frames:
                row[start] = Code.INITIALIZED
                failure = start + int(rng.geometric(0.01))
                row[failure : failure + 5] = Code.SKIPPED
                row[failure : failure + 1] = Code.FAILED
                start = failure + 5
        runs.append(Repetitions(f"s{number}", rng.random((repetitions, frames)), marks))
    return runs


def test_accuracy_counts_only_valid_frames():
    marks = codes("1" + "." * 11 + "200001" + "." * 11)
    overlaps = np.where(marks == 3, 0.9, 0.0)
    overlaps[0, [10, 11]] = 0.5, 0.25
    overlaps[0, [27, 28]] = 0.75, 1.0
    score = score_supervised([Repetitions("a", overlaps, marks)], VOT2017).metrics()
    assert score["accuracy"] == (0.625, None, None)
    assert score["failures"].value == 1
    assert score["robustness"].value == pytest.approx(100 / 29)


@pytest.mark.parametrize(
    ("rules", "expected"), [(VOT2017, (0.8 + 0.2) / 2), (VOT_TOOLKIT, (0.8 + 3 * 0.2) / 4)]
)
def test_only_vot_toolkit_weighs_repeated_sequences_more(rules, expected):
    """Runs without a failure, of constant overlap, whose mean is that overlap whatever the length."""
    marks = codes("1" + "." * 399)
    once = Repetitions("a", np.full((1, 400), 0.8), marks)
    thrice = Repetitions("b", np.full((3, 400), 0.2), np.repeat(marks, 3, axis=0))
    assert score_supervised([once, thrice], rules).metrics()["eao"].value == pytest.approx(expected)


@pytest.mark.parametrize(("rules", "lengths"), [(VOT2017, range(100, 357)), (VOT_TOOLKIT, range(101, 358))])
def test_eao_averages_its_lengths(rules, lengths):
    """Overlap grows by 0.001 per frame, so that the mean of frames 2 to L is L / 2000."""
    run = Repetitions("a", np.arange(500.0)[None] / 1000, codes("1" + "." * 499))
    expected = np.mean([length / 2000 for length in lengths])
    assert score_supervised([run], rules).metrics()["eao"].value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rules", "lengths", "last"), [(VOT2017, range(100, 357), 200), (VOT_TOOLKIT, range(101, 358), 500)]
)
def test_only_vot_toolkit_ends_a_fragment_at_a_late_failure(rules, lengths, last):
    """The first run fails in its 200th frame. By the toolkit it has ended, and its overlap is 0 from there
    on; by VOT2017's rules it may have gone on, and there is nothing of it after its 200 frames."""
    runs = [
        Repetitions("a", np.full((1, 200), 0.5), codes("1" + "." * 198 + "2")),
        Repetitions("b", np.full((1, 500), 0.5), codes("1" + "." * 499)),
    ]
    means = [(0.5 * 198 / (length - 1) + 0.5) / 2 if 200 <= length <= last else 0.5 for length in lengths]
    assert score_supervised(runs, rules).metrics()["eao"].value == pytest.approx(np.mean(means), rel=1e-12)


def test_repetitions_are_averaged_by_frame_or_by_run():
    # One repetition fails late and has two valid frames less.
    marks = codes("1" + "." * 13, "1" + "." * 11 + "20")
    overlaps = np.where(marks == 3, [[0.4], [0.8]], 0.0)
    runs = [Repetitions("a", overlaps, marks)]
    pooled = score_supervised(runs, VOT2017).metrics()
    assert pooled["accuracy"].value == pytest.approx((0.6 + 0.6 + 0.4 + 0.4) / 4)
    assert pooled["failures"].value == 0.5
    assert score_supervised(runs, VOT_TOOLKIT).metrics()["accuracy"].value == pytest.approx(0.6)


def test_sequences_are_pooled_or_weighted_by_length():
    short = Repetitions("a", np.full((1, 20), 0.2), codes("1" + "." * 19))
    long = Repetitions("b", np.full((1, 60), 0.6), codes("1" + "." * 29 + "200001" + "." * 24))
    pooled = score_supervised([short, long], VOT2017).metrics()
    assert pooled["accuracy"].value == pytest.approx((10 * 0.2 + (20 + 15) * 0.6) / 45)
    assert pooled["robustness"].value == pytest.approx(100 / 80)
    weighted = score_supervised([short, long], VOT_TOOLKIT).metrics()
    assert weighted["accuracy"].value == pytest.approx((20 * 0.2 + 60 * 0.6) / 80)
    # Failures per sequence, weighted by length, over the mean length.
    assert weighted["robustness"].value == pytest.approx(100 * (60 * 1 / 80) / 40)
    assert weighted["failures"].value == pooled["failures"].value == 1


def test_accuracy_without_valid_frames_is_0():
    runs = [Repetitions("a", np.ones((1, 8)), codes("1......."))]
    for rules in (VOT2017, VOT_TOOLKIT):
        assert score_supervised(runs, rules).metrics()["accuracy"].value == 0


def test_fragments():
    assert fragments(codes("1..2000001..1.2")[0]) == [
        Fragment(0, 9, 3),
        Fragment(9, 12, None),
        Fragment(12, 15, 14),
    ]


def test_curve_sums_by_hand():
    # What stands after a failure is not looked at; the second fragment runs to the end.
    marks = codes("1..2.1..")
    overlaps = np.array([[0.9, 0.5, 0.7, 0.9, 0.9, 0.9, 0.2, 0.4]])
    rule = replace(VOT_TOOLKIT.fragments, average_repetitions=False)
    sums = curve_sums(overlaps, marks, np.ones(8, bool), 6, rule)
    assert sums[1].tolist() == [2, 2, 1, 1, 1]
    assert sums[0] == pytest.approx([0.5 + 0.2, 0.6 + 0.3, 1.2 / 3, 1.2 / 4, 1.2 / 5])
    twice = np.concatenate([overlaps, overlaps]), np.concatenate([marks, marks])
    assert curve_sums(*twice, np.ones(8, bool), 6, replace(rule, average_repetitions=True)) == pytest.approx(
        sums
    )
    # Half of the first fragment's frames are of interest, and none of the second's.
    half = np.array([True, True, True, True, False, False, False, False])
    assert curve_sums(overlaps, marks, half, 6, rule)[1] == pytest.approx([4 / 5] * 5)


def test_fragment_ends_at_the_next_initialization():
    sums = curve_sums(
        np.array([[0, 0.5, 0.7, 0, 0.2, 0.4]]), codes("1..1.."), np.ones(6, bool), 6, VOT2017.fragments
    )
    assert sums[1].tolist() == [2, 2, 0, 0, 0]
    assert sums[0] == pytest.approx([0.7, 0.9, 0, 0, 0])


def test_frame_without_a_region_has_overlap_0():
    marks = codes("1..0" + "." * 96)
    overlaps = np.where(np.arange(100) == 3, 0.9, 0.5)[None]
    score = score_supervised([Repetitions("a", overlaps, marks)], VOT2017)
    assert score.curve()[1][1:3] == pytest.approx([0.5, 1 / 3])


def expected_overlap(runs, rule, length):
    """Phi(length), word for word."""
    total = weight_total = 0.0
    for run in runs:
        for overlaps, marks in zip(run.overlaps, run.codes, strict=True):
            frames = len(marks)
            weight = 1 / len(run.codes) if rule.average_repetitions else 1
            starts = [*np.flatnonzero(marks == 1), frames]
            for start, stop in pairwise(starts):
                part = np.where(marks[start:stop] == 3, overlaps[start:stop], 0).tolist()
                failures = np.flatnonzero(marks[start:stop] == 2) + start
                if len(failures) and failures[0] < frames - rule.late_frames:
                    part += [0.0] * length
                if len(part) >= length:
                    total += weight * np.mean(part[1:length])
                    weight_total += weight
    return total / weight_total


@RULES
def test_expected_overlap_follows_its_definition(rules):
    runs = random_runs(6, 3, seed=1)
    runs[2] = replace(runs[2], overlaps=runs[2].overlaps[:2], codes=runs[2].codes[:2])
    lengths, phi = score_supervised(runs, rules).curve()
    assert lengths[0] == 2
    at = [0, 8, 98, 150, len(lengths) - 1]
    expected = [expected_overlap(runs, rules.fragments, int(lengths[i])) for i in at]
    assert phi[at] == pytest.approx(expected, abs=1e-12)


@RULES
def test_eao_is_the_mean_of_the_curve(rules):
    score = score_supervised(random_runs(6, 3, seed=2), rules)
    lengths, phi = score.curve()
    window = (lengths >= rules.fragments.low) & (lengths <= rules.fragments.high)
    assert window.sum() == (lengths[-1] - rules.fragments.low + 1 if rules.fragments.observed else 257)
    assert score.metrics()["eao"].value == pytest.approx(phi[window].mean(), abs=1e-12)


def test_vot_toolkit_stops_at_the_longest_fragment():
    marks = np.full((1, 400), Code.TRACKED, np.int8)
    marks[0, [0, 205]] = Code.INITIALIZED
    marks[0, 200] = Code.FAILED
    marks[0, 201:205] = Code.SKIPPED
    runs = [Repetitions("a", np.ones((1, 400)), marks)]
    # The fragments have 200 frames to the failure, and 195 to the end.
    assert score_supervised(runs, VOT_TOOLKIT).curve()[0][-1] == 200
    assert score_supervised(runs, VOT2017).curve()[0][-1] == 400
    assert score_supervised(runs, VOT_TOOLKIT).metrics()["eao"].value > 0.9
    assert score_supervised(runs, VOT2017).metrics()["eao"].value < 0.9


def test_late_failure_counts_as_reaching_the_end():
    def eao(frames_left):
        marks = np.full((1, 200), Code.TRACKED, np.int8)
        marks[0, 0] = Code.INITIALIZED
        marks[0, 200 - frames_left :] = Code.SKIPPED
        marks[0, 200 - frames_left] = Code.FAILED
        return score_supervised([Repetitions("a", np.ones((1, 200)), marks)], VOT2017)

    assert eao(5).curve()[0][-1] == 200
    assert eao(6).curve()[0][-1] == 356


def test_eao_is_nan_if_no_length_is_reached():
    score = score_supervised([Repetitions("a", np.ones((1, 50)), codes("1" + "." * 49))], VOT2017)
    assert np.isnan(score.metrics()["eao"].value)
    assert score.metrics()["accuracy"].value == 1
    short = [Repetitions(name, np.ones((1, 99)), codes("1" + "." * 98)) for name in "ab"]
    value, low, high = score_supervised(short, VOT2017).metrics()["eao"]
    assert np.isnan(value)
    assert low is high is None


def test_eao_of_a_single_length():
    overlaps = np.random.default_rng(7).random((1, 100))
    score = score_supervised([Repetitions("a", overlaps, codes("1" + "." * 99))], VOT2017)
    assert score.metrics()["eao"].value == pytest.approx(overlaps[0, 1:].mean())


@RULES
def test_accuracy_of_one_valid_frame(rules):
    runs = [Repetitions("a", np.linspace(0, 0.7, 11)[None], codes("1" + "." * 10))]
    assert score_supervised(runs, rules).metrics()["accuracy"].value == pytest.approx(0.7)


@RULES
def test_draws_score_as_their_sequences(rules):
    runs = random_runs(5, 2, seed=3)
    counts = np.array([[2.0, 0, 1, 0, 2]])
    drawn = [runs[i] for i in (0, 0, 2, 4, 4)]
    expected = [estimate.value for estimate in score_supervised(drawn, rules).metrics().values()]
    assert score_supervised(runs, rules)._values(counts)[0] == pytest.approx(expected, abs=1e-12)


def test_intervals_shrink_with_more_sequences():
    few = score_supervised(random_runs(8, 1, seed=4), VOT2017).metrics()
    many = score_supervised(random_runs(60, 1, seed=4), VOT2017).metrics()
    for name in ("accuracy", "robustness", "eao"):
        assert few[name].low < few[name].value < few[name].high
        assert many[name].high - many[name].low < few[name].high - few[name].low


def drawn(runs):
    """Which of a few sequences each resample draws: places, and how many resamples draw so."""
    counts = np.concatenate(list(resampled_counts(len(runs), RESAMPLES, SEED)))
    rows, repeats = np.unique(counts, axis=0, return_counts=True)
    return [np.repeat(np.arange(len(runs)), row.astype(int)) for row in rows], repeats


def interval(values, repeats):
    values = np.repeat(values, repeats)
    return np.quantile(values[np.isfinite(values)], [0.025, 0.975])


@RULES
def test_intervals_are_quantiles_of_scored_draws(rules):
    runs = random_runs(4, 2, seed=8, low=110, high=140)
    places, repeats = drawn(runs)
    once = np.ones((1, len(runs)))
    values = [score_supervised([runs[place] for place in some], rules)._values(once)[0] for some in places]
    estimates = score_supervised(runs, rules).metrics().values()
    for estimate, metric_values in zip(estimates, np.transpose(values), strict=True):
        assert estimate[1:] == pytest.approx(interval(metric_values, repeats))


@RULES
def test_accuracy_interval_of_equal_weights_is_that_of_a_mean(rules):
    levels = np.random.default_rng(10).random(30)
    runs = [Repetitions(str(i), np.full((1, 11), o), codes("1" + "." * 10)) for i, o in enumerate(levels)]
    accuracy = score_supervised(runs, rules).metrics()["accuracy"]
    assert accuracy == pytest.approx((levels.mean(), *bootstrap_interval(levels)))


@RULES
def test_curve_interval_is_that_of_drawn_curves(rules):
    # One that fails and tracks for 135 frames afterwards, and three that never fail.
    marks = [codes("1" + "." * 59 + "200001" + "." * 134)]
    marks += [codes("1" + "." * frames) for frames in (119, 139, 149)]
    runs = [
        Repetitions(name, np.random.default_rng(9).random(one.shape), one)
        for name, one in zip("abcd", marks, strict=True)
    ]
    score = score_supervised(runs, rules)
    lengths = np.array([2, 40, 100, 120, 121, 135, 136, 140, 141, 150])
    low, high = score.curve_interval(lengths)
    places, repeats = drawn(runs)
    for at, length in enumerate(lengths.tolist()):
        values = []
        for some in places:
            longest = max((135, 120, 140, 150)[place] for place in some)
            reached = any(length <= (1000, 120, 140, 150)[place] for place in some)
            defined = length <= longest or not rules.fragments.observed
            phi = np.nan
            if reached and defined:
                phi = expected_overlap([runs[place] for place in some], rules.fragments, length)
            values.append(phi)
        assert (low[at], high[at]) == pytest.approx(interval(values, repeats)), length


def test_curve_interval_at_a_length_few_sequences_reach():
    # Forty are shorter; the expected overlap of a draw is the mean of those of the other five that it has.
    levels = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    frames = [150] * 5 + [120] * 40
    runs = [
        Repetitions(str(i), np.full((1, n), levels[i % 5]), codes("1" + "." * (n - 1)))
        for i, n in enumerate(frames)
    ]
    counts = np.concatenate(list(resampled_counts(45, RESAMPLES, SEED)))[:, :5]
    counts = counts[counts.any(axis=1)]
    expected = np.quantile(counts @ levels / counts.sum(axis=1), [0.025, 0.975])
    low, high = score_supervised(runs, VOT2017).curve_interval(np.array([150]))
    assert (low[0], high[0]) == pytest.approx(tuple(expected))


def test_curve_interval_of_two_sequences_and_of_one():
    runs = [
        Repetitions(name, np.full((1, 120), o), codes("1" + "." * 119))
        for name, o in (("a", 0.2), ("b", 0.6))
    ]
    low, high = score_supervised(runs, VOT2017).curve_interval(np.array([2, 120]))
    # A quarter of the draws has the lesser twice, another the greater.
    assert low == pytest.approx([0.2, 0.2])
    assert high == pytest.approx([0.6, 0.6])
    assert score_supervised(runs[:1], VOT2017).curve_interval(np.array([2, 120])) is None


def test_subset_is_the_score_of_its_sequences():
    runs = random_runs(4, 2, seed=5)
    part = score_supervised(runs, VOT2017).subset([1, 3])
    assert part.sequences == ("s1", "s3")
    assert part.metrics() == score_supervised([runs[1], runs[3]], VOT2017).metrics()


def test_tags_count_only_their_frames():
    marks = codes("1" + "." * 19 + "200001" + "." * 14)
    overlaps = np.where(np.arange(40) < 20, 0.8, 0.4)[None]
    first = np.arange(40) < 20
    runs = [Repetitions("a", overlaps, marks), Repetitions("b", overlaps, marks)]
    tagged = score_supervised(runs, VOT2017, {"a": first, "b": np.zeros(40, bool)})
    assert tagged.sequences == ("a",)
    assert tagged.frames.tolist() == [20]
    assert tagged.metrics()["accuracy"].value == pytest.approx(0.8)
    assert tagged.metrics()["failures"].value == 0
    other = score_supervised(runs, VOT2017, {"a": ~first, "b": np.zeros(40, bool)}).metrics()
    assert other["accuracy"].value == pytest.approx(0.4)
    assert other["robustness"].value == pytest.approx(100 / 20)
    # The first fragment has 20 of its 25 frames in the tag, the second none: Phi(2) is the first's alone.
    assert tagged.curve()[1][0] == pytest.approx(0.8)


def test_average_overlap():
    runs = {"a": np.full(20, 0.5), "b": np.r_[np.full(10, 0.0), np.full(20, 0.8)], "c": np.ones(4)}
    assert score_unsupervised(runs, VOT2017).metrics()["ao"].value == pytest.approx((9.5 + 16 + 3) / 54)
    weighted = (20 * 0.5 + 30 * 0.8 + 4 * 0) / 54
    ao = score_unsupervised(runs, VOT_TOOLKIT).metrics()["ao"]
    assert ao.value == pytest.approx(weighted)
    assert ao.low < ao.value < ao.high
    score = score_unsupervised(runs, VOT_TOOLKIT)
    part = score.subset([0, 2])
    assert score.profile is part.profile is VOT_TOOLKIT
    assert part.sequences == ("a", "c")
    assert part.metrics() == score_unsupervised({name: runs[name] for name in "ac"}, VOT_TOOLKIT).metrics()


def test_reliability():
    assert reliability(0) == 1
    assert reliability(0.5853) == pytest.approx(np.exp(-30 * 125 / 21356), abs=1e-5)


def test_scoring_no_frames_is_refused():
    with pytest.raises(
        UserError, match=r"^no frame can be scored: give results of sequences that have the tag$"
    ):
        score_supervised([], VOT2017)
