from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.geometry.pixel_origin import from_zero_based
from benchmarks.store.formats.pixel_origin_detection import FIRST_PIXEL, Votes, count_votes

coordinates = st.floats(0, 500).map(lambda x: round(x, 2))
truths = arrays(np.float64, st.tuples(st.integers(3, 20), st.just(4)), elements=coordinates)


@given(truths, st.sampled_from(["zero", "one"]))
def test_exact_boxes_are_unanimous(truth, origin):
    first = from_zero_based(truth, FIRST_PIXEL[origin])
    votes = count_votes(zip(first, truth, strict=True))
    assert votes.origin == origin
    assert getattr(votes, origin) == votes.total == len(truth)


@given(truths, st.sampled_from(["zero", "one"]))
def test_whole_numbers_still_vote_after_truncation(truth, origin):
    votes = count_votes(zip(np.trunc(from_zero_based(truth, FIRST_PIXEL[origin])), truth, strict=True))
    whole = (truth[:, :2] == np.trunc(truth[:, :2])).all(axis=1)
    assert getattr(votes, origin) >= whole.sum()


def test_moved_first_boxes_have_no_vote():
    truth = np.array([[10.0, 20, 30, 40]] * 10)
    first = truth + np.array([1, 1, 0, 0])
    first[:7, 0] -= 0.5
    first[7, 1] += 3
    assert count_votes(zip(first, truth, strict=True)) == Votes(zero=0, one=2, total=10)


@pytest.mark.parametrize(
    ("zero", "one", "total", "origin"),
    [
        (0, 100, 100, "one"),
        (5, 25, 100, "one"),
        (22, 0, 129, "zero"),
        (0, 1, 1, "one"),
        (0, 0, 100, None),
        (0, 9, 100, None),
        (10, 20, 30, None),
        (5, 5, 10, None),
    ],
)
def test_origin_needs_a_clear_majority(zero, one, total, origin):
    assert Votes(zero, one, total).origin == origin
