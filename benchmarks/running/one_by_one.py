"""The plain scheduler: one tracker, one sequence after the other, each answer timed."""

from __future__ import annotations

import time
from collections.abc import Sequence as Items
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.running.attempt import (
    FAILURES,
    attempt,
    check_unchanged,
    failed,
    seed,
    share_of_an_answer,
    sized,
)
from benchmarks.running.builder import Builder
from benchmarks.running.decoders import Decoder
from benchmarks.running.drive import drive
from benchmarks.running.notices import ShapeNotice
from benchmarks.running.prefetch import Prefetcher, decoding
from benchmarks.running.scheduler import Contender, Job, Outcome, Outcomes, Progress, Scheduler, Task


class OneByOne(Scheduler):
    """Runs sequences one after the other, with the tracker built anew after a failure.

    Args:
        builder: makes the tracker.
        decoder: whose pixels it gets; Pillow's where none is given.
    """

    def __init__(self, builder: Builder, decoder: Decoder | None = None) -> None:
        self._builder = builder
        self._decoder = decoder or Decoder()
        self._shapes = ShapeNotice()

    def contender(self) -> Contender:
        own_process = {"own_process": True} if self._builder.elsewhere else {}
        return self._builder.contender(self._builder.tracker().deterministic, **own_process)

    def outcomes(self, job: Job, tasks: Items[Task], progress: Progress) -> Outcomes:
        with decoding(self._builder.elsewhere) as pool:
            for task in tasks:
                progress.start(task.name, task.frames)
                try:
                    yield self._ran(job, task, pool, progress)
                except FAILURES as error:
                    self._builder.discard()
                    yield Outcome(task.name, failed(task.record, error))
                for line in self._decoder.told():
                    progress.say(line)

    def _ran(self, job: Job, task: Task, pool: Executor, progress: Progress) -> Outcome:
        transport = list[float]()
        sequence = task.sequence()
        decoder = self._decoder
        with Prefetcher(sequence.open_frames(), pool, read=decoder.read, finish=decoder.finish) as frames:
            frames.deadline = _deadline(job)
            sequence = sized(sequence, frames)
            tracker = self._builder.tracker()
            frames.deadline = deadline = _deadline(job)  # to make a tracker anew is not in a sequence's time
            trajectories = drive(
                attempt(job, sequence, partial(seed, tracker, job.seed, sequence.name)),
                tracker,
                frames,
                deadline=deadline,
                on_frame=partial(progress.advance, sequence.name, share_of_an_answer(job, sequence)),
                on_transport=transport.append,
                on_box=partial(job.watch, sequence),
                on_shape=partial(self._shapes.say, job.protocol, progress),
                rotated=job.protocol.rotated,
            )
            check_unchanged(task, frames)
            self._builder.check_again()
        record = replace(task.record, transport=float(np.median(transport)))
        return Outcome(sequence.name, record, trajectories)

    def close(self) -> None:
        self._builder.discard()


def _deadline(job: Job) -> float | None:
    return None if job.limit is None else time.perf_counter() + job.limit
