"""The requests of all runs of a protocol over one sequence."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from hashlib import sha256
from typing import TypeAlias

from benchmarks.datasets import Sequence, SequenceError
from benchmarks.protocols import Protocol, Trajectory
from benchmarks.protocols.protocol import Prediction, Request
from benchmarks.running.decoding.decoders import PendingFrame
from benchmarks.running.decoding.prefetch import Prefetcher
from benchmarks.running.tasks import Task
from trackers.external.protocols.remote import RemoteTracker
from trackers.seeding import seed_generators
from trackers.tracker import Frame, Tracker

MAX_BOX_TO_IMAGE = 10
"""The largest plausible ratio of the target's width (or height) to the image's."""

SequenceRequests: TypeAlias = Generator[Request, Prediction, list[Trajectory]]


def sequence_requests(
    protocol: Protocol,
    repetitions: int,
    sequence: Sequence,
    before_run: Callable[[int], None] = lambda run: None,  # noqa: ARG005
) -> SequenceRequests:
    """Yields the requests of all runs, one run after the other; returns their trajectories.

    Args:
        protocol: defines the runs.
        repetitions: how often each run is made.
        sequence: its `size` is known.
        before_run: called with each run's number before its first request.
    """
    if protocol.needs_truth and sequence.first_box_only:
        raise SequenceError(
            f"{sequence.name}: only its first frame has a ground-truth box, and protocol {protocol.name} "
            "needs one in every frame; use --protocol ope"
        )
    trajectories: list[Trajectory] = []
    for _ in range(repetitions):
        for run in protocol.runs(sequence):
            before_run(len(trajectories))
            trajectories.append((yield from run))
        if protocol.can_stop(trajectories):
            break
    return trajectories


def frames_per_answer(protocol: Protocol, repetitions: int, sequence: Sequence) -> float:
    """Returns the part of a frame, 0 to 1, by which one answer advances the sequence's progress."""
    return 1 / (repetitions * len(protocol.runs(sequence)))


def with_image_size(sequence: Sequence, frames: Prefetcher[Frame] | Prefetcher[PendingFrame]) -> Sequence:
    """Returns `sequence` with the size of its images; read from its first frame if it is not known yet.

    Raises:
        SequenceError: its first box lies outside the image or has another scale: the ground truth belongs
            to other frames.
    """
    height, width = frames[0].shape[:2]
    x, y, w, h = sequence.truth[0]
    if not (x < width and y < height and x + w > 0 and y + h > 0):
        where = "is not in"
    elif w > MAX_BOX_TO_IMAGE * width or h > MAX_BOX_TO_IMAGE * height:
        where = f"is more than {MAX_BOX_TO_IMAGE} times as large as"
    else:
        return sequence if sequence.size is not None else replace(sequence, size=(width, height))
    raise SequenceError(
        f"{sequence.name}: its first box, {sequence.truth[0].tolist()}, {where} its first image, {width} x "
        f"{height} px; are the ground truth and the frames of one video?"
    )


def check_unchanged(task: Task, frames: Prefetcher[Frame] | Prefetcher[PendingFrame]) -> None:
    """Checks that the frames are still those that the task was planned with.

    Raises:
        SequenceError: they are not.
    """
    if frames.fingerprint() != task.record.images:
        raise SequenceError(f"{task.name}: its frames were changed since the run began; run it again")


def seed_tracker(tracker: Tracker, *parts: int | str) -> None:
    """Seeds the random generators in the tracker's process with a hash of `parts`."""
    number = int.from_bytes(sha256(":".join(map(str, parts)).encode()).digest()[:4], "little")
    if isinstance(tracker, RemoteTracker):
        tracker.next_seed = number
    else:
        seed_generators(number)
