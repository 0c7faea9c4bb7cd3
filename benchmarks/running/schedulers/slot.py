"""A slot of a batch tracker: one running sequence, its requests and its frames."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack

import numpy as np

from benchmarks.datasets import SequenceError
from benchmarks.protocols import Protocol, Trajectory
from benchmarks.protocols.protocol import Prediction, Request
from benchmarks.running.decoding.decoders import Decoder, PendingFrame
from benchmarks.running.decoding.prefetch import Prefetcher
from benchmarks.running.schedulers.base import Outcome
from benchmarks.running.tasks import Task
from benchmarks.running.tracking.drive import validate_answer
from benchmarks.running.tracking.errors import FAILURES, SequenceTimeout, failure_record
from benchmarks.running.tracking.requests import (
    SequenceRequests,
    check_unchanged,
    frames_per_answer,
    sequence_requests,
    with_image_size,
)
from trackers.box_validation import ConvertedPrediction
from trackers.errors import InvalidPrediction
from trackers.tracker import Frame

_IN_USE = 3
"""Frames that a slot uses besides the prefetched ones: the current one, and those of two steps in flight."""
_PLACEHOLDER = Prediction(np.zeros(4), math.nan)


class Slot:
    """A running sequence: its current request, and the frame that belongs to it.

    For pipelined (open-loop) protocols a second generator, fed placeholder predictions, yields the next
    request before the previous prediction has arrived.

    Attributes:
        task: the sequence.
        request: the current request; None after the last one.
        frame: the request's frame, decoded as far as it can be ahead.
        outcome: of the sequence, once it is over.
        reported: whether the outcome has been yielded.
    """

    frame: PendingFrame

    def __init__(
        self,
        task: Task,
        protocol: Protocol,
        repetitions: int,
        deadline: float | None,
        pool: Executor,
        decoder: Decoder,
        ahead: int,
        pipelined: bool,
        on_shape: Callable[[], None],
    ) -> None:
        self.task = task
        self.request: Request | None = None
        self.outcome: Outcome | None = None
        self.reported = False
        self._new_answers = 0
        self._in_flight = 0
        self._sent = False
        self._error: Exception | None = None
        self._lookahead: SequenceRequests | None = None
        self._waited = 0.0
        self._rotated = protocol.rotated
        self._on_shape = on_shape
        self._deadline = deadline
        self._frames_per_answer = 0.0
        self._resources = ExitStack()

        def begin() -> Request:
            sequence = task.sequence()
            prefetcher = Prefetcher(sequence.open_frames(), pool, ahead, read=decoder.read)
            self._frames = self._resources.enter_context(prefetcher)
            self._frames.deadline = deadline
            sequence = with_image_size(sequence, self._frames)
            decoder.reserve(self._frames[0].shape, ahead + _IN_USE)
            self._frames_per_answer = frames_per_answer(protocol, repetitions, sequence)
            self._requests = sequence_requests(protocol, repetitions, sequence)
            if pipelined:
                self._lookahead = sequence_requests(protocol, repetitions, sequence)
                next(self._lookahead)
            return next(self._requests)

        self._next_request(begin)

    def send_request(self) -> int:
        """Marks the request as sent to the tracker; returns its frame's number."""
        assert self.request
        self._sent = True
        self._in_flight += 1
        return self.request.frame

    def look_ahead(self) -> None:
        """Moves on to the request after one that was sent, if that is known already."""
        lookahead = self._lookahead
        if self._sent and not self.outcome and lookahead is not None:
            self._next_request(lambda: lookahead.send(_PLACEHOLDER))

    def receive(self, prediction: ConvertedPrediction | InvalidPrediction, number: int, frame: Frame) -> None:
        """Takes the prediction for a frame, and moves on to the next request if it depends on that."""
        if self.outcome:
            return
        self._new_answers += 1
        self._in_flight -= 1
        try:
            following = self._requests.send(self._validated(prediction, number, frame))
        except StopIteration as stop:
            self._end(self._finished(stop.value))
        except FAILURES as error:
            self._end_failed(error)
        else:
            if self._lookahead is None:
                self._next_request(lambda: following)
            elif self._error and not self._in_flight:
                self._end_failed(self._error)

    def fail(self, error: Exception) -> None:
        """Ends the sequence with one of `FAILURES`, once all earlier predictions have arrived."""
        self.request, self._error = None, error
        if not self._in_flight:
            self._end_failed(error)

    def take_progress(self) -> float:
        """Returns the number of frames done since the last call."""
        done, self._new_answers = self._new_answers * self._frames_per_answer, 0
        return done

    def take_wait(self) -> float:
        """Returns the seconds spent waiting for this sequence's frames since the last call."""
        waited, self._waited = self._waited, 0.0
        return waited

    def extend_deadline(self, seconds: float) -> None:
        """Gives the sequence more time, if it has a deadline."""
        if self._deadline is None:
            return
        self._deadline += seconds
        if not self.outcome:
            self._frames.deadline = self._deadline

    def _validated(
        self, prediction: ConvertedPrediction | InvalidPrediction, number: int, frame: Frame
    ) -> Prediction:
        if self._deadline is not None and time.perf_counter() > self._deadline:
            raise SequenceTimeout(f"frame {number}: the sequence timed out")
        if isinstance(prediction, InvalidPrediction):
            prediction.frame = number
            raise prediction
        region = validate_answer(prediction.array, number, frame, self._rotated, self._on_shape)
        return Prediction(region, math.nan, prediction.confidence)

    def _next_request(self, following: Callable[[], Request]) -> None:
        self._sent = False
        begin = time.perf_counter()
        try:
            self.request = following()
            self.frame = self._frames[self.request.frame]
        except StopIteration:  # of the lookahead; the run itself still waits for predictions
            self.request = None
        except FAILURES as error:
            self.fail(error)
        finally:
            self._waited += time.perf_counter() - begin

    def _finished(self, trajectories: list[Trajectory]) -> Outcome:
        try:
            check_unchanged(self.task, self._frames)
        except SequenceError as error:
            return Outcome(self.task.name, failure_record(self.task.record, error))
        return Outcome(self.task.name, self.task.record, trajectories)

    def _end_failed(self, error: Exception) -> None:
        self._end(Outcome(self.task.name, failure_record(self.task.record, error)))

    def _end(self, outcome: Outcome) -> None:
        self.outcome, self.request = outcome, None
        self._resources.close()
