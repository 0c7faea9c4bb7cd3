"""What is a box and what is none."""

from __future__ import annotations

import re

import numpy as np
import pytest

from trackers.answers import FARTHEST, read_box
from trackers.errors import InvalidAnswer


@pytest.mark.parametrize(
    "answer",
    [
        [1, 2, 3, 4],
        (1.5, -2, 0, 0),
        np.array([1, 2, 0.25, 0.5], dtype=np.float32),
        np.array([1, 2, 0.25, 0.5], dtype=object),
        [-FARTHEST, FARTHEST, 0, 1],
    ],
)
def test_four_numbers_are_a_box(answer: object) -> None:
    box = read_box(answer)
    assert box.dtype == np.float64
    assert box.tolist() == list(answer)  # type: ignore[call-overload]


def test_a_box_is_a_copy() -> None:
    answer = np.array([1.0, 2, 3, 4])
    box = read_box(answer)
    answer[:] = 9
    assert box.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "the answer is a NoneType: None, not four numbers (x, y, w, h)"),
        ("1,2,3,4", "the answer is a str: '1,2,3,4', not four numbers (x, y, w, h)"),
        (["1", "2", "3", "4"], "the answer is a list: ['1', '2', '3', '4'], not four numbers (x, y, w, h)"),
        ([b"1"] * 4, "the answer is a list: [b'1', b'1', b'1', b'1'], not four numbers (x, y, w, h)"),
        ([1j] * 4, "the answer is a list: [1j, 1j, 1j, 1j], not four numbers (x, y, w, h)"),
        (
            np.zeros(4, "m8[s]"),
            f"the answer is a ndarray: {np.zeros(4, 'm8[s]')!r}, not four numbers (x, y, w, h)",
        ),
        ([[1, 2], [3]], "the answer is a list: [[1, 2], [3]], not four numbers (x, y, w, h)"),
        ("9" * 200, f"the answer is a str: '{'9' * 79}, not four numbers (x, y, w, h)"),
        ([10**400] * 4, f"the answer is a list: [1{'0' * 78}, not four numbers (x, y, w, h)"),
        ([1, 2, 3], "the answer has shape (3,), not (4,)"),
        ([[1, 2, 3, 4]], "the answer has shape (1, 4), not (4,)"),
        ([1, 2, 3, 4, 5], "the answer has shape (5,), not (4,)"),
        ([1, 2, -0.5, 4], "[1.0, 2.0, -0.5, 4.0] is no box (x, y, w, h; finite, w and h not negative)"),
        ([1, 2, 3, -1], "[1.0, 2.0, 3.0, -1.0] is no box (x, y, w, h; finite, w and h not negative)"),
        ([np.nan, 2, 3, 4], "[nan, 2.0, 3.0, 4.0] is no box (x, y, w, h; finite, w and h not negative)"),
        ([1, 2, np.inf, 4], "[1.0, 2.0, inf, 4.0] is no box (x, y, w, h; finite, w and h not negative)"),
        ([1, -1e6 - 1, 3, 4], "[1.0, -1000001.0, 3.0, 4.0] is no box: no image reaches beyond 1000000 px"),
    ],
)
def test_anything_else_is_none_and_the_sentence_says_why(answer: object, said: str) -> None:
    with pytest.raises(InvalidAnswer, match=f"^{re.escape(said)}$"):
        read_box(answer)
