"""The scheduler for a batch tracker: many sequences at once, each one frame further with every call.

Each slot tracks one sequence and then takes the next. Long sequences start first, so few slots idle at the
end. Threads decode frames while the tracker works, or the tracker's device decodes them. If a protocol's
requests do not depend on the predictions, a step's boxes are fetched only after the next step has been
launched, so that the device never waits for the host.

The time of a single frame cannot be measured in a batch: times are NaN. What is reported instead is the
throughput, which is not a tracker's FPS.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Items
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.datasets import SequenceError
from benchmarks.protocols.protocol import Init
from benchmarks.running.decoding.decoders import Decoder, create_decoder
from benchmarks.running.decoding.prefetch import batch_decoder_threads
from benchmarks.running.schedulers.base import FrameCallback, Outcomes, Progress, Scheduler, ignore_box
from benchmarks.running.schedulers.sequential import SequentialScheduler
from benchmarks.running.schedulers.slot import Slot
from benchmarks.running.settings import RunSettings
from benchmarks.running.tasks import Task, longest_first
from benchmarks.running.tracking.drive import ShapeWarning
from benchmarks.running.tracking.provider import TrackerInfo, TrackerProvider
from trackers.box_validation import ConvertedPrediction, convert_prediction
from trackers.devices import is_out_of_memory
from trackers.errors import InvalidPrediction, UserError
from trackers.processes.process_tree import exit_if_forked
from trackers.tracker import Boxes, Frame, TensorTracker, split_confidences

_PREFETCHED = 16
"""Frames decoded ahead, all slots together; at least one per slot."""


class LockstepScheduler(Scheduler):
    """Runs up to `slots` sequences at once.

    Args:
        settings: of the run.
        provider: builds the tracker.
        slots: number of targets that the tracker follows.
    """

    def __init__(self, settings: RunSettings, provider: TrackerProvider, slots: int) -> None:
        self._settings = settings
        self._protocol = settings.load_protocol()
        self._provider = provider
        self._slots = slots
        self._decoder = Decoder()
        self._answers = 0
        self._seconds = 0.0

    def tracker_info(self) -> TrackerInfo:
        tracker = self._provider.batch_tracker(self._slots)
        if not tracker.deterministic:
            # Its random numbers would depend on what else is in the batch.
            raise UserError("a tracker that is not deterministic cannot run in a batch; leave --batch out")
        self._decoder = create_decoder(self._settings.decoder, tracker)
        other = {} if self._settings.decoder == "pillow" else {"decoder": self._decoder.name}
        return self._provider.tracker_info(batch=self._slots, **other)

    def outcomes(
        self,
        tasks: Items[Task],
        progress: Progress,
        on_box: FrameCallback = ignore_box,  # noqa: ARG002
    ) -> Outcomes:
        waiting = deque(longest_first(tasks))
        suspects: list[Task] = []
        slots: dict[int, Slot] = {}  # those with a request
        steps: deque[_Step] = deque()  # steps in flight, the oldest first
        # Other trackers compute during the call, so a second step in flight gains nothing.
        pipelined = self._protocol.open_loop and isinstance(
            self._provider.batch_tracker(self._slots), TensorTracker
        )
        on_shape = partial(ShapeWarning(self._protocol).log_once, progress.log)
        with batch_decoder_threads() as pool:
            while waiting or slots or steps:
                for number in range(self._slots):
                    if waiting and number not in slots:
                        task = waiting.popleft()
                        progress.start(task.name, task.frames)
                        slots[number] = self._open_slot(task, pool, pipelined, on_shape)
                running = [*slots.values(), *(slot for step in steps for slot in step.slots)]
                try:
                    if step := self._start_step({n: slot for n, slot in slots.items() if slot.request}):
                        steps.append(step)
                    if steps and (len(steps) > pipelined or not step):
                        self._finish_step(steps.popleft())
                    for slot in slots.values():
                        slot.look_ahead()
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # a tracker must not end the run, not even by SystemExit
                    if is_out_of_memory(error):
                        raise UserError(
                            f"a batch of {self._slots} does not fit into the device's memory; "
                            "give a smaller --batch; finished sequences are kept"
                        ) from error
                    # Each sequence runs again alone, which shows the one that caused the error.
                    self._provider.discard()
                    steps.clear()
                    suspects += [slot.task for slot in dict.fromkeys(running) if not slot.outcome]
                    slots = {number: slot for number, slot in slots.items() if slot.outcome}
                for line in self._decoder.take_messages():
                    progress.log(line)
                running = [slot for slot in dict.fromkeys(running) if not slot.reported]
                _extend_deadlines(running)
                for slot in running:
                    progress.advance(slot.task.name, slot.take_progress())
                    if slot.outcome:
                        slot.reported = True
                        yield slot.outcome
                slots = {n: slot for n, slot in slots.items() if slot.request and not slot.outcome}
        if suspects:
            self._provider.discard()
            alone = SequentialScheduler(self._settings, self._provider, self._decoder)
            yield from alone.outcomes(suspects, progress)

    def _open_slot(self, task: Task, pool: Executor, pipelined: bool, on_shape: Callable[[], None]) -> Slot:
        ahead = max(_PREFETCHED // self._slots, 1)
        repetitions = self._settings.repetitions(self._provider.deterministic)
        deadline = self._settings.deadline()
        return Slot(
            task, self._protocol, repetitions, deadline, pool, self._decoder, ahead, pipelined, on_shape
        )

    def _start_step(self, slots: dict[int, Slot]) -> _Step | None:
        """Starts one request of each slot: one call for all initializations, one for all updates."""
        frames: dict[int, Any] = {}  # in the form that the tracker takes, as `create_decoder` has checked
        decoded = self._decoder.decode([slot.frame for slot in slots.values()])
        for number, frame in zip(slots, decoded, strict=True):
            if isinstance(frame, SequenceError):
                slots[number].fail(frame)
            else:
                frames[number] = frame
        if not frames:
            return None
        tracker = self._provider.batch_tracker(self._slots)
        main_pid = os.getpid()
        begin = time.perf_counter()
        inits: dict[int, Init] = {}
        for number in frames:
            request = slots[number].request
            if isinstance(request, Init):
                inits[number] = request
        updates = [number for number in frames if number not in inits]
        wait: Callable[[], Any] = tuple
        try:
            if inits:
                boxes = np.array([request.box for request in inits.values()])
                tracker.init(list(inits), [frames[number] for number in inits], boxes.copy())
            if updates and isinstance(tracker, TensorTracker):
                wait = tracker.begin(updates, [frames[number] for number in updates])
            elif updates:
                predictions = tracker.update(updates, [frames[number] for number in updates])
                # Lazy and asynchronous arrays may do their work only when they are converted.
                arrays = [_prediction_or_error(prediction) for prediction in predictions]
                wait = lambda: arrays  # noqa: E731
                tracker.synchronize()
        finally:
            exit_if_forked(main_pid)
        self._seconds += time.perf_counter() - begin
        requests = [
            (slots[number], slots[number].send_request(), frames[number]) for number in (*inits, *updates)
        ]
        return _Step(requests, [request.box for request in inits.values()], wait)

    def _finish_step(self, step: _Step) -> None:
        """Waits for a step's boxes and hands each to its slot."""
        main_pid = os.getpid()
        begin = time.perf_counter()
        try:
            predictions = [
                *map(ConvertedPrediction, step.init_boxes),
                *map(_prediction_or_error, split_confidences(step.wait())),
            ]
        finally:
            exit_if_forked(main_pid)
        self._seconds += time.perf_counter() - begin
        self._answers += len(predictions)
        for (slot, number, frame), prediction in zip(step.requests, predictions, strict=True):
            slot.receive(prediction, number, frame)

    def throughput(self) -> str:
        if not self._seconds:
            return ""
        return f"{self._answers / self._seconds:.1f} frames/s in batches of up to {self._slots}"

    def close(self) -> None:
        self._provider.discard()


def _prediction_or_error(prediction: object) -> ConvertedPrediction | InvalidPrediction:
    """Returns one slot's prediction as an array; one that cannot be converted fails its own slot alone."""
    if isinstance(prediction, InvalidPrediction):
        return prediction
    try:
        return convert_prediction(prediction)
    except InvalidPrediction as error:
        return error


def _extend_deadlines(slots: Iterable[Slot]) -> None:
    """Extends each sequence's deadline by the time spent waiting for other sequences' frames."""
    waits = {slot: slot.take_wait() for slot in slots}
    total = sum(waits.values())
    for slot, wait in waits.items():
        slot.extend_deadline(total - wait)


@dataclass
class _Step:
    """Requests that the tracker carries out together.

    Attributes:
        requests: slot, frame number and pixels of each request, initializations first.
        init_boxes: the boxes of the initializations.
        wait: waits for the predictions of the updates and returns them.
    """

    requests: list[tuple[Slot, int, Frame]]
    init_boxes: list[Boxes]
    wait: Callable[[], Any]

    @property
    def slots(self) -> list[Slot]:
        """The slots of the requests."""
        return [slot for slot, _, _ in self.requests]
