"""Losses of the target on boxes with known overlaps."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets import Sequence
from benchmarks.protocols import Code, Trajectory
from reports.failure_report.detection import find_failures, lost_stretches

LENGTH = 60
NAN = float("nan")


def sequence(step: float = 1.0, absent: slice | None = None) -> Sequence:
    truth = np.array([10.0, 10, 20, 20]) + np.array([step, 0, 0, 0]) * np.arange(LENGTH)[:, None]
    flags = np.zeros(LENGTH, dtype=bool)
    if absent is not None:
        flags[absent] = True
    return Sequence("one", truth, ("OCC",), lambda: pytest.fail("no frames"), absent=flags)


def track(boxes: np.ndarray, codes: np.ndarray | None = None) -> list[Trajectory]:
    return [Trajectory(boxes, np.ones(len(boxes)), codes)]


@pytest.mark.parametrize(
    ("overlaps", "expected"),
    [
        ([1, 0, 0, 0, 1], [(1, 3, 3)]),
        ([1, 0, 0, 1, 0, 0, 0, 0], [(4, 7, 4)]),
        ([0, 0, NAN, NAN, 0, 1], [(0, 4, 3)]),
        ([1, 0.09, 0.09, 0.1, 0.09], []),
        ([NAN, NAN, NAN], []),
        ([], []),
    ],
)
def test_stretches_are_long_enough_and_bridge_undefined_frames(
    overlaps: list[float], expected: list[tuple[int, int, int]]
) -> None:
    assert lost_stretches(np.array(overlaps, dtype=float), least=3) == expected


def test_loss_has_its_frames_its_last_good_frame_and_its_share() -> None:
    one = sequence()
    boxes = one.truth.copy()
    boxes[20:35, 1] += 100
    found = find_failures(one, track(boxes))
    [loss] = found.losses
    assert (loss.first, loss.last, loss.good, loss.frames, loss.recovered) == (20, 34, 19, 15, True)
    assert found.share == 15 / LENGTH
    assert found.tracked_overlap == 1
    assert found.lost.nonzero()[0].tolist() == list(range(20, 35))


def test_short_loss_is_none_until_it_counts() -> None:
    one = sequence()
    boxes = one.truth.copy()
    boxes[20:29, 1] += 100
    assert not find_failures(one, track(boxes)).losses
    assert len(find_failures(one, track(boxes), least=9).losses) == 1


def test_missing_boxes_are_a_loss_and_an_absent_target_is_none() -> None:
    boxes = sequence().truth.copy()
    boxes[40:] = NAN
    [loss] = find_failures(sequence(), track(boxes)).losses
    assert (loss.first, loss.last, loss.recovered) == (40, LENGTH - 1, False)
    assert not find_failures(sequence(absent=slice(40, None)), track(boxes)).losses


def shifted(one: Sequence, by: np.ndarray) -> np.ndarray:
    boxes = one.truth.copy()
    boxes[:, 1] += by
    return boxes


RAMP = np.clip(np.arange(LENGTH) - 20, 0, 25).astype(float)
LEAP = np.where(np.arange(LENGTH) >= 20, 60.0, 0.0)


def test_signs_name_what_came_before() -> None:
    assert find_failures(sequence(), track(shifted(sequence(), RAMP))).losses[0].signs == ("drift",)
    assert find_failures(sequence(), track(shifted(sequence(), LEAP))).losses[0].signs == ("jump",)
    still = np.tile(sequence().truth[0], (LENGTH, 1))
    fast = find_failures(sequence(step=15), track(still)).losses[0]
    assert fast.signs == ("fast motion",)
    hidden = sequence(absent=slice(15, 20))
    assert find_failures(hidden, track(shifted(hidden, LEAP))).losses[0].signs == ("jump", "absence")
    large = shifted(sequence(), RAMP)
    large[10:, 2:] *= 2
    assert "wrong scale" in find_failures(sequence(), track(large)).losses[0].signs


def test_failures_of_a_supervised_run_count_one_by_one() -> None:
    codes = np.full(LENGTH, Code.TRACKED, dtype=np.int8)
    codes[[0, 30]] = Code.INITIALIZED
    codes[25], codes[26:30] = Code.FAILED, Code.SKIPPED
    boxes = sequence().truth.copy()
    boxes[codes != Code.TRACKED] = NAN
    [loss] = find_failures(sequence(), track(boxes, codes)).losses
    assert (loss.first, loss.last, loss.recovered) == (25, 25, True)
