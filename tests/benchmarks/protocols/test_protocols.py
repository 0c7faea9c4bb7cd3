"""The protocols as they are known by name, each played over a short sequence."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols import PROTOCOLS, Code, Init, Prediction, Protocol, Run, Trajectory

LENGTH = 40


def sequence() -> Sequence:
    truth = np.tile([100.0, 100, 40, 40], (LENGTH, 1)) + np.arange(LENGTH)[:, None]
    return Sequence("some", truth, (), lambda: pytest.fail("opens no frames"), size=(1000, 1000))


def played(run: Run, seconds: float) -> tuple[list[int], Trajectory]:
    """Answers with the box that the run began with; which frames were asked for."""
    request, asked = next(run), []
    assert isinstance(request, Init)
    box = request.box
    try:
        while True:
            asked.append(request.frame)
            request = run.send(Prediction(box, seconds))
    except StopIteration as stop:
        return asked, stop.value


def load(name: str) -> Protocol:
    protocol = PROTOCOLS.load(name)
    assert isinstance(protocol, Protocol)
    assert protocol.name == name
    return protocol


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
    protocol = load(name)
    assert len(protocol.runs(sequence())) == runs
    assert (protocol.repeat, protocol.timed) == (repeat, timed)


@pytest.mark.parametrize("name", ["ope", "unsupervised"])
def test_one_pass_asks_for_every_frame_once_and_never_starts_again(name: str) -> None:
    (run,) = load(name).runs(sequence())
    asked, trajectory = played(run, 10.0)
    assert asked == list(range(LENGTH))
    assert trajectory.codes is None


def test_supervised_waits_for_the_slowest_tracker() -> None:
    (run,) = load("supervised").runs(sequence())
    asked, trajectory = played(run, 10.0)
    assert asked == list(range(LENGTH)), "a box that stays overlaps for 40 frames"
    assert trajectory.codes is not None
    assert (trajectory.codes[1:] == Code.TRACKED).all()


def test_realtime_gives_a_tracker_of_7_frames_per_second_every_other_frame() -> None:
    """At 20 frames per second there are 50 ms per frame. An answer after 140 ms is 90 ms late, so that one
    frame passes while it is awaited, and the next is 40 ms late, which is less than an interval. Three late
    answers are forgiven: those of the start and of frames 1 and 2."""
    (run,) = load("realtime").runs(sequence())
    asked, trajectory = played(run, 0.140)
    assert asked[:4] == [0, 1, 2, 3]
    assert asked[3:] == list(range(3, LENGTH, 2))
    assert (trajectory.seconds[4::2] == 0).all(), "a frame that was missed costs nothing"


@pytest.mark.parametrize(("seconds", "missed"), [(0.1, 0), (0.1001, 1), (0.151, 2)])
def test_realtime_counts_in_intervals_of_50_ms(seconds: float, missed: int) -> None:
    """A tracker that is late by no more than an interval misses nothing."""
    (run,) = load("realtime").runs(sequence())
    asked, _ = played(run, seconds)
    assert asked[4] - asked[3] == 1 + missed
