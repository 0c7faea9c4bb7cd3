"""One pass of a tracker over sequences, with only the tracker between two readings of the clock.

A sequence's frames are decoded and in memory before its first update, no thread decodes while the tracker is
timed, and the device has finished before each reading of the clock.
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
from benchmarks.running.decoding.prefetch import Prefetcher, decoder_threads
from benchmarks.running.tracking.drive import drive
from benchmarks.running.tracking.errors import FAILURES
from benchmarks.running.tracking.requests import seed_tracker
from benchmarks.speed.statistics import Times
from trackers.errors import UserError
from trackers.external.protocols.remote import RemoteTracker
from trackers.tracker import Frame, Tracker
from trackers.wording import counted

Clock = Callable[[], float]


class PreloadedFrames(Frames):
    """The first frames of a sequence, in memory.

    Args:
        frames: the sequence's frames.
        count: number of frames to load.

    Raises:
        SequenceError: a frame is missing or damaged.
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
    """Returns `sequence` up to the last counted update.

    Args:
        sequence: the sequence, whose ground truth is cut.
        frames: maximum number of updates to count.
        warm_up: number of updates before these.

    Raises:
        UserError: no update is left to count.
    """
    length = len(sequence.truth)
    if length < warm_up + 2:
        raise UserError(
            f"{sequence.name} has {counted(length, 'frame')}, of which none is left to be counted after the "
            f"initialization and {counted(warm_up, 'update')} of warm-up; give a smaller --warm-up or "
            "other --sequences"
        )
    return replace(sequence, truth=sequence.truth[: 1 + warm_up + frames])


def timed_pass(
    tracker: Tracker, sequences: Items[Sequence], warm_up: int, clock: Clock = time.perf_counter
) -> Times:
    """Runs the tracker over the sequences and returns the counted times.

    Args:
        tracker: already built. The first initialization and `warm_up` updates are made once in advance
            without being counted, because libraries load and choose their kernels then.
        sequences: see `truncate_sequence`.
        warm_up: number of updates after each initialization that are not counted.
        clock: returns seconds, monotonic.

    Raises:
        UserError: the tracker fails, or a frame is missing or damaged.
    """
    parts = []
    for number, sequence in enumerate(sequences):
        with _named(sequence):
            frames = PreloadedFrames(sequence.open_frames(), len(sequence.truth))
            if number == 0:
                start = replace(sequence, truth=sequence.truth[: 1 + warm_up])
                _run_sequence(tracker, start, frames, clock)
            seconds, transport = _run_sequence(tracker, sequence, frames, clock)
        parts.append(Times(seconds[1 + warm_up :], transport[1 + warm_up :], seconds[:1]))
    times = Times.joined(parts)
    if not times.updates.sum() > 0:
        raise UserError("the tracker reports that its updates took no time, so its speed is undefined")
    return times


def end_to_end(
    tracker: Tracker, sequences: Items[Sequence], clock: Clock = time.perf_counter
) -> tuple[int, float]:
    """Runs the tracker over the sequences like `run`, with frames decoded ahead in threads.

    Returns:
        The number of frames, initializations included, and the seconds of wall time.

    Raises:
        UserError: as `timed_pass`.
    """
    begin = clock()
    with decoder_threads(isinstance(tracker, RemoteTracker)) as pool:
        for sequence in sequences:
            with _named(sequence), Prefetcher(sequence.open_frames(), pool) as frames:
                _run_sequence(tracker, sequence, frames, clock)
    return sum(len(sequence.truth) for sequence in sequences), clock() - begin


def _run_sequence(
    tracker: Tracker, sequence: Sequence, frames: Prefetcher[Frame] | Frames, clock: Clock
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the seconds of the tracker and of transport, each of shape (frames,)."""
    transport: list[float] = []
    seed_tracker(tracker, 0, sequence.name, 0)
    trajectory = drive(one_pass(sequence), tracker, frames, on_transport=transport.append, clock=clock)
    return trajectory.seconds, np.array(transport)


@contextmanager
def _named(sequence: Sequence) -> Iterator[None]:
    """Names the sequence in the message of a failure, which ends the measurement."""
    try:
        yield
    except FAILURES as error:
        raise UserError(
            f"the tracker's speed cannot be measured on {sequence.name}: {error}; "
            "leave that sequence out by --sequences, or put it right"
        ) from error
