"""The scheduler for a batch tracker: many sequences at once, all of them a frame further with each call.

Each slot follows one sequence. When that ends the slot takes the next, the longest first, so that few slots
are empty at the end. Decoding goes on in threads while the tracker works, or is done on its device.

How long a tracker takes for one frame cannot be told in a batch: times are NaN, and what is measured is a
throughput, which is no tracker's FPS.
"""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Items
from concurrent.futures import Executor
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import SequenceError
from benchmarks.protocols import Trajectory
from benchmarks.protocols.protocol import Init, Prediction, Request
from benchmarks.running.attempt import (
    FAILURES,
    InvalidBox,
    OutOfTime,
    attempt,
    check_unchanged,
    failed,
    share_of_an_answer,
    sized,
)
from benchmarks.running.builder import Builder
from benchmarks.running.decoders import Decoder, Waiting, decoder_for
from benchmarks.running.drive import checked
from benchmarks.running.notices import ShapeNotice
from benchmarks.running.one_by_one import OneByOne
from benchmarks.running.prefetch import Prefetcher, reading_ahead
from benchmarks.running.scheduler import Contender, Job, Outcome, Outcomes, Progress, Scheduler, Task
from trackers.answers import answer_array
from trackers.errors import InvalidAnswer, UserError, class_name
from trackers.external.copies import end_copies
from trackers.tracker import Frame

_AHEAD = 16
"""Frames that wait decoded, of all slots together; at least one for each."""


class LockStep(Scheduler):
    """Runs up to `slots` sequences at once.

    Args:
        builder: makes the tracker.
        slots: how many targets it follows.
        decoder: one of `DECODERS`.
    """

    def __init__(self, builder: Builder, slots: int, decoder: str = "pillow") -> None:
        self._builder = builder
        self._slots = slots
        self._asked = decoder
        self._decoder = Decoder()
        self._answered = 0
        self._seconds = 0.0

    def contender(self) -> Contender:
        tracker = self._builder.batch_tracker(self._slots)
        if not tracker.deterministic:
            # What it draws would depend on what else is in the batch.
            raise UserError("a tracker that is not deterministic cannot run in a batch; leave --batch out")
        self._decoder = decoder_for(self._asked, tracker)
        other = {} if self._asked == "pillow" else {"decoder": self._decoder.name}
        return self._builder.contender(True, batch=self._slots, **other)

    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        if job.protocol.timed:
            raise UserError(
                f"protocol {job.protocol.name} needs each answer's own time, which a batch has not; "
                "leave --batch out"
            )
        waiting = deque(sorted(tasks, key=lambda task: -task.frames))
        suspects: list[Task] = []
        slots: dict[int, _Slot] = {}
        on_shape = partial(ShapeNotice().say, job.protocol, progress)
        with reading_ahead() as pool:
            while waiting or slots:
                for number in range(self._slots):
                    if waiting and number not in slots:
                        task = waiting.popleft()
                        progress.start(task.name, task.frames)
                        ahead = max(_AHEAD // self._slots, 1)
                        slots[number] = _Slot(job, task, pool, self._decoder, ahead, on_shape)
                try:
                    self._step({number: slot for number, slot in slots.items() if not slot.outcome})
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # to leave is not for a tracker to decide
                    if class_name(error) == "OutOfMemoryError":  # torch's own class, where it is loaded
                        raise UserError(
                            f"a batch of {self._slots} does not fit into the device's memory; "
                            "give a smaller --batch; what was finished is kept"
                        ) from error
                    # Whose fault it is shows when each of them runs alone.
                    self._builder.discard()
                    suspects += [slot.task for slot in slots.values() if not slot.outcome]
                    slots = {number: slot for number, slot in slots.items() if slot.outcome}
                _excuse(slots.values())
                for slot in slots.values():
                    progress.advance(slot.task.name, slot.progress())
                for number in [number for number, slot in slots.items() if slot.outcome]:
                    outcome = slots.pop(number).outcome
                    assert outcome
                    yield outcome
        if suspects:
            self._builder.discard()
            yield from OneByOne(self._builder, self._decoder).outcomes(job, suspects, progress)

    def _step(self, slots: dict[int, _Slot]) -> None:
        """Carries out one request of each slot: a call for those that start, and one for the others."""
        frames: dict[int, Any] = {}  # as the tracker takes them: `decoder_for` has seen to that
        decoded = self._decoder.decoded([slot.waiting for slot in slots.values()])
        for number, frame in zip(slots, decoded, strict=True):
            if isinstance(frame, SequenceError):
                slots[number].fail(frame)
            else:
                frames[number] = frame
        if not frames:
            return
        slots = {number: slots[number] for number in frames}
        tracker = self._builder.batch_tracker(self._slots)
        home = os.getpid()
        begin = time.perf_counter()
        starts = {number: slot.request for number, slot in slots.items() if isinstance(slot.request, Init)}
        others = [number for number in slots if number not in starts]
        try:
            if starts:
                boxes = np.array([request.box for request in starts.values()])
                tracker.init(list(starts), [frames[number] for number in starts], boxes.copy())
            found = tracker.update(others, [frames[number] for number in others]) if others else ()
            # An answer may do its work only when it is converted: lazy and asynchronous arrays.
            answers = [_converted(answer) for answer in found]
            tracker.synchronize()
        finally:
            end_copies(home)
        self._seconds += time.perf_counter() - begin
        self._answered += len(slots)
        for number, request in starts.items():
            slots[number].answer(request.box, frames[number])
        for number, answer in zip(others, answers, strict=True):
            slots[number].answer(answer, frames[number])

    def remark(self) -> str:
        if not self._seconds:
            return ""
        return f"{self._answered / self._seconds:.1f} frames/s in batches of up to {self._slots}"

    def close(self) -> None:
        self._builder.discard()


def _converted(answer: object) -> NDArray[Any] | InvalidAnswer:
    """One slot's answer as numbers; what cannot be converted costs this slot alone."""
    try:
        return answer_array(answer)
    except InvalidAnswer as error:
        return error


def _excuse(slots: Iterable[_Slot]) -> None:
    """Takes from each sequence's time what all had to wait for frames of others, which may never come."""
    waits = {slot: slot.take_wait() for slot in slots}
    together = sum(waits.values())
    for slot, wait in waits.items():
        slot.postpone(together - wait)


class _Slot:
    """A sequence that is under way: its present request, and the frame that belongs to it.

    Attributes:
        task: the sequence.
        request: what is asked of the tracker.
        waiting: on which frame, decoded as far as it is ahead.
        outcome: what became of the sequence, when it is over.
    """

    request: Request
    waiting: Waiting

    def __init__(
        self,
        job: Job,
        task: Task,
        pool: Executor,
        decoder: Decoder,
        ahead: int,
        on_shape: Callable[[], None],
    ) -> None:
        self.task = task
        self.outcome: Outcome | None = None
        self._answers = 0
        self._waited = 0.0
        self._protocol = job.protocol
        self._on_shape = on_shape
        self._deadline = math.inf if job.limit is None else time.perf_counter() + job.limit
        self._share = 0.0
        self._open = ExitStack()

        def begin() -> Request:
            sequence = task.sequence()
            prefetcher = Prefetcher(sequence.open_frames(), pool, ahead, read=decoder.read)
            self._frames = self._open.enter_context(prefetcher)
            self._frames.deadline = None if job.limit is None else self._deadline
            sequence = sized(sequence, self._frames)
            self._share = share_of_an_answer(job, sequence)
            self._requests = attempt(job, sequence)
            return next(self._requests)

        self._go_on(begin)

    def answer(self, answer: NDArray[Any] | InvalidAnswer, frame: Frame) -> None:
        """Takes the tracker's answer to a frame, and asks for what comes next."""
        self._answers += 1
        self._go_on(lambda: self._requests.send(self._prediction(answer, frame)))

    def fail(self, error: Exception) -> None:
        """Ends the sequence for one of `FAILURES`."""
        self._end(Outcome(self.task.name, failed(self.task.record, error)))

    def progress(self) -> float:
        """How many frames are done since this was last asked."""
        done, self._answers = self._answers * self._share, 0
        return done

    def _prediction(self, answer: NDArray[Any] | InvalidAnswer, frame: Frame) -> Prediction:
        if time.perf_counter() > self._deadline:
            raise OutOfTime(f"frame {self.request.frame}: the time limit has passed")
        number = self.request.frame
        if isinstance(answer, InvalidAnswer):
            raise InvalidBox(f"frame {number}: {answer}")
        region = checked(answer, number, frame, self._protocol.rotated, self._on_shape)
        return Prediction(region, math.nan)

    def take_wait(self) -> float:
        """Seconds that its frames were waited for since this was last asked."""
        waited, self._waited = self._waited, 0.0
        return waited

    def postpone(self, seconds: float) -> None:
        """Gives it more time."""
        self._deadline += seconds
        if not self.outcome and self._frames.deadline is not None:
            self._frames.deadline = self._deadline

    def _go_on(self, following: Callable[[], Request]) -> None:
        begin = time.perf_counter()
        try:
            self.request = following()
            self.waiting = self._frames[self.request.frame]
        except StopIteration as stop:
            self._end(self._over(stop.value))
        except FAILURES as error:
            self.fail(error)
        finally:
            self._waited += time.perf_counter() - begin

    def _over(self, trajectories: list[Trajectory]) -> Outcome:
        try:
            check_unchanged(self.task, self._frames)
        except SequenceError as error:
            return Outcome(self.task.name, failed(self.task.record, error))
        return Outcome(self.task.name, self.task.record, trajectories)

    def _end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._open.close()
