"""A measurement: several passes, each in a separate process, and the record made from them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import Dataset, Sequence, open_dataset
from benchmarks.environment import THREAD_VARIABLES, describe_environment, usable_cores
from benchmarks.running.tasks import plan_task
from benchmarks.running.tracking.provider import provenance_digests
from benchmarks.speed.machine import Conditions, Gpu, cpu_clock, gpu, load_average
from benchmarks.speed.record import SpeedRecord
from benchmarks.speed.statistics import Times, frames_per_second, half_width, percentiles
from benchmarks.speed.subprocess_call import call_in_subprocess, environment_variables
from benchmarks.speed.timed_pass import end_to_end, timed_pass, truncate_sequence
from benchmarks.store.run_folder import require_folder_name
from trackers.catalog import TrackerSpec
from trackers.external.protocols.remote import RemoteTracker
from trackers.tracker import OneSlot, Tracker

_MACHINE = ("system", "processor", "cores")


@dataclass(frozen=True)
class Workload:
    """What is measured.

    Attributes:
        spec: the tracker.
        dataset, data_root, split: see `open_dataset`.
        sequences: names of the sequences to track.
        frames: maximum number of updates to count in each sequence.
        warm_up: number of updates after each initialization that are not counted.
    """

    spec: TrackerSpec
    dataset: str
    data_root: Path | None
    split: str | None
    sequences: tuple[str, ...]
    frames: int
    warm_up: int

    def open(self) -> list[Sequence]:
        """Opens the sequences, cut after the last counted update.

        Raises:
            UserError: a sequence cannot be run, or is too short.
        """
        dataset: Dataset = open_dataset(self.dataset, self.data_root, self.split)
        whole = [plan_task(dataset, name).sequence() for name in self.sequences]
        return [truncate_sequence(sequence, self.frames, self.warm_up) for sequence in whole]


@dataclass(frozen=True)
class Repetition:
    """The result of one pass.

    Attributes:
        times: the tracker's times.
        end_to_end: frames, and seconds of wall time with decoding, if requested.
        facts: fields of the record about the tracker and its machine.
        clock: the CPU's governor, current MHz and maximum MHz.
        gpu_before, gpu_after: the GPU before the tracker was built, and right after the pass.
    """

    times: Times
    end_to_end: tuple[int, float] | None
    facts: dict[str, Any]
    clock: tuple[str | None, float | None, float | None]
    gpu_before: Gpu | None
    gpu_after: Gpu | None


def measure(
    workload: Workload,
    name: str,
    repetitions: int,
    threads: int | None,
    on_repetition: Callable[[int, float], None] = lambda number, fps: None,  # noqa: ARG005
) -> SpeedRecord:
    """Measures a tracker and returns the record, without writing it.

    Args:
        workload: what to measure.
        name: the name under which the record is stored.
        repetitions: number of passes.
        threads: threads that the tracker's libraries may use on the CPU; None for their own choice.
        on_repetition: called after each pass with its number, from 1, and its FPS.

    Raises:
        UserError: the tracker cannot be built or fails, or the sequences cannot be run.
    """
    require_folder_name(name)
    workload.open()  # reports problems with the data before a process is started
    begun = datetime.now(UTC)
    load_before = load_average()
    passes: list[Repetition] = []
    with environment_variables(dict.fromkeys(THREAD_VARIABLES, str(threads)) if threads else {}):
        for number in range(1, repetitions + 1):
            passes.append(call_in_subprocess(run_repetition, workload, number == repetitions))
            on_repetition(number, 1 / passes[-1].times.updates.mean())
    return _record(workload, name, begun, load_before, passes)


def run_repetition(workload: Workload, with_end_to_end: bool) -> Repetition:
    """Makes one pass; called in a separate process.

    Args:
        workload: what to measure.
        with_end_to_end: whether to make another pass, with decoding, after the one that counts.

    Raises:
        UserError: as `measure`.
    """
    sequences = workload.open()
    device = workload.spec.device
    before = gpu("cuda:0" if device == "auto" else device)
    tracker = workload.spec.build()
    try:
        times = timed_pass(tracker, sequences, workload.warm_up)
        clock = cpu_clock()
        facts = _tracker_facts(workload.spec, tracker)
        return Repetition(
            times,
            end_to_end(tracker, sequences) if with_end_to_end else None,
            facts,
            clock,
            before if facts["device"] != "cpu" else None,
            gpu(facts["device"]),
        )
    finally:
        if isinstance(tracker, RemoteTracker):
            tracker.dispose()


def _tracker_facts(spec: TrackerSpec, tracker: Tracker) -> dict[str, Any]:
    """Returns the fields of the record that only the tracker's process knows."""
    provenance = spec.provenance(tracker)
    machine = describe_environment(provenance.device)
    threads = machine.pop("torch_threads", None)
    if threads is None and (cv2 := sys.modules.get("cv2")):
        threads = cv2.getNumThreads()
    # Optional: the built-in networks have this attribute.
    precision = getattr(tracker.batch if isinstance(tracker, OneSlot) else tracker, "precision", None)
    weights, code = provenance_digests(provenance)
    return {
        "weights": weights,
        "code": code,
        "device": machine.pop("device"),
        "precision": precision if isinstance(precision, str) else None,
        "own_process": isinstance(tracker, RemoteTracker),
        "threads": threads or _threads_allowed(),
        "machine": {key: machine.pop(key) for key in _MACHINE} | {"gpu": machine.pop("gpu", None)},
        "software": machine,
    }


def _threads_allowed() -> int:
    """Returns the number of threads that a library uses which does not report it."""
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(given) if given.isdecimal() and int(given) else usable_cores()


def _record(
    workload: Workload, name: str, begun: datetime, load_before: float | None, passes: list[Repetition]
) -> SpeedRecord:
    last = passes[-1]
    assert last.end_to_end
    times = Times.joined([one.times for one in passes])
    seconds = [float(one.times.updates.mean()) for one in passes]
    fps, low, high = frames_per_second(float(times.updates.mean()), half_width(seconds))
    median, p95, p99 = percentiles(times.updates)
    conditions = Conditions(load_before, load_average(), *last.clock, passes[0].gpu_before, last.gpu_after)
    facts = last.facts
    busy = conditions.busy(facts["machine"]["cores"])
    if last.gpu_after:
        facts["software"]["driver"] = last.gpu_after.driver
    spec = workload.spec
    return SpeedRecord(
        tracker=name,
        spec=spec.tracker,
        settings={key: str(value) for key, value in sorted(spec.settings.items())},
        dataset=workload.dataset,
        sequences=list(workload.sequences),
        frames=len(passes[0].times.updates),
        warm_up=workload.warm_up,
        repetitions=len(passes),
        seconds=seconds,
        fps=fps,
        fps_low=low,
        fps_high=high,
        median_ms=median,
        p95_ms=p95,
        p99_ms=p99,
        init_ms=1000 * float(np.median(times.inits)),
        end_to_end_fps=last.end_to_end[0] / last.end_to_end[1],
        transport_ms=1000 * float(np.median(times.transport)),
        batch=1,
        conditions=asdict(conditions),
        busy=bool(busy),
        doubts=busy + conditions.scaling(),
        date=begun.isoformat(timespec="seconds"),
        **facts,
    )
