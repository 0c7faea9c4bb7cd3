"""One pass of a tracker over sequences, with nothing but the tracker between two readings of the clock.

A sequence's frames are decoded and in memory before its first update, no thread is decoding while the tracker
is timed, and the device is waited for before each reading of the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Items
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.datasets import Frames, Sequence
from benchmarks.protocols.one_pass import one_pass
from benchmarks.running.frames.prefetch import Prefetcher, decoder_threads
from benchmarks.running.tracking.drive import drive
from benchmarks.running.tracking.requests import FAILURES, seed
from benchmarks.speed.statistics import Times
from trackers.errors import UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.tracker import Frame, Tracker

Clock = Callable[[], float]


class PreloadedFrames(Frames):
    """The first frames of a sequence, in memory.

    Args:
        frames: where they come from.
        count: how many.

    Raises:
        SequenceError: one is missing or damaged.
    """

    def __init__(self, frames: Frames, count: int) -> None:
        self._source = frames
        self._pixels = [frames[number] for number in range(count)]

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int) -> Frame:
        return self._pixels[index]

    def path(self, index: int) -> Path | None:
        return self._source.path(index)

    def fingerprint(self) -> str:
        return self._source.fingerprint()


def truncate_sequence(sequence: Sequence, frames: int, warm_up: int) -> Sequence:
    """`sequence` up to the last update that is counted.

    Args:
        sequence: whose ground truth is cut.
        frames: how many updates are to be counted, at most.
        warm_up: how many before them are not.

    Raises:
        UserError: no update is left to be counted.
    """
    length = len(sequence.truth)
    if length < warm_up + 2:
        raise UserError(
            f"{sequence.name} has {length} frames, of which none is left to be counted after the "
            f"initialisation and {warm_up} updates of warm-up; give a smaller --warm-up or other --sequences"
        )
    return replace(sequence, truth=sequence.truth[: 1 + warm_up + frames])


def timed_pass(
    tracker: Tracker, sequences: Items[Sequence], warm_up: int, clock: Clock = time.perf_counter
) -> Times:
    """Runs the tracker over the sequences and returns the times of what counts.

    Args:
        tracker: already built. Its first initialisation and `warm_up` updates after it are made once more
            before anything counts: libraries load and choose their kernels then.
        sequences: see `truncate_sequence`.
        warm_up: how many updates after each initialisation do not count.
        clock: seconds, monotonic.

    Raises:
        UserError: the tracker fails, or a frame is missing or damaged.
    """
    parts = []
    for number, sequence in enumerate(sequences):
        with _named(sequence):
            frames = PreloadedFrames(sequence.open_frames(), len(sequence.truth))
            if number == 0:
                start = replace(sequence, truth=sequence.truth[: 1 + warm_up])
                _followed(tracker, start, frames, clock)
            seconds, transport = _followed(tracker, sequence, frames, clock)
        parts.append(Times(seconds[1 + warm_up :], transport[1 + warm_up :], seconds[:1]))
    times = Times.joined(parts)
    if not times.updates.sum() > 0:
        raise UserError("the tracker claims to have taken no time at all, so that it has no speed")
    return times


def end_to_end(
    tracker: Tracker, sequences: Items[Sequence], clock: Clock = time.perf_counter
) -> tuple[int, float]:
    """Runs the tracker over the same frames as `run` does, decoding ahead of it in threads.

    Returns:
        How many frames that were, initialisations among them, and how many seconds of wall time they took.

    Raises:
        UserError: as `timed_pass`.
    """
    begin = clock()
    with decoder_threads(isinstance(tracker, RemoteTracker)) as pool:
        for sequence in sequences:
            with _named(sequence), Prefetcher(sequence.open_frames(), pool) as frames:
                _followed(tracker, sequence, frames, clock)
    return sum(len(sequence.truth) for sequence in sequences), clock() - begin


def _followed(
    tracker: Tracker, sequence: Sequence, frames: Prefetcher[Frame] | Frames, clock: Clock
) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of the tracker and of transport, each of shape (frames,)."""
    transport: list[float] = []
    seed(tracker, 0, sequence.name, 0)
    trajectory = drive(one_pass(sequence), tracker, frames, on_transport=transport.append, clock=clock)
    return trajectory.seconds, np.array(transport)


@contextmanager
def _named(sequence: Sequence) -> Iterator[None]:
    """Says in which sequence something went wrong: a tracker that fails has no speed."""
    try:
        yield
    except FAILURES as error:
        raise UserError(
            f"the tracker's speed cannot be measured on {sequence.name}: {error}; "
            "leave that sequence out by --sequences, or put it right"
        ) from error
