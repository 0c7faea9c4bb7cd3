"""Which times are those of updates, and how often a protocol runs."""

from __future__ import annotations

import numpy as np

from benchmarks.protocols import Code, Trajectory, timed_updates
from benchmarks.protocols.one_pass import OPE


def trajectory(seconds: list[float], codes: list[Code] | None = None) -> Trajectory:
    boxes = np.ones((len(seconds), 4))
    return Trajectory(boxes, np.array(seconds), None if codes is None else np.array(codes, dtype=np.int8))


def test_the_first_frame_and_unknown_times_are_no_updates() -> None:
    assert timed_updates([trajectory([9.0, 0.5, np.nan, 0.25, 0.0])]) == (3, 0.75)


def test_initialisations_and_frames_that_were_not_asked_are_no_updates() -> None:
    codes = [Code.INITIALIZED, Code.TRACKED, Code.TRACKED, Code.FAILED, Code.SKIPPED, Code.INITIALIZED]
    # The third frame was missed by a tracker that was late, and has its last box at no cost.
    assert timed_updates([trajectory([9.0, 0.5, 0.0, 0.25, 0.0, 9.0], codes)]) == (2, 0.75)
    assert timed_updates([trajectory([np.nan] * 6, codes)]) == (0, 0.0)


def test_all_runs_count_together() -> None:
    runs = [trajectory([9.0, 0.5]), trajectory([9.0, 0.25, 0.25])]
    assert timed_updates(runs) == (3, 1.0)
    assert timed_updates([]) == (0, 0.0)


def test_nothing_is_enough_unless_a_protocol_says_so() -> None:
    assert not OPE.can_stop([trajectory([1.0])] * 20)
