"""The messages from a worker to its driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.running.schedulers.base import Outcome
from benchmarks.running.tracking.provider import TrackerInfo


@dataclass(frozen=True)
class WorkerReady:
    """The tracker is built."""

    tracker_info: TrackerInfo


@dataclass(frozen=True)
class SequenceStarted:
    """A sequence of `frames` frames starts, perhaps for the second time."""

    sequence: str
    frames: int


@dataclass(frozen=True)
class SequenceAdvanced:
    """`frames` frames of a sequence are done since the last message."""

    sequence: str
    frames: float


@dataclass(frozen=True)
class LogMessage:
    """A message to the user."""

    line: str


@dataclass(frozen=True)
class SequenceFinished:
    """A sequence is over."""

    outcome: Outcome


@dataclass(frozen=True)
class WorkerUserError:
    """The worker cannot go on, for a reason that the user can fix."""

    sentence: str


@dataclass(frozen=True)
class WorkerCrashed:
    """The worker cannot go on, because of a bug in sotbench."""

    trace: str


@dataclass(frozen=True)
class WorkerLost:
    """The worker is gone, as its handle has noticed. `how` follows its name in a sentence."""

    how: str


Message: TypeAlias = (
    WorkerReady
    | SequenceStarted
    | SequenceAdvanced
    | LogMessage
    | SequenceFinished
    | WorkerUserError
    | WorkerCrashed
    | WorkerLost
)
