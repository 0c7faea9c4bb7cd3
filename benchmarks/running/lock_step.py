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
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence as Items
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.datasets import SequenceError
from benchmarks.protocols import Trajectory
from benchmarks.protocols.protocol import Init, Prediction, Request
from benchmarks.running.attempt import (
    FAILURES,
    Attempt,
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
from benchmarks.running.one_by_one import OneByOne
from benchmarks.running.prefetch import Prefetcher, reading_ahead
from benchmarks.running.scheduler import Contender, Job, Outcome, Outcomes, Progress, Scheduler, Task
from trackers.devices import is_out_of_memory
from trackers.errors import UserError
from trackers.tracker import Boxes, TensorTracker

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
        slots: dict[int, _Slot] = {}  # those that ask for something
        steps: deque[_Step] = deque()  # those whose boxes are not known yet, the oldest first
        late = 1 if job.protocol.open_loop else 0
        with reading_ahead() as pool:
            while waiting or slots or steps:
                for number in range(self._slots):
                    if waiting and number not in slots:
                        task = waiting.popleft()
                        progress.start(task.name, task.frames)
                        slots[number] = _Slot(job, task, pool, self._decoder, max(_AHEAD // self._slots, 1))
                under_way = [*slots.values(), *(slot for step in steps for slot in step.slots)]
                try:
                    if step := self._begun({n: slot for n, slot in slots.items() if slot.request}):
                        steps.append(step)
                    if steps and (len(steps) > late or not step):
                        self._end(steps.popleft())
                    for slot in slots.values():
                        slot.advance()
                except (Exception, SystemExit) as error:
                    if is_out_of_memory(error):
                        raise UserError(
                            f"a batch of {self._slots} does not fit into the device's memory; "
                            "give a smaller --batch; what was finished is kept"
                        ) from error
                    # Whose fault it is shows when each of them runs alone.
                    self._builder.discard()
                    steps.clear()
                    suspects += [slot.task for slot in dict.fromkeys(under_way) if not slot.outcome]
                    slots = {number: slot for number, slot in slots.items() if slot.outcome}
                for line in self._decoder.told():
                    progress.say(line)
                for slot in dict.fromkeys(under_way):
                    if slot.taken:
                        continue
                    progress.advance(slot.task.name, slot.progress())
                    if slot.outcome:
                        slot.taken = True
                        yield slot.outcome
                slots = {n: slot for n, slot in slots.items() if slot.request and not slot.outcome}
        if suspects:
            self._builder.discard()
            yield from OneByOne(self._builder, self._decoder).outcomes(job, suspects, progress)

    def _begun(self, slots: dict[int, _Slot]) -> _Step | None:
        """Begins to carry out a request of each slot: a call for those that start, and one for the others."""
        frames: dict[int, Any] = {}  # as the tracker takes them: `decoder_for` has seen to that
        decoded = self._decoder.decoded([slot.waiting for slot in slots.values()])
        for number, frame in zip(slots, decoded, strict=True):
            if isinstance(frame, SequenceError):
                slots[number].trouble(frame)
            else:
                frames[number] = frame
        if not frames:
            return None
        tracker = self._builder.batch_tracker(self._slots)
        begin = time.perf_counter()
        starts: dict[int, Init] = {}
        for number in frames:
            request = slots[number].request
            if isinstance(request, Init):
                starts[number] = request
        if starts:
            boxes = np.array([request.box for request in starts.values()])
            tracker.init(list(starts), [frames[number] for number in starts], boxes.copy())
        others = [number for number in frames if number not in starts]
        wait: Callable[[], Any] = tuple
        if others:
            given = [frames[number] for number in others]
            if isinstance(tracker, TensorTracker):
                wait = tracker.begin(others, given)
            else:
                found = tracker.update(others, given)
                wait = lambda: found  # noqa: E731
        self._seconds += time.perf_counter() - begin
        asked = [(slots[number], slots[number].sent()) for number in (*starts, *others)]
        return _Step(asked, [request.box for request in starts.values()], wait)

    def _end(self, step: _Step) -> None:
        """Waits for a step's boxes and hands them to those who asked."""
        begin = time.perf_counter()
        boxes = [*step.given, *step.wait()]
        self._seconds += time.perf_counter() - begin
        self._answered += len(boxes)
        for (slot, frame), box in zip(step.asked, boxes, strict=True):
            slot.answer(frame, box)

    def remark(self) -> str:
        if not self._seconds:
            return ""
        return f"{self._answered / self._seconds:.1f} frames/s in batches of up to {self._slots}"

    def close(self) -> None:
        self._builder.discard()


@dataclass
class _Step:
    """Requests that are carried out together.

    Attributes:
        asked: who asked, and for which frame: first those that start.
        given: the boxes of those.
        wait: returns the others' boxes when they are there.
    """

    asked: list[tuple[_Slot, int]]
    given: list[Boxes]
    wait: Callable[[], Any]

    @property
    def slots(self) -> list[_Slot]:
        """Who asked."""
        return [slot for slot, _ in self.asked]


class _Slot:
    """A sequence that is under way: its present request, and the frame that belongs to it.

    Where requests do not depend on answers, a second run of the protocol, whose answers mean nothing, tells
    what is asked next while the first still waits for its answers.

    Attributes:
        task: the sequence.
        request: what is asked of the tracker; None when nothing more is.
        waiting: on which frame, decoded as far as it is ahead.
        outcome: what became of the sequence, when it is over.
        taken: whether somebody has taken the outcome.
    """

    waiting: Waiting

    def __init__(self, job: Job, task: Task, pool: ThreadPoolExecutor, decoder: Decoder, ahead: int) -> None:
        self.task = task
        self.request: Request | None = None
        self.outcome: Outcome | None = None
        self.taken = False
        self._answers = 0
        self._unanswered = 0
        self._sent = False
        self._trouble: Exception | None = None
        self._scout: Attempt | None = None
        self._deadline = math.inf if job.limit is None else time.perf_counter() + job.limit
        self._share = 0.0
        self._open = ExitStack()

        def begin() -> Request:
            sequence = task.sequence()
            prefetcher = Prefetcher(sequence.open_frames(), pool, ahead, read=decoder.read)
            self._frames = self._open.enter_context(prefetcher)
            sequence = sized(sequence, self._frames)
            decoder.reserve(self._frames[0].shape, ahead + _HELD)
            self._share = share_of_an_answer(job, sequence)
            self._requests = attempt(job, sequence)
            if job.protocol.open_loop:
                self._scout = attempt(job, sequence)
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

    def answer(self, frame: int, box: object) -> None:
        """Takes the tracker's answer to a request, and asks for what comes next if that depends on it."""
        if self.outcome:
            return
        self._answers += 1
        self._unanswered -= 1
        try:
            following = self._requests.send(self._prediction(frame, box))
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

    def _prediction(self, frame: int, box: object) -> Prediction:
        if time.perf_counter() > self._deadline:
            raise OutOfTime(f"frame {frame}: the time limit has passed")
        return Prediction(checked(box, frame), math.nan)

    def _go_on(self, following: Callable[[], Request]) -> None:
        self._sent = False
        try:
            self.request = following()
            self.waiting = self._frames[self.request.frame]
        except StopIteration:  # the scout's; the run itself has answers to come
            self.request = None
        except FAILURES as error:
            self.trouble(error)

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
