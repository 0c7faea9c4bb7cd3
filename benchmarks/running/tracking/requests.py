"""All runs of a protocol over one sequence, and what is written down when they go wrong."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.datasets import Sequence, SequenceError
from benchmarks.protocols import Trajectory
from benchmarks.protocols.protocol import Prediction, Request
from benchmarks.running.schedulers.base import Job, Task
from benchmarks.store import SequenceRecord
from trackers.errors import (
    LONGEST_MESSAGE,
    InvalidPrediction,
    TrackerError,
    TrackerTimeout,
    UserError,
    format_traceback,
    system_reason,
    truncate,
    truncate_traceback,
)
from trackers.external.protocols.remote import RemoteTracker
from trackers.seeding import seed_generators
from trackers.tracker import Frame, Tracker

if TYPE_CHECKING:
    from benchmarks.running.frames.decoders import PendingFrame
    from benchmarks.running.frames.prefetch import Prefetcher


class SequenceTimeout(Exception):
    """The deadline has passed. The message says at which frame."""


MAX_BOX_TO_IMAGE = 10
"""A target may fill more than the image, but not so many times its width or height."""

# A UserError is a damaged frame, or a tracker that cannot be built again.
# An OSError is a folder that cannot be read, in words of the system's.
FAILURES = (UserError, OSError, SequenceTimeout, TrackerError)
"""What costs a sequence and lets the run go on."""

SequenceRequests: TypeAlias = Generator[Request, Prediction, list[Trajectory]]


def sequence_requests(
    job: Job,
    sequence: Sequence,
    before_run: Callable[[int], None] = lambda run: None,  # noqa: ARG005
) -> SequenceRequests:
    """The requests of all runs, one after the other; returns their trajectories.

    Args:
        job: which runs, and how often.
        sequence: over what; its `size` is known.
        before_run: called with each run's number before its first request.
    """
    if job.protocol.needs_truth and sequence.first_box_only:
        raise SequenceError(
            f"{sequence.name}: its target's place is known in the first frame alone, and protocol "
            f"{job.protocol.name} needs it in all; use --protocol ope"
        )
    trajectories: list[Trajectory] = []
    for _ in range(job.repeat):
        for run in job.protocol.runs(sequence):
            before_run(len(trajectories))
            trajectories.append((yield from run))
        if job.protocol.can_stop(trajectories):
            break
    return trajectories


def frames_per_answer(job: Job, sequence: Sequence) -> float:
    """The part of a frame that is done with one answer, where several runs pass over it."""
    return 1 / (job.repeat * len(job.protocol.runs(sequence)))


def with_image_size(sequence: Sequence, frames: Prefetcher[Frame] | Prefetcher[PendingFrame]) -> Sequence:
    """`sequence` with the size of its images, which its first frame tells where no file does.

    Raises:
        SequenceError: its first box is not in the image, or of another scale: it belongs to other frames.
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
    """Makes sure that the frames are still those that the sequence's record speaks of.

    Raises:
        SequenceError: they are not.
    """
    if frames.fingerprint() != task.record.images:
        raise SequenceError(f"{task.name}: its frames were changed since the run began; run it again")


def seed(tracker: Tracker, *parts: int | str) -> None:
    """Sets the generators that a tracker draws from, in the process where it lives."""
    number = int.from_bytes(sha256(":".join(map(str, parts)).encode()).digest()[:4], "little")
    if isinstance(tracker, RemoteTracker):
        tracker.next_seed = number
    else:
        seed_generators(number)


def failed(record: SequenceRecord, error: Exception) -> SequenceRecord:
    """`record` with what one of `FAILURES` says."""
    said = system_reason(error) if isinstance(error, OSError) else str(error)
    message = truncate(said, 2 * LONGEST_MESSAGE)
    if isinstance(error, SequenceTimeout | TrackerTimeout):
        return replace(record, status="timeout", message=message)
    if isinstance(error, InvalidPrediction):
        return replace(record, status="invalid", message=message)
    trace = ""
    if isinstance(error, TrackerError):
        if error.trace:
            trace = truncate_traceback(error.trace)
        elif error.__cause__ is not None:
            trace = format_traceback(error.__cause__)
    return replace(record, status="failed", message=message, traceback=trace)
