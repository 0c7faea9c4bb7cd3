"""Ranges of settings: their forms, and what is refused."""

from __future__ import annotations

import pytest

from benchmarks.tuning.ranges import Choice, NumberRange, split_settings, to_ranges
from trackers.errors import UserError


def test_forms_of_ranges_and_values_that_are_none() -> None:
    ranges, fixed = split_settings(
        {
            "step": "1.02:1.08",
            "count": "2:9",
            "odd": "3:7:2",
            "rate": "1e-4:0.1:log",
            "rules": "pysot, opencv",
            "window": "0.3",
            "file": "C:/a:b",
            "pair": "(1,2)",
            "number": 3,
        }
    )
    assert ranges == {
        "step": NumberRange(1.02, 1.08),
        "count": NumberRange(2, 9),
        "odd": NumberRange(3, 7, 2),
        "rate": NumberRange(1e-4, 0.1, log=True),
        "rules": Choice(("pysot", "opencv")),
    }
    assert [span.integer for span in ranges.values() if isinstance(span, NumberRange)] == [
        False,
        True,
        True,
        False,
    ]
    assert fixed == {"window": "0.3", "file": "C:/a:b", "pair": "(1,2)", "number": 3}


def test_integer_and_float_bounds_make_floats() -> None:
    assert split_settings({"rate": "0:0.5"})[0]["rate"] == NumberRange(0.0, 0.5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.08:1.02", "ends at 1.02, not above its start 1.08"),
        ("1:1", "ends at 1, not above"),
        ("1:x", "'1:x' is not a range for 'step'"),
        ("1:2:3:4", "is not a range"),
        ("1:2:lin", "is not a range"),
        ("0:2:log", "a logarithmic one starts above 0"),
        ("1:9:0.5", "a step of 0.5"),
        ("1:9:9", "a step of 9"),
        ("0:inf", "is not finite"),
        ("a,", "needs two or more different values"),
        ("a,a", "needs two or more different values"),
    ],
)
def test_bad_ranges_are_one_sentence(text: str, expected: str) -> None:
    with pytest.raises(UserError, match=expected) as caught:
        split_settings({"step": text})
    assert "\n" not in str(caught.value)


def test_ranges_of_the_api() -> None:
    assert to_ranges({"a": (1, 3), "b": [True, False], "c": "1:8:log"}) == {
        "a": NumberRange(1, 3),
        "b": Choice(("True", "False")),
        "c": NumberRange(1, 8, log=True),
    }
    for wrong in (3, "0.5", (1, 2, 3), (1, "2")):
        with pytest.raises(UserError, match="is not a range for 'a'"):
            to_ranges({"a": wrong})


def test_which_values_lie_in_a_range() -> None:
    assert 5 in NumberRange(3, 7, 2)
    assert 4 not in NumberRange(3, 7, 2)
    assert 0.25 in NumberRange(0.0, 1.0, 0.05)
    assert 2.5 not in NumberRange(2, 3)
    assert True not in NumberRange(0, 1)
    assert None not in NumberRange(0, 1)
    assert True in Choice(("True", "False"))
