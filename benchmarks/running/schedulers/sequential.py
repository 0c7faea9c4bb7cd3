"""The scheduler that runs one sequence after the other and times every update."""

from __future__ import annotations

from collections.abc import Sequence as Items
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.running.decoding.decoders import Decoder
from benchmarks.running.decoding.prefetch import Prefetcher, decoder_threads
from benchmarks.running.schedulers.base import (
    FrameCallback,
    Outcome,
    Outcomes,
    Progress,
    Scheduler,
    ignore_box,
)
from benchmarks.running.settings import RunSettings
from benchmarks.running.tasks import Task
from benchmarks.running.tracking.drive import ShapeWarning, drive
from benchmarks.running.tracking.errors import FAILURES, failure_record
from benchmarks.running.tracking.provider import TrackerInfo, TrackerProvider
from benchmarks.running.tracking.requests import (
    check_unchanged,
    frames_per_answer,
    seed_tracker,
    sequence_requests,
    with_image_size,
)


class SequentialScheduler(Scheduler):
    """Runs sequences one after the other, and builds the tracker again after a failure.

    Args:
        settings: of the run.
        provider: builds the tracker.
        decoder: decodes the frames; Pillow by default.
    """

    def __init__(
        self, settings: RunSettings, provider: TrackerProvider, decoder: Decoder | None = None
    ) -> None:
        self._settings = settings
        self._protocol = settings.load_protocol()
        self._provider = provider
        self._decoder = decoder or Decoder()
        self._shape_warning = ShapeWarning(self._protocol)

    def tracker_info(self) -> TrackerInfo:
        self._provider.tracker()
        return self._provider.tracker_info(**({"own_process": True} if self._provider.own_process else {}))

    def outcomes(
        self, tasks: Items[Task], progress: Progress, on_box: FrameCallback = ignore_box
    ) -> Outcomes:
        with decoder_threads(self._provider.own_process) as pool:
            for task in tasks:
                progress.start(task.name, task.frames)
                try:
                    yield self._run(task, pool, progress, on_box)
                except FAILURES as error:
                    self._provider.discard()
                    yield Outcome(task.name, failure_record(task.record, error))
                for line in self._decoder.take_messages():
                    progress.log(line)

    def _run(self, task: Task, pool: Executor, progress: Progress, on_box: FrameCallback) -> Outcome:
        settings, protocol, decoder = self._settings, self._protocol, self._decoder
        repetitions = settings.repetitions(self._provider.deterministic)
        transport = list[float]()
        sequence = task.sequence()
        with Prefetcher(sequence.open_frames(), pool, read=decoder.read, finish=decoder.finish) as frames:
            frames.deadline = settings.deadline()
            sequence = with_image_size(sequence, frames)
            tracker = self._provider.tracker()
            frames.deadline = deadline = settings.deadline()  # building a tracker is not the sequence's time
            seed = partial(seed_tracker, tracker, settings.seed, sequence.name)
            trajectories = drive(
                sequence_requests(protocol, repetitions, sequence, seed),
                tracker,
                frames,
                deadline=deadline,
                on_frame=partial(
                    progress.advance, sequence.name, frames_per_answer(protocol, repetitions, sequence)
                ),
                on_transport=transport.append,
                on_box=partial(on_box, sequence),
                on_shape=partial(self._shape_warning.log_once, progress.log),
                rotated=protocol.rotated,
            )
            check_unchanged(task, frames)
            self._provider.check_restarted()
        record = replace(task.record, transport=float(np.median(transport)))
        return Outcome(sequence.name, record, trajectories)

    def close(self) -> None:
        self._provider.discard()
