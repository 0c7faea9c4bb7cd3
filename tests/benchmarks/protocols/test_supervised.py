"""Reinitialization after failures, and the realtime clock."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.datasets.sequence import Sequence
from benchmarks.protocols import Code, Init, Prediction, ProtocolRun, Trajectory, Update
from benchmarks.protocols.supervised import REALTIME, SUPERVISED, RealtimeClock, supervised

FAR = np.array([900.0, 900, 10, 10])


def sequence(length: int, size: tuple[int, int] | None = (1000, 1000)) -> Sequence:
    truth = np.tile([100.0, 100, 40, 40], (length, 1))
    return Sequence("some", truth, (), lambda: pytest.fail("opens no frames"), size=size)


def play(
    run: ProtocolRun,
    lost: set[int] = frozenset(),
    seconds: dict[int, float] | float = 0.0,  # type: ignore[assignment]
) -> tuple[Trajectory, list[str]]:
    """Predicts near the truth, or far away in the frames `lost`; returns the trajectory and the requests."""
    requests = []
    request = next(run)
    try:
        while True:
            took = seconds.get(request.frame, 0.0) if isinstance(seconds, dict) else seconds
            requests.append(f"{'init' if isinstance(request, Init) else 'track'} {request.frame}")
            if isinstance(request, Init):
                box = request.box
            else:
                box = FAR if request.frame in lost else np.array([100.0 + request.frame / 10, 100, 40, 40])
            request = run.send(Prediction(box, took))
    except StopIteration as stop:
        return stop.value, requests


def letters(trajectory: Trajectory) -> str:
    assert trajectory.codes is not None
    return "".join(
        {Code.SKIPPED: "0", Code.INITIALIZED: "I", Code.FAILED: "F", Code.TRACKED: "."}[c]
        for c in trajectory.codes
    )


def test_supervised_starts_from_truth_and_keeps_times() -> None:
    base = sequence(9)
    moving = Sequence("some", base.truth + np.arange(9)[:, None], (), base.open_frames, size=base.size)
    run = supervised(moving)
    starts, request = [], next(run)
    with pytest.raises(StopIteration) as stop:
        while True:
            if isinstance(request, Init):
                starts.append((request.frame, request.box.tolist()))
            box = FAR if request.frame == 2 else moving.truth[request.frame]
            request = run.send(Prediction(box, 1.0 + request.frame))
    assert starts == [(0, moving.truth[0].tolist()), (7, moving.truth[7].tolist())]
    assert stop.value.value.seconds.tolist() == [1, 2, 3, 0, 0, 0, 0, 8, 9]
    assert stop.value.value.codes.dtype == np.int8


def test_tracker_without_failure_is_initialized_once() -> None:
    trajectory, _ = play(supervised(sequence(8)))
    assert letters(trajectory) == "I......."
    assert np.isnan(trajectory.boxes[0]).all()
    np.testing.assert_allclose(trajectory.boxes[1:, 0], 100 + np.arange(1, 8) / 10)


def test_tracker_is_reinitialized_five_frames_after_failure() -> None:
    trajectory, requests = play(supervised(sequence(20)), lost={3, 9, 12})
    #                             01234567890123456789
    assert letters(trajectory) == "I..F0000IF0000I....."
    assert requests[3:6] == ["track 3", "init 8", "track 9"]
    assert (np.isnan(trajectory.boxes).all(axis=1) == (np.array(list("I..F0000IF0000I.....")) != ".")).all()


@pytest.mark.parametrize(("lost", "expected"), [({7}, "I......F"), ({5}, "I....F00"), ({3}, "I..F0000")])
def test_late_failure_has_no_reinitialization(lost: set[int], expected: str) -> None:
    assert letters(play(supervised(sequence(8)), lost)[0]) == expected


def test_touching_fails_and_one_pixel_does_not() -> None:
    for x, expected in ((139.0, "I."), (140.0, "IF"), (141.0, "IF")):
        run = supervised(sequence(2))
        next(run)
        run.send(Prediction(sequence(2).truth[0], 0.0))
        with pytest.raises(StopIteration) as stop:
            run.send(Prediction(np.array([x, 100, 40, 40]), 0.0))
        if x != 140.0:  # the raster rule decides whether touching boxes share a column
            assert letters(stop.value.value) == expected


def test_unknown_image_size_uses_continuous_overlap() -> None:
    assert letters(play(supervised(sequence(8, size=None)), lost={2})[0]) == "I.F0000I"


def test_polygons_decide_about_failure() -> None:
    # The upright boxes overlap in a corner outside the diamond.
    diamond = np.tile([120.0, 100, 140, 120, 120, 140, 100, 120], (3, 1))
    base = sequence(3)
    tilted = Sequence("some", base.truth, (), base.open_frames, polygons=diamond, size=(1000, 1000))
    corner = np.array([96.0, 96, 8, 8])
    for candidate, expected in ((base, "I."), (tilted, "IF")):
        run = supervised(candidate)
        next(run)
        run.send(Prediction(candidate.truth[0], 0.0))
        try:
            run.send(Prediction(corner, 0.0))
            run.send(Prediction(corner, 0.0))
        except StopIteration as stop:
            assert letters(stop.value)[:2] == expected


def test_slow_prediction_drops_frames() -> None:
    # Frame 5 takes 0.16 s at 20 frames per second. The lag is 0.11 s at frame 6 and 0.06 s at frame 7, each
    # more than an interval, so both are dropped; at frame 8 it is 0.01 s.
    trajectory, requests = play(
        supervised(sequence(12), RealtimeClock(0.05)), seconds={0: 9, 1: 9, 2: 9, 5: 0.16}
    )
    assert requests == ["init 0", "track 1", "track 2", "track 3", "track 4", "track 5"] + [
        f"track {frame}" for frame in range(8, 12)
    ]
    assert letters(trajectory) == "I..........."
    np.testing.assert_array_equal(trajectory.boxes[6:8], trajectory.boxes[[5, 5]])
    np.testing.assert_array_equal(trajectory.seconds[6:8], 0)


def test_prediction_of_exactly_one_interval_is_not_slow() -> None:
    # It uses no grace: frames 3, 4 and 5 are excused, and frame 6 drops frame 7.
    slow = {0: 0.25, 1: 0.25, 2: 0.25, 3: 0.75, 4: 0.75, 5: 0.75, 6: 0.75}
    _, requests = play(supervised(sequence(9), RealtimeClock(0.25)), seconds=slow)
    assert requests == ["init 0", *(f"track {frame}" for frame in (1, 2, 3, 4, 5, 6, 8))]


def test_lag_of_exactly_one_interval_drops_nothing() -> None:
    # As in vot-toolkit, a frame is dropped only if the lag exceeds an interval.
    _, requests = play(
        supervised(sequence(8), RealtimeClock(0.25)), seconds={0: 9, 1: 9, 2: 9, 3: 0.5, 5: 0.75}
    )
    assert requests == ["init 0", *(f"track {frame}" for frame in (1, 2, 3, 4, 5, 7))]


def test_grace_is_renewed_by_each_initialization() -> None:
    slow = dict.fromkeys(range(30), 0.12)
    _, requests = play(supervised(sequence(16), RealtimeClock(0.05)), lost={5}, seconds=slow)
    # Three slow predictions are excused (frames 0 to 2); then each drops a frame, such as 4 after 3.
    assert requests[:5] == ["init 0", "track 1", "track 2", "track 3", "track 5"]
    assert requests[5:9] == ["init 10", "track 11", "track 12", "track 13"]
    assert requests[9] == "track 15"


def test_fast_tracker_drops_nothing() -> None:
    _, requests = play(supervised(sequence(30), RealtimeClock(0.05)), seconds=0.05)
    assert len(requests) == 30


def test_outdated_region_fails() -> None:
    run = supervised(sequence(4), RealtimeClock(0.05))
    next(run)
    run.send(Prediction(sequence(4).truth[0], 9))
    stream_box = np.array([100.0, 100, 40, 40])
    for _ in range(2):
        assert isinstance(run.send(Prediction(stream_box, 9)), Update)
    with pytest.raises(StopIteration) as stop:
        run.send(Prediction(FAR, 0.01))
    assert letters(stop.value.value) == "I..F"


def test_three_identical_repetitions_are_enough() -> None:
    same = play(supervised(sequence(8)), lost={3})[0]
    other = play(supervised(sequence(8)), lost={4})[0]
    assert not SUPERVISED.can_stop([same])
    assert not SUPERVISED.can_stop([same, same])
    assert SUPERVISED.can_stop([same, same, same])
    assert not SUPERVISED.can_stop([same, other, same])
    assert not SUPERVISED.can_stop([same, other, same, same])
    assert SUPERVISED.repeat == 15


def frames(requests: list[str]) -> list[int]:
    return [int(request.split()[1]) for request in requests]


def test_supervised_waits_for_the_slowest_tracker() -> None:
    (run,) = SUPERVISED.runs(sequence(40))
    trajectory, requests = play(run, seconds=10.0)
    assert frames(requests) == list(range(40))
    assert letters(trajectory) == "I" + "." * 39


def test_realtime_gives_a_7_fps_tracker_every_other_frame() -> None:
    """At 20 frames per second there are 50 ms per frame. After 140 ms the lag is 90 ms, so one frame is
    dropped; then the lag is 40 ms, less than an interval. Three late predictions are excused: those of the
    initialization and of frames 1 and 2."""
    (run,) = REALTIME.runs(sequence(40))
    trajectory, requests = play(run, seconds=0.140)
    assert frames(requests)[:4] == [0, 1, 2, 3]
    assert frames(requests)[3:] == list(range(3, 40, 2))
    assert (trajectory.seconds[4::2] == 0).all(), "a dropped frame takes no time"


@pytest.mark.parametrize(("seconds", "dropped"), [(0.1, 0), (0.1001, 1), (0.151, 2)])
def test_realtime_interval_is_50_ms(seconds: float, dropped: int) -> None:
    """A lag of at most one interval drops nothing."""
    (run,) = REALTIME.runs(sequence(40))
    _, requests = play(run, seconds=seconds)
    assert frames(requests)[4] - frames(requests)[3] == 1 + dropped
