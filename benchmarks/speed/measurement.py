"""A measurement: several passes, each in a process of its own, and the record made of them."""

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
from benchmarks.environment import describe_environment, usable_cores
from benchmarks.running.tasks import plan_task
from benchmarks.running.tracking.provider import code_digest
from benchmarks.speed.machine import Conditions, Gpu, cpu_clock, gpu, load_average
from benchmarks.speed.record import SpeedRecord
from benchmarks.speed.statistics import Times, frames_per_second, half_width, percentiles
from benchmarks.speed.subprocess_call import call_in_subprocess, environment
from benchmarks.speed.timed_pass import end_to_end, timed_pass, truncate_sequence
from benchmarks.store import file_digest
from benchmarks.store.run_folder import require_folder_name
from trackers.catalogue import TrackerSpec
from trackers.external.protocols.remote import RemoteTracker
from trackers.tracker import OneSlot, Tracker

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
"""What tells libraries how many threads to use, if it is set before they are loaded."""
_MACHINE = ("system", "processor", "cores")


@dataclass(frozen=True)
class Workload:
    """What is measured.

    Attributes:
        spec: the tracker.
        dataset, data_root, split: see `open_dataset`.
        sequences: names of those whose frames are shown.
        frames: how many updates are counted in each sequence, at most.
        warm_up: how many updates after each initialisation are not counted.
    """

    spec: TrackerSpec
    dataset: str
    data_root: Path | None
    split: str | None
    sequences: tuple[str, ...]
    frames: int
    warm_up: int

    def open(self) -> list[Sequence]:
        """The sequences, without the frames that nobody needs.

        Raises:
            UserError: one cannot be run, or is too short.
        """
        dataset: Dataset = open_dataset(self.dataset, self.data_root, self.split)
        whole = [plan_task(dataset, name).sequence() for name in self.sequences]
        return [truncate_sequence(sequence, self.frames, self.warm_up) for sequence in whole]


@dataclass(frozen=True)
class Repetition:
    """What a pass has to tell.

    Attributes:
        times: of the tracker.
        whole: frames, and seconds of wall time with decoding, where that was asked for.
        told: what the record has of the tracker and its machine.
        clock: of the CPU: governor, MHz, MHz at most.
        gpu_before, gpu_after: the GPU before the tracker was built, and right after the pass.
    """

    times: Times
    whole: tuple[int, float] | None
    told: dict[str, Any]
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
    """Measures a tracker and returns the record, which is not written yet.

    Args:
        workload: what to measure.
        name: under which the record is kept.
        repetitions: how many passes to make.
        threads: how many the tracker's libraries may use on the CPU; None leaves it to them.
        on_repetition: called after each pass with its number, from 1, and its FPS.

    Raises:
        UserError: the tracker cannot be built or fails, or the sequences cannot be run.
    """
    require_folder_name(name)
    workload.open()  # what is wrong with the data is said before a process is started
    begun = datetime.now(UTC)
    load_before = load_average()
    passes: list[Repetition] = []
    with environment(dict.fromkeys(_THREADS, str(threads)) if threads else {}):
        for number in range(1, repetitions + 1):
            passes.append(call_in_subprocess(run_repetition, workload, number == repetitions))
            on_repetition(number, 1 / passes[-1].times.updates.mean())
    return _record(workload, name, begun, load_before, passes)


def run_repetition(workload: Workload, whole: bool) -> Repetition:
    """One pass; for a process of its own.

    Args:
        workload: what to measure.
        whole: whether to make another pass, with decoding, after the one that counts.

    Raises:
        UserError: as `measure`.
    """
    sequences = workload.open()
    asked = workload.spec.device
    before = gpu("cuda:0" if asked == "auto" else asked)
    tracker = workload.spec.build()
    try:
        times = timed_pass(tracker, sequences, workload.warm_up)
        clock = cpu_clock()
        told = _tracker_facts(workload.spec, tracker)
        return Repetition(
            times,
            end_to_end(tracker, sequences) if whole else None,
            told,
            clock,
            before if told["device"] != "cpu" else None,
            gpu(told["device"]),
        )
    finally:
        if isinstance(tracker, RemoteTracker):
            tracker.dispose()


def _tracker_facts(spec: TrackerSpec, tracker: Tracker) -> dict[str, Any]:
    """What only the process with the tracker knows, by the record's names."""
    provenance = spec.provenance(tracker)
    machine = describe_environment(provenance.device)
    threads = machine.pop("torch_threads", None)
    if threads is None and (cv2 := sys.modules.get("cv2")):
        threads = cv2.getNumThreads()
    # A tracker of any make may say what it computes in; ours do.
    precision = getattr(tracker.batch if isinstance(tracker, OneSlot) else tracker, "precision", None)
    return {
        "weights": file_digest(provenance.weights) if provenance.weights else None,
        "code": code_digest(provenance),
        "device": machine.pop("device"),
        "precision": precision if isinstance(precision, str) else None,
        "own_process": isinstance(tracker, RemoteTracker),
        "threads": threads or _threads_allowed(),
        "machine": {key: machine.pop(key) for key in _MACHINE} | {"gpu": machine.pop("gpu", None)},
        "software": machine,
    }


def _threads_allowed() -> int:
    """How many threads a library takes that does not tell."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(told) if told.isdecimal() and int(told) else usable_cores()


def _record(
    workload: Workload, name: str, begun: datetime, load_before: float | None, passes: list[Repetition]
) -> SpeedRecord:
    last = passes[-1]
    assert last.whole
    times = Times.joined([one.times for one in passes])
    seconds = [float(one.times.updates.mean()) for one in passes]
    fps, low, high = frames_per_second(float(times.updates.mean()), half_width(seconds))
    median, p95, p99 = percentiles(times.updates)
    conditions = Conditions(load_before, load_average(), *last.clock, passes[0].gpu_before, last.gpu_after)
    told = last.told
    busy = conditions.busy(told["machine"]["cores"])
    if last.gpu_after:
        told["software"]["driver"] = last.gpu_after.driver
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
        end_to_end_fps=last.whole[0] / last.whole[1],
        transport_ms=1000 * float(np.median(times.transport)),
        batch=1,
        conditions=asdict(conditions),
        busy=bool(busy),
        doubts=busy + conditions.scaling(),
        date=begun.isoformat(timespec="seconds"),
        **told,
    )
