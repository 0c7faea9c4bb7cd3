"""The protocols as they are known by name; what their runs ask for is tested beside each."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols import PROTOCOLS, Protocol


@pytest.mark.parametrize(
    ("name", "runs", "repeat", "timed"),
    [
        ("ope", 1, 1, False),
        ("tre", 20, 1, False),
        ("sre", 12, 1, False),
        ("supervised", 1, 15, False),
        ("realtime", 1, 1, True),
        ("unsupervised", 1, 1, False),
    ],
)
def test_how_many_runs_how_often_and_whether_the_trackers_time_counts(
    name: str, runs: int, repeat: int, timed: bool
) -> None:
    """Wu et al., PAMI 2015, section 4: 20 starts and 12 boxes; VOT2017: 15 repetitions, realtime has one."""
    truth = np.tile([100.0, 100, 40, 40], (40, 1))
    sequence = Sequence("some", truth, (), lambda: pytest.fail("opens no frames"), size=(1000, 1000))
    protocol = PROTOCOLS.load(name)
    assert isinstance(protocol, Protocol)
    assert protocol.name == name
    assert len(protocol.runs(sequence)) == runs
    assert (protocol.repeat, protocol.is_realtime) == (repeat, timed)
