"""TRE's start frames and SRE's boxes, against the toolkit's rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols import Init
from benchmarks.protocols.robustness import SRE, TRE, segment_starts, shifted_boxes
from trackers.errors import UserError


def truth(length: int) -> np.ndarray:
    return np.tile([10.0, 20, 30, 40], (length, 1))


def matlab_starts(length: int, valid: list[int]) -> list[int]:
    """Follows the toolkit's splitSeqTRE in 1-based numbers; returns 0-based ones."""
    index = [i + 1 for i in valid]
    end = max(k for k, i in enumerate(index, start=1) if length - i + 1 >= 20)
    places = []
    k = 0
    while 1 + k * end / 19 <= end:
        places.append(int(np.floor(1 + k * end / 19)))
        k += 1
    return [index[place - 1] - 1 for place in [*places, end]]


@pytest.mark.parametrize("length", [71, 100, 307, 3872])
def test_segment_starts_match_the_toolkit(length: int) -> None:
    starts = segment_starts(truth(length))
    assert starts == matlab_starts(length, list(range(length)))
    assert len(starts) == 20
    assert starts[0] == 0
    assert starts[-1] == length - 20


def test_frames_without_a_valid_box_are_not_starts() -> None:
    boxes = truth(142)
    boxes[0] = [-1, 5, 3, 3]  # x = 0 in the file's 1-based numbers
    boxes[30:40, 2] = 0
    boxes[77] = np.nan
    valid = [i for i in range(142) if i not in (0, 77, *range(30, 40))]
    assert segment_starts(boxes) == matlab_starts(142, valid)


@given(length=st.integers(1, 60))
def test_short_sequences_have_fewer_segments(length: int) -> None:
    starts = segment_starts(truth(length))
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] == max(0, length - 20)


def test_tre_runs_start_from_truth_and_reach_the_end() -> None:
    boxes = truth(100) + np.arange(100)[:, None]
    sequence = Sequence("some", boxes, (), lambda: pytest.fail("opens no frames"))
    first = [next(run) for run in TRE.runs(sequence)]
    for request, start in zip(first, segment_starts(boxes), strict=True):
        assert isinstance(request, Init)
        assert request.frame == start
        np.testing.assert_array_equal(request.box, boxes[start])


def test_shifted_boxes_match_hand_calculation() -> None:
    # w = 30: 10 % is 3. h = 45: 10 % is 4.5, and shifts round up to 5. MATLAB rounds 4.5 away from zero.
    shifted = shifted_boxes(np.array([100.0, 200, 30, 45]), 1000, 1000)
    np.testing.assert_array_equal(
        shifted,
        [
            [97, 200, 30, 45],
            [103, 200, 30, 45],
            [100, 195, 30, 45],
            [100, 205, 30, 45],
            [97, 196, 33, 49],
            [100, 196, 33, 49],
            [97, 200, 33, 50],
            [100, 200, 33, 50],
            [103, 205, 24, 36],
            [102, 202, 27, 41],
            [99, 198, 33, 50],
            [97, 196, 36, 54],
        ],
    )


def test_shifted_boxes_are_clipped_to_the_image() -> None:
    shifted = shifted_boxes(np.array([1.0, 0, 38, 30]), 40, 30)
    # Left by 4 and up by 3, clipped to the image; right by 4 and down by 3.
    np.testing.assert_array_equal(
        shifted[:4], [[0, 0, 38, 30], [5, 0, 35, 30], [1, 0, 38, 30], [1, 3, 38, 27]]
    )
    assert (shifted[:, :2] >= 0).all()
    assert (shifted[:, 0] + shifted[:, 2] <= 40).all()
    assert (shifted[:, 1] + shifted[:, 3] <= 30).all()


def test_sre_needs_the_image_size() -> None:
    boxes = truth(30) + np.arange(30)[:, None]
    sequence = Sequence("some", boxes, (), lambda: pytest.fail("opens no frames"), size=(64, 80))
    starts = [next(run) for run in SRE.runs(sequence)]
    np.testing.assert_array_equal([request.box for request in starts], shifted_boxes(boxes[0], 64, 80))
    assert all(isinstance(request, Init) and request.frame == 0 for request in starts)
    with pytest.raises(UserError, match="the size of some's images is unknown"):
        SRE.runs(Sequence("some", truth(30), (), lambda: pytest.fail("opens no frames")))
