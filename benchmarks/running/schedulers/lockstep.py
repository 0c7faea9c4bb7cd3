"""The scheduler for a batch tracker: many sequences at once, all of them a frame further with each call.

Each slot follows one sequence. When that ends the slot takes the next, the longest first, so that few slots
are empty at the end. Decoding goes on in threads while the tracker works, or is done on its device. Where a
protocol's requests do not depend on the answers, a step's boxes are waited for when the next step has begun,
so that a device never waits for the host.

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
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import SequenceError
from benchmarks.protocols import Trajectory
from benchmarks.protocols.protocol import Init, Prediction, Request
from benchmarks.running.frames.decoders import Decoder, PendingFrame, create_decoder
from benchmarks.running.frames.prefetch import Prefetcher, batch_decoder_threads
from benchmarks.running.run_warnings import ShapeWarning
from benchmarks.running.schedulers.base import Job, Outcome, Outcomes, Progress, Scheduler, Task, TrackerInfo
from benchmarks.running.schedulers.sequential import SequentialScheduler
from benchmarks.running.tracking.drive import validate_answer
from benchmarks.running.tracking.provider import TrackerProvider
from benchmarks.running.tracking.requests import (
    FAILURES,
    SequenceRequests,
    SequenceTimeout,
    check_unchanged,
    failed,
    frames_per_answer,
    sequence_requests,
    with_image_size,
)
from trackers.box_validation import prediction_array
from trackers.devices import is_out_of_memory
from trackers.errors import InvalidPrediction, UserError
from trackers.processes.process_tree import exit_if_forked
from trackers.tracker import Boxes, Frame, TensorTracker

_AHEAD = 16
"""Frames that wait decoded, of all slots together; at least one for each."""


class LockstepScheduler(Scheduler):
    """Runs up to `slots` sequences at once.

    Args:
        provider: makes the tracker.
        slots: how many targets it follows.
        decoder: one of `DECODERS`.
    """

    def __init__(self, provider: TrackerProvider, slots: int, decoder: str = "pillow") -> None:
        self._provider = provider
        self._slots = slots
        self._asked = decoder
        self._decoder = Decoder()
        self._answered = 0
        self._seconds = 0.0

    def tracker_info(self) -> TrackerInfo:
        tracker = self._provider.batch_tracker(self._slots)
        if not tracker.deterministic:
            # What it draws would depend on what else is in the batch.
            raise UserError("a tracker that is not deterministic cannot run in a batch; leave --batch out")
        self._decoder = create_decoder(self._asked, tracker)
        other = {} if self._asked == "pillow" else {"decoder": self._decoder.name}
        return self._provider.tracker_info(True, batch=self._slots, **other)

    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        if job.protocol.is_realtime:
            raise UserError(
                f"protocol {job.protocol.name} needs each answer's own time, which a batch has not; "
                "leave --batch out"
            )
        waiting = deque(sorted(tasks, key=lambda task: -task.frames))
        suspects: list[Task] = []
        slots: dict[int, _Slot] = {}  # those that ask for something
        steps: deque[_Step] = deque()  # those whose boxes are not known yet, the oldest first
        # Others compute while they are called, and gain nothing.
        late = job.protocol.open_loop and isinstance(self._provider.batch_tracker(self._slots), TensorTracker)
        on_shape = partial(ShapeWarning().say, job.protocol, progress)
        with batch_decoder_threads() as pool:
            while waiting or slots or steps:
                for number in range(self._slots):
                    if waiting and number not in slots:
                        task = waiting.popleft()
                        progress.start(task.name, task.frames)
                        ahead = max(_AHEAD // self._slots, 1)
                        slots[number] = _Slot(job, task, pool, self._decoder, ahead, late, on_shape)
                under_way = [*slots.values(), *(slot for step in steps for slot in step.slots)]
                try:
                    if step := self._begun({n: slot for n, slot in slots.items() if slot.request}):
                        steps.append(step)
                    if steps and (len(steps) > late or not step):
                        self._end(steps.popleft())
                    for slot in slots.values():
                        slot.advance()
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # to leave is not for a tracker to decide
                    if is_out_of_memory(error):
                        raise UserError(
                            f"a batch of {self._slots} does not fit into the device's memory; "
                            "give a smaller --batch; what was finished is kept"
                        ) from error
                    # Whose fault it is shows when each of them runs alone.
                    self._provider.discard()
                    steps.clear()
                    suspects += [slot.task for slot in dict.fromkeys(under_way) if not slot.outcome]
                    slots = {number: slot for number, slot in slots.items() if slot.outcome}
                for line in self._decoder.told():
                    progress.say(line)
                under_way = [slot for slot in dict.fromkeys(under_way) if not slot.taken]
                _excuse(under_way)
                for slot in under_way:
                    progress.advance(slot.task.name, slot.progress())
                    if slot.outcome:
                        slot.taken = True
                        yield slot.outcome
                slots = {n: slot for n, slot in slots.items() if slot.request and not slot.outcome}
        if suspects:
            self._provider.discard()
            yield from SequentialScheduler(self._provider, self._decoder).outcomes(job, suspects, progress)

    def _begun(self, slots: dict[int, _Slot]) -> _Step | None:
        """Begins to carry out a request of each slot: a call for those that start, and one for the others."""
        frames: dict[int, Any] = {}  # as the tracker takes them: `create_decoder` has seen to that
        decoded = self._decoder.decoded([slot.waiting for slot in slots.values()])
        for number, frame in zip(slots, decoded, strict=True):
            if isinstance(frame, SequenceError):
                slots[number].trouble(frame)
            else:
                frames[number] = frame
        if not frames:
            return None
        tracker = self._provider.batch_tracker(self._slots)
        main_pid = os.getpid()
        begin = time.perf_counter()
        starts: dict[int, Init] = {}
        for number in frames:
            request = slots[number].request
            if isinstance(request, Init):
                starts[number] = request
        others = [number for number in frames if number not in starts]
        wait: Callable[[], Any] = tuple
        try:
            if starts:
                boxes = np.array([request.box for request in starts.values()])
                tracker.init(list(starts), [frames[number] for number in starts], boxes.copy())
            if others and isinstance(tracker, TensorTracker):
                wait = tracker.begin(others, [frames[number] for number in others])
            elif others:
                found = tracker.update(others, [frames[number] for number in others])
                # An answer may do its work only when it is converted: lazy and asynchronous arrays.
                answers = [_converted(answer) for answer in found]
                wait = lambda: answers  # noqa: E731
                tracker.synchronize()
        finally:
            exit_if_forked(main_pid)
        self._seconds += time.perf_counter() - begin
        asked = [(slots[number], slots[number].sent(), frames[number]) for number in (*starts, *others)]
        return _Step(asked, [request.box for request in starts.values()], wait)

    def _end(self, step: _Step) -> None:
        """Waits for a step's boxes and hands them to those who asked."""
        main_pid = os.getpid()
        begin = time.perf_counter()
        try:
            answers = [*step.given, *map(_converted, step.wait())]
        finally:
            exit_if_forked(main_pid)
        self._seconds += time.perf_counter() - begin
        self._answered += len(answers)
        for (slot, number, frame), answer in zip(step.asked, answers, strict=True):
            slot.answer(answer, number, frame)

    def throughput(self) -> str:
        if not self._seconds:
            return ""
        return f"{self._answered / self._seconds:.1f} frames/s in batches of up to {self._slots}"

    def close(self) -> None:
        self._provider.discard()


def _converted(answer: object) -> NDArray[Any] | InvalidPrediction:
    """One slot's answer as numbers; what cannot be converted costs this slot alone."""
    if isinstance(answer, InvalidPrediction):
        return answer
    try:
        return prediction_array(answer)
    except InvalidPrediction as error:
        return error


def _excuse(slots: Iterable[_Slot]) -> None:
    """Takes from each sequence's time what all had to wait for frames of others, which may never come."""
    waits = {slot: slot.take_wait() for slot in slots}
    together = sum(waits.values())
    for slot, wait in waits.items():
        slot.postpone(together - wait)


@dataclass
class _Step:
    """Requests that are carried out together.

    Attributes:
        asked: who asked, for which frame, and its pixels: first those that start.
        given: the boxes of those.
        wait: returns the others' answers when they are there.
    """

    asked: list[tuple[_Slot, int, Frame]]
    given: list[Boxes]
    wait: Callable[[], Any]

    @property
    def slots(self) -> list[_Slot]:
        """Who asked."""
        return [slot for slot, _, _ in self.asked]


class _Slot:
    """A sequence that is under way: its present request, and the frame that belongs to it.

    Where answers come late, a second run of the protocol, whose answers mean nothing, tells what is asked
    next while the first still waits for its own.

    Attributes:
        task: the sequence.
        request: what is asked of the tracker; None when nothing more is.
        waiting: on which frame, decoded as far as it is ahead.
        outcome: what became of the sequence, when it is over.
        taken: whether somebody has taken the outcome.
    """

    waiting: PendingFrame

    def __init__(
        self,
        job: Job,
        task: Task,
        pool: Executor,
        decoder: Decoder,
        ahead: int,
        late: bool,
        on_shape: Callable[[], None],
    ) -> None:
        self.task = task
        self.request: Request | None = None
        self.outcome: Outcome | None = None
        self.taken = False
        self._answers = 0
        self._unanswered = 0
        self._sent = False
        self._trouble: Exception | None = None
        self._scout: SequenceRequests | None = None
        self._waited = 0.0
        self._protocol = job.protocol
        self._on_shape = on_shape
        self._deadline = math.inf if job.timeout is None else time.perf_counter() + job.timeout
        self._share = 0.0
        self._open = ExitStack()

        def begin() -> Request:
            sequence = task.sequence()
            prefetcher = Prefetcher(sequence.open_frames(), pool, ahead, read=decoder.read)
            self._frames = self._open.enter_context(prefetcher)
            self._frames.deadline = None if job.timeout is None else self._deadline
            sequence = with_image_size(sequence, self._frames)
            decoder.reserve(self._frames[0].shape, ahead + _HELD)
            self._share = frames_per_answer(job, sequence)
            self._requests = sequence_requests(job, sequence)
            if late:
                self._scout = sequence_requests(job, sequence)
                next(self._scout)
            return next(self._requests)

        self._go_on(begin)

    def sent(self) -> int:
        """Takes note that the request is being carried out; returns its frame."""
        assert self.request
        self._sent = True
        self._unanswered += 1
        return self.request.frame

    def advance(self) -> None:
        """Asks for what comes after a request that is being carried out, if that is known already."""
        scout = self._scout
        if self._sent and not self.outcome and scout is not None:
            self._go_on(lambda: scout.send(_ANY))

    def answer(self, answer: NDArray[Any] | InvalidPrediction, number: int, frame: Frame) -> None:
        """Takes the tracker's answer to a frame, and asks for what comes next if that depends on it."""
        if self.outcome:
            return
        self._answers += 1
        self._unanswered -= 1
        try:
            following = self._requests.send(self._prediction(answer, number, frame))
        except StopIteration as stop:
            self._end(self._over(stop.value))
        except FAILURES as error:
            self._fail(error)
        else:
            if self._scout is None:
                self._go_on(lambda: following)
            elif self._trouble and not self._unanswered:
                self._fail(self._trouble)

    def trouble(self, error: Exception) -> None:
        """Ends the sequence for one of `FAILURES`, once all answers before it are there."""
        self.request, self._trouble = None, error
        if not self._unanswered:
            self._fail(error)

    def progress(self) -> float:
        """How many frames are done since this was last asked."""
        done, self._answers = self._answers * self._share, 0
        return done

    def _prediction(self, answer: NDArray[Any] | InvalidPrediction, number: int, frame: Frame) -> Prediction:
        if time.perf_counter() > self._deadline:
            raise SequenceTimeout(f"frame {number}: the time limit has passed")
        if isinstance(answer, InvalidPrediction):
            answer.frame = number
            raise answer
        region = validate_answer(answer, number, frame, self._protocol.rotated, self._on_shape)
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
        self._sent = False
        begin = time.perf_counter()
        try:
            self.request = following()
            self.waiting = self._frames[self.request.frame]
        except StopIteration:  # the scout's; the run itself has answers to come
            self.request = None
        except FAILURES as error:
            self.trouble(error)
        finally:
            self._waited += time.perf_counter() - begin

    def _over(self, trajectories: list[Trajectory]) -> Outcome:
        try:
            check_unchanged(self.task, self._frames)
        except SequenceError as error:
            return Outcome(self.task.name, failed(self.task.record, error))
        return Outcome(self.task.name, self.task.record, trajectories)

    def _fail(self, error: Exception) -> None:
        self._end(Outcome(self.task.name, failed(self.task.record, error)))

    def _end(self, outcome: Outcome) -> None:
        self.outcome, self.request = outcome, None
        self._open.close()


_HELD = 3
"""Frames of a slot that are held beside those ahead: the present one, and those of two steps under way."""
_ANY = Prediction(np.zeros(4), math.nan)
