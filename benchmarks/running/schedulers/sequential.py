"""The plain scheduler: one tracker, one sequence after the other, each answer timed."""

from __future__ import annotations

import time
from collections.abc import Sequence as Items
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.running.frames.decoders import Decoder
from benchmarks.running.frames.prefetch import Prefetcher, decoder_threads
from benchmarks.running.run_warnings import ShapeWarning
from benchmarks.running.schedulers.base import Job, Outcome, Outcomes, Progress, Scheduler, Task, TrackerInfo
from benchmarks.running.tracking.drive import drive
from benchmarks.running.tracking.provider import TrackerProvider
from benchmarks.running.tracking.requests import (
    FAILURES,
    check_unchanged,
    failed,
    frames_per_answer,
    seed,
    sequence_requests,
    with_image_size,
)


class SequentialScheduler(Scheduler):
    """Runs sequences one after the other, with the tracker built anew after a failure.

    Args:
        provider: makes the tracker.
        decoder: whose pixels it gets; Pillow's where none is given.
    """

    def __init__(self, provider: TrackerProvider, decoder: Decoder | None = None) -> None:
        self._provider = provider
        self._decoder = decoder or Decoder()
        self._shapes = ShapeWarning()

    def tracker_info(self) -> TrackerInfo:
        own_process = {"own_process": True} if self._provider.own_process else {}
        return self._provider.tracker_info(self._provider.tracker().deterministic, **own_process)

    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        with decoder_threads(self._provider.own_process) as pool:
            for task in tasks:
                progress.start(task.name, task.frames)
                try:
                    yield self._ran(job, task, pool, progress)
                except FAILURES as error:
                    self._provider.discard()
                    yield Outcome(task.name, failed(task.record, error))
                for line in self._decoder.told():
                    progress.say(line)

    def _ran(self, job: Job, task: Task, pool: Executor, progress: Progress) -> Outcome:
        transport = list[float]()
        sequence = task.sequence()
        decoder = self._decoder
        with Prefetcher(sequence.open_frames(), pool, read=decoder.read, finish=decoder.finish) as frames:
            frames.deadline = _deadline(job)
            sequence = with_image_size(sequence, frames)
            tracker = self._provider.tracker()
            frames.deadline = deadline = _deadline(job)  # to make a tracker anew is not in a sequence's time
            trajectories = drive(
                sequence_requests(job, sequence, partial(seed, tracker, job.seed, sequence.name)),
                tracker,
                frames,
                deadline=deadline,
                on_frame=partial(progress.advance, sequence.name, frames_per_answer(job, sequence)),
                on_transport=transport.append,
                on_box=partial(job.on_box, sequence),
                on_shape=partial(self._shapes.say, job.protocol, progress),
                rotated=job.protocol.rotated,
            )
            check_unchanged(task, frames)
            self._provider.check_restarted()
        record = replace(task.record, transport=float(np.median(transport)))
        return Outcome(sequence.name, record, trajectories)

    def close(self) -> None:
        self._provider.discard()


def _deadline(job: Job) -> float | None:
    return None if job.timeout is None else time.perf_counter() + job.timeout
