"""Times of updates, and the registered protocols."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols import PROTOCOLS, Code, Protocol, Trajectory, timed_updates
from benchmarks.protocols.one_pass import OPE


def trajectory(seconds: list[float], codes: list[Code] | None = None) -> Trajectory:
    boxes = np.ones((len(seconds), 4))
    return Trajectory(boxes, np.array(seconds), None if codes is None else np.array(codes, dtype=np.int8))


def test_first_frame_and_unknown_times_are_not_updates() -> None:
    assert timed_updates([trajectory([9.0, 0.5, np.nan, 0.25, 0.0])]) == (3, 0.75)


def test_initializations_and_skipped_frames_are_not_updates() -> None:
    codes = [Code.INITIALIZED, Code.TRACKED, Code.TRACKED, Code.FAILED, Code.SKIPPED, Code.INITIALIZED]
    # The third frame was dropped: it has the previous box and no time.
    assert timed_updates([trajectory([9.0, 0.5, 0.0, 0.25, 0.0, 9.0], codes)]) == (2, 0.75)
    assert timed_updates([trajectory([np.nan] * 6, codes)]) == (0, 0.0)


def test_updates_of_all_runs_are_summed() -> None:
    runs = [trajectory([9.0, 0.5]), trajectory([9.0, 0.25, 0.25])]
    assert timed_updates(runs) == (3, 1.0)
    assert timed_updates([]) == (0, 0.0)


def test_can_stop_is_false_by_default() -> None:
    assert not OPE.can_stop([trajectory([1.0])] * 20)


@pytest.mark.parametrize(
    ("name", "runs", "repeat", "realtime"),
    [
        ("ope", 1, 1, False),
        ("tre", 20, 1, False),
        ("sre", 12, 1, False),
        ("supervised", 1, 15, False),
        ("realtime", 1, 1, True),
        ("unsupervised", 1, 1, False),
    ],
)
def test_protocols_have_their_runs_and_repetitions(name: str, runs: int, repeat: int, realtime: bool) -> None:
    """Wu et al., PAMI 2015, section 4: 20 starts and 12 boxes; VOT2017: 15 repetitions, realtime has one."""
    truth = np.tile([100.0, 100, 40, 40], (40, 1))
    sequence = Sequence("some", truth, (), lambda: pytest.fail("opens no frames"), size=(1000, 1000))
    protocol = PROTOCOLS.load(name)
    assert isinstance(protocol, Protocol)
    assert protocol.name == name
    assert len(protocol.runs(sequence)) == runs
    assert (protocol.repeat, protocol.is_realtime) == (repeat, realtime)
