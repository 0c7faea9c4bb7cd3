"""Conversion of predictions to boxes, and the messages for invalid ones."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch

from trackers.box_validation import MAX_COORDINATE, to_bounding_box
from trackers.errors import InvalidPrediction


@pytest.mark.parametrize(
    "answer",
    [
        [1, 2, 3, 4],
        (1.5, -2, 0, 0),
        np.array([1, 2, 0.25, 0.5], dtype=np.float32),
        np.array([1, 2, 0.25, 0.5], dtype=object),
        [-MAX_COORDINATE, MAX_COORDINATE, 0, 1],
    ],
)
def test_four_numbers_are_a_box(answer: object) -> None:
    box = to_bounding_box(answer)
    assert box.dtype == np.float64
    assert box.tolist() == list(answer)  # type: ignore[call-overload]


def test_box_is_a_copy() -> None:
    answer = np.array([1.0, 2, 3, 4])
    box = to_bounding_box(answer)
    answer[:] = 9
    assert box.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1,2,3,4", "the tracker returned a str: '1,2,3,4', not four numbers (x, y, w, h)"),
        (["1", "2"] * 2, "the tracker returned a list: ['1', '2', '1', '2'], not four numbers (x, y, w, h)"),
        ([b"1"] * 4, "the tracker returned a list: [b'1', b'1', b'1', b'1'], not four numbers (x, y, w, h)"),
        ([1j] * 4, "the tracker returned a list: [1j, 1j, 1j, 1j], not four numbers (x, y, w, h)"),
        (
            np.zeros(4, "m8[s]"),
            f"the tracker returned a ndarray: {np.zeros(4, 'm8[s]')!r}, not four numbers (x, y, w, h)",
        ),
        ([[1, 2], [3]], "the tracker returned a list: [[1, 2], [3]], not four numbers (x, y, w, h)"),
        ("9" * 200, f"the tracker returned a str: '{'9' * 79}, not four numbers (x, y, w, h)"),
        ([10**400] * 4, f"the tracker returned a list: [1{'0' * 78}, not four numbers (x, y, w, h)"),
        ([1, 2, 3], "the tracker returned an array of shape (3,), not (4,)"),
        ([[1, 2, 3, 4]], "the tracker returned an array of shape (1, 4), not (4,)"),
        ([1, 2, 3, 4, 5], "the tracker returned an array of shape (5,), not (4,)"),
        ([1, 2, -0.5, 4], "[1.0, 2.0, -0.5, 4.0] is not a box (x, y, w, h; finite, w and h not negative)"),
        ([1, 2, 3, -1], "[1.0, 2.0, 3.0, -1.0] is not a box (x, y, w, h; finite, w and h not negative)"),
        ([np.nan, 2, 3, 4], "[nan, 2.0, 3.0, 4.0] is not a box (x, y, w, h; finite, w and h not negative)"),
        ([1, 2, np.inf, 4], "[1.0, 2.0, inf, 4.0] is not a box (x, y, w, h; finite, w and h not negative)"),
        ([1, -1e6 - 1, 3, 4], "[1.0, -1000001.0, 3.0, 4.0] is not a box: no image reaches beyond 1000000 px"),
    ],
)
def test_invalid_prediction_is_described(answer: object, said: str) -> None:
    with pytest.raises(InvalidPrediction, match=f"^{re.escape(said)}$"):
        to_bounding_box(answer)


SIZE = (40, 60)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        math.nan,
        [math.nan] * 4,
        (math.nan,) * 8,
        np.full(4, np.nan, np.float32),
        [None] * 4,
        (False, [1, 2, 3, 4]),
        [np.bool_(False), None],
        {"box": None},
        {"box": (False, None)},
        np.zeros(SIZE, bool),
        np.zeros(SIZE, np.uint8),
        torch.full((4,), math.nan),
    ],
)
def test_absent_target_gives_nan(answer: object) -> None:
    np.testing.assert_array_equal(to_bounding_box(answer, SIZE), np.full(4, np.nan))


@pytest.mark.parametrize(
    "answer", [(True, [1, 2, 3, 4]), {"box": [1, 2, 3, 4]}, {"box": (True, (1, 2, 3, 4))}]
)
def test_wrapped_boxes_are_unwrapped(answer: object) -> None:
    np.testing.assert_array_equal(to_bounding_box(answer), [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("answer", "box"),
    [
        ([5, 1, 9, 4, 6, 8, 2, 5], [2, 1, 7, 7]),
        ([[5, 1], [9, 4], [6, 8], [2, 5]], [2, 1, 7, 7]),
        (np.array([[0, 0], [4, 1], [2, 5]]), [0, 0, 4, 5]),
    ],
)
def test_polygon_gives_enclosing_box(answer: object, box: list[float]) -> None:
    np.testing.assert_array_equal(to_bounding_box(answer, SIZE), box)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_mask_gives_enclosing_box(kind: type) -> None:
    mask = np.zeros(SIZE, kind)
    mask[10:15, 20:22] = 1
    mask[12, 19] = 1
    np.testing.assert_array_equal(to_bounding_box(mask, SIZE), [19, 10, 3, 5])
    np.testing.assert_array_equal(to_bounding_box(torch.from_numpy(mask), SIZE), [19, 10, 3, 5])


def test_mask_of_other_size_is_invalid() -> None:
    with pytest.raises(
        InvalidPrediction, match=r"a mask of shape \(60, 40\), not that of the frame, \(40, 60\)"
    ):
        to_bounding_box(np.ones((60, 40), bool), SIZE)


def test_infinite_or_huge_polygons_are_invalid() -> None:
    with pytest.raises(InvalidPrediction, match=r"inf.* is not a polygon"):
        to_bounding_box([1, 2, 3, 4, 5, np.inf, 7, 8])
    with pytest.raises(InvalidPrediction, match="is not a polygon: no image reaches beyond"):
        to_bounding_box([1, 2, 3, 4, 5, 2e6, 7, 8])


class Own(BaseException):
    pass


class Hostile:
    """Raises the given error whenever it is converted or printed."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __array__(self, *given: object, **named: object) -> None:
        raise self.error

    def __repr__(self) -> str:
        raise self.error


class Nameless(type):
    """A class whose `__name__` raises."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("no name")


class Anonymous(Exception, metaclass=Nameless):
    pass


class Text(str):
    """A string whose methods raise."""

    __slots__ = ()

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def isprintable(self) -> bool:
        raise RuntimeError("no letters")


class Texts(Exception):
    def __str__(self) -> str:
        return Text("mine")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def nested(depth: int) -> list[object]:
    answer: list[object] = []
    for _ in range(depth):
        answer = [answer]
    return answer


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: torch.ones(4, requires_grad=True), "a tensor that requires grad: call .detach()"),
        (lambda: torch.ones(4, device="meta"), "a tensor that is on meta: call .cpu()"),
        (
            lambda: torch.ones(4, device="meta", requires_grad=True),
            "a tensor that requires grad and is on meta: call .detach().cpu()",
        ),
        (lambda: Hostile(RuntimeError("no")), "a Hostile, which cannot be converted: RuntimeError: no"),
        (lambda: Hostile(Unspeakable()), "its text cannot be had: str() raises RuntimeError"),
        (lambda: Hostile(GeneratorExit()), "a Hostile, which cannot be converted: GeneratorExit: "),
        (lambda: Hostile(asyncio.CancelledError()), "which cannot be converted: CancelledError: "),
        (lambda: Hostile(Anonymous("mine")), "which cannot be converted: Anonymous: mine"),
        (lambda: Hostile(Texts()), "which cannot be converted: Texts: mine"),
        (lambda: Nameless("Thing", (), {})(), "the tracker returned a Thing, not four numbers"),
        (lambda: type("\x1b[2J" * 1_000_000, (), {})(), r"the tracker returned a \x1b[2J"),
        (lambda: Hostile(Own("mine")), "which cannot be converted: Own: mine"),
        (lambda: Hostile(RuntimeError("x" * 5_000_000)), "... (5000000 characters)"),
        (lambda: Hostile(RuntimeError("\x1b[2J\u202e")), r"RuntimeError: \x1b[2J\u202e"),
        (lambda: nested(100), "not four numbers"),
        (lambda: nested(100_000), "the tracker returned a list"),
        (lambda: 10**5000, "the tracker returned a int"),
        (lambda: "\x1b[2J" * 10_000_000, r"the tracker returned a str: '\x1b[2J"),
        (lambda: {"x": 1}, "the tracker returned a dict: {'x': 1}"),
    ],
)
def test_hostile_prediction_is_one_sentence(make: Callable[[], object], said: str) -> None:
    with pytest.raises(InvalidPrediction) as refused:
        to_bounding_box(make())
    message = str(refused.value)
    assert said in message
    assert message.isprintable()
    assert len(message) < 500


def test_interruption_during_conversion_propagates() -> None:
    with pytest.raises(KeyboardInterrupt):
        to_bounding_box(Hostile(KeyboardInterrupt()))


def test_numpy_error_settings_do_not_matter() -> None:
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(
            to_bounding_box(np.array([1e-310, 0, 1e-320, 1])), [1e-310, 0, 1e-320, 1]
        )
