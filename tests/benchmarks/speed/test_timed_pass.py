"""What is timed and what is not, with a clock that only the test advances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
import pytest

from benchmarks.datasets import Frames, Sequence, SequenceError
from benchmarks.speed.timed_pass import end_to_end, timed_pass, truncate_sequence
from trackers.errors import UserError
from trackers.tracker import Boxes, Frame, SelfTimedTracker

WARM_UP = 2
DECODING = 64.0


class World:
    """A clock, and frames that take time to decode."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = Lock()  # several threads decode

    def pass_by(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds

    def clock(self) -> float:
        return self.now

    def slow(self, sequence: Sequence, broken: int | None = None) -> Sequence:
        world = self

        class Slow(Frames):
            def __init__(self) -> None:
                self.frames = sequence.open_frames()

            def __len__(self) -> int:
                return len(self.frames)

            def __getitem__(self, index: int) -> Frame:
                if index == broken:
                    raise SequenceError(f"frame {index} is damaged")
                world.pass_by(DECODING)
                return self.frames[index]

            def fingerprint(self) -> str:
                return ""

        return replace(sequence, open_frames=Slow)


class Device(SelfTimedTracker):
    """Gives work to a device, whose time passes at synchronization."""

    def __init__(self, world: World, costs: Iterator[float], transport: float | None = None) -> None:
        self.world, self.costs, self.transport = world, costs, transport
        self.pending = 0.0
        self.calls: list[str] = []

    def work(self, what: str) -> None:
        self.calls.append(what)
        self.pending = next(self.costs)
        if self.transport is not None:
            self.own_seconds = self.pending
            self.world.pass_by(self.transport)

    def init(self, frame: Frame, box: Boxes) -> None:
        self.box = box
        self.work("init")

    def update(self, frame: Frame) -> Boxes:
        self.work("update")
        return self.box

    def synchronize(self) -> None:
        self.world.pass_by(self.pending)
        self.pending = 0.0


def powers() -> Iterator[float]:
    """Yields costs none of which is the sum of others: the discarded start, then two sequences."""
    yield from (2.0**-k for k in range(1, 40))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def two(squares: Any, world: World) -> list[Sequence]:
    """Returns two sequences, of which 1 + 2 + 3 frames are used."""
    return [world.slow(truncate_sequence(squares[name], 3, WARM_UP)) for name in ("right", "down")]


def test_only_updates_count_with_device_synchronized(world: World, two: list[Sequence]) -> None:
    tracker = Device(world, powers())
    times = timed_pass(tracker, two, WARM_UP, world.clock)
    # 1 to 3: the discarded start. 4, 10: initializations. 5, 6, 11, 12: warm-up.
    assert times.inits.tolist() == [2.0**-4, 2.0**-10]
    assert times.updates.tolist() == [2.0**-k for k in (7, 8, 9, 13, 14, 15)]
    assert times.transport.tolist() == [0.0] * 6
    assert tracker.calls == ["init", *["update"] * 2, *(["init", *["update"] * 5] * 2)]


def test_self_timed_tracker_reports_its_own_seconds(world: World, two: list[Sequence]) -> None:
    times = timed_pass(Device(world, powers(), transport=0.5), two, WARM_UP, world.clock)
    assert times.updates.tolist() == [2.0**-k for k in (7, 8, 9, 13, 14, 15)]
    assert times.transport.tolist() == [0.5] * 6


def test_without_warm_up_every_update_counts(squares: Any, world: World) -> None:
    sequence = world.slow(truncate_sequence(squares["right"], 100, 0))
    times = timed_pass(Device(world, powers()), [sequence], 0, world.clock)
    assert times.updates.tolist() == [
        2.0**-k for k in range(3, 14)
    ]  # 12 frames; cost 1 is the discarded start


def test_end_to_end_includes_decoding_and_initialization(world: World, two: list[Sequence]) -> None:
    frames, seconds = end_to_end(Device(world, iter([0.25] * 12)), two, world.clock)
    assert frames == 12
    # Frames decoded ahead and not needed may or may not have been decoded.
    assert seconds >= 12 * 0.25 + 12 * DECODING


def test_sequence_that_is_too_short(squares: Any) -> None:
    assert len(truncate_sequence(squares["down"], 40, 7).truth) == 9
    with pytest.raises(UserError, match=r"down has 9 frames, .* 8 updates of warm-up; give a smaller --warm"):
        truncate_sequence(squares["down"], 40, 8)


def test_failing_tracker(world: World, two: list[Sequence]) -> None:
    class Fails(Device):
        def update(self, frame: Frame) -> Boxes:
            raise ValueError("out of luck")

    with pytest.raises(
        UserError, match="cannot be measured on right: frame 1: ValueError: out of luck; leave"
    ):
        timed_pass(Fails(world, powers()), two, WARM_UP, world.clock)


def test_invalid_box_fails(world: World, two: list[Sequence]) -> None:
    class Nonsense(Device):
        def update(self, frame: Frame) -> Boxes:
            return np.array([1.0, np.nan, 2, 3])

    with pytest.raises(UserError, match=r"right: frame 1: .*is not a box"):
        timed_pass(Nonsense(world, powers()), two, WARM_UP, world.clock)


def test_damaged_frame(squares: Any, world: World) -> None:
    sequence = world.slow(truncate_sequence(squares["down"], 3, WARM_UP), broken=4)
    with pytest.raises(UserError, match="cannot be measured on down: frame 4 is damaged"):
        timed_pass(Device(world, powers()), [sequence], WARM_UP, world.clock)


def test_tracker_without_elapsed_time_is_refused(world: World, two: list[Sequence]) -> None:
    with pytest.raises(UserError, match="its updates took no time"):
        timed_pass(Device(world, iter([0.0] * 99)), two, WARM_UP, world.clock)
