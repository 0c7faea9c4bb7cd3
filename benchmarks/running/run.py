"""A run: one tracker over the sequences of a data set, each stored as soon as it is finished."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.protocols import Trajectory, timed_updates
from benchmarks.running.parallel.process_pool import ProcessWorkerPool
from benchmarks.running.progress import RunProgress
from benchmarks.running.run_writer import RunWriter
from benchmarks.running.schedulers import Scheduler, create_scheduler
from benchmarks.running.schedulers.base import ignore_box
from benchmarks.running.settings import RunSettings
from benchmarks.running.tasks import Task, plan_task
from benchmarks.store import SequenceRecord
from trackers.errors import UserError
from trackers.provenance import forget_changed_modules
from trackers.wording import counted_of


@dataclass
class RunSummary:
    """The result of a run.

    Attributes:
        path: the run's folder.
        records: the record of each sequence, from this or an earlier run.
        reused: number of sequences that an earlier run had finished.
        frames: number of frames of the sequences that finished in this run with status ok.
        updates, update_seconds: number of the tracker's updates on these (without initializations), and the
            tracker's time for them.
        transport: for each of these sequences, the median seconds per frame of transport.
        throughput: the scheduler's phrase about the speed of the whole run.
    """

    path: Path
    records: dict[str, SequenceRecord] = field(default_factory=dict)
    reused: int = 0
    frames: int = 0
    updates: int = 0
    update_seconds: float = 0.0
    transport: list[float] = field(default_factory=list)
    throughput: str = ""

    def __repr__(self) -> str:
        ok = len(self.records) - len(self.failed)
        reused = f" ({self.reused} from an earlier run)" if self.reused else ""
        fps = f", {self.fps:.1f} FPS" if self.fps else ""
        return f"<RunSummary: {counted_of(ok, len(self.records), 'sequence')} ok{reused}{fps}; {self.path}>"

    @property
    def fps(self) -> float | None:
        """Updates per second of the tracker's time; None if nothing was run now."""
        return self.updates / self.update_seconds if self.update_seconds > 0 else None

    @property
    def failed(self) -> dict[str, SequenceRecord]:
        """The sequences whose status is not ok."""
        return {name: record for name, record in self.records.items() if record.status != "ok"}


def run(settings: RunSettings, dataset: Dataset, names: Iterable[str]) -> RunSummary:
    """Runs a tracker over the sequences `names`, except those that an earlier run with its identity finished.

    A sequence that fails is recorded, the tracker is built again, and the run goes on. A sequence's files are
    written before the manifest names them: a run that is killed loses only its current sequence.

    Raises:
        UserError: the settings cannot be combined, the tracker cannot be built, no sequence can be run,
            results cannot be written, or the folder holds results of another identity or belongs to a run
            in progress.
    """
    settings.check()
    names = list(names)
    summary = RunSummary(settings.folder(dataset.name).path)
    absolute = settings.absolute()
    # Only here: a tracker that is built again within the run has the code that the run began with.
    forget_changed_modules(absolute.spec.tracker)
    if isinstance(dataset, DiskDataset):
        dataset.make_absolute()
    folder = absolute.folder(dataset.name)
    with _scheduler(absolute, dataset, len(names), folder.log_path) as scheduler:
        tracker_info = scheduler.tracker_info()
        # The identity has the tracker as it was given, not with its absolute path.
        models = tracker_info.environment.get("models", {})
        with RunWriter(folder, settings.identity(tracker_info), settings.overwrite, models) as writer:
            environment = writer.add_environment(tracker_info.environment)
            todo = _plan(settings, dataset, names, environment, writer, summary)
            _run(settings, todo, scheduler, writer, summary)
    return summary


def _scheduler(settings: RunSettings, dataset: Dataset, sequences: int, log: Path) -> Scheduler:
    if settings.ray:
        from benchmarks.running.parallel.ray_pool import RayWorkerPool  # needs ray, which is optional

        return RayWorkerPool(settings, dataset, sequences)
    if settings.workers > 1:
        return ProcessWorkerPool(settings, dataset, sequences, log)
    return create_scheduler(settings, settings.slots(sequences), log)


def _plan(
    settings: RunSettings,
    dataset: Dataset,
    names: list[str],
    environment: int,
    writer: RunWriter,
    summary: RunSummary,
) -> list[Task]:
    """Fills in the summary's records; returns what is left to run.

    Raises:
        UserError: no sequence can be run, and none was run before.
    """
    todo: list[Task] = []
    for name in names:
        earlier = writer.finished_record(name)
        try:
            task = plan_task(dataset, name)
        except SequenceError as error:
            # Keep earlier results when the data can no longer be read.
            message = f"{error}; its earlier results are kept" if earlier else str(error)
            summary.records[name] = SequenceRecord("failed", message, environment=environment)
            if not earlier:
                writer.set_record(name, summary.records[name])
            continue
        if earlier and not settings.overwrite and earlier.same_data(task.record):
            summary.records[name] = earlier
            summary.reused += 1
        else:
            summary.records[name] = replace(task.record, environment=environment)
            todo.append(replace(task, record=summary.records[name]))
    if summary.failed and not todo and not summary.reused:
        first = next(iter(summary.failed.values()))
        if len(summary.records) == 1:
            raise UserError(f"the sequence cannot be run: {first.message}")
        raise UserError(f"none of the {len(summary.records)} sequences can be run: {first.message}")
    return todo


def _run(
    settings: RunSettings, todo: list[Task], scheduler: Scheduler, writer: RunWriter, summary: RunSummary
) -> None:
    """Runs what is left, writes the results and completes the summary."""
    live = None
    if settings.live:
        from benchmarks.running.live import LiveView  # imports OpenCV, which other runs need not load

        live = LiveView(writer.path)
    total = sum(task.frames for task in todo)
    console = Console(file=io.StringIO()) if settings.quiet else None
    with RunProgress(len(todo), total, console, above=live) as progress:
        for name, record in summary.failed.items():
            progress.log_failure(name, record)
        warned = False
        on_box = live.show if live else ignore_box
        with closing(scheduler.outcomes(todo, progress, on_box)) as outcomes:
            for outcome in outcomes:
                name, record = outcome.sequence, outcome.record
                if outcome.environment is not None:
                    record = replace(record, environment=writer.add_environment(outcome.environment))
                updates, seconds = timed_updates(outcome.trajectories)
                if record.status == "ok":
                    summary.frames += record.frames
                    summary.updates += updates
                    summary.update_seconds += seconds
                    summary.transport.append(record.transport)
                summary.records[name] = record = writer.write(outcome, record)
                if not warned and record.status == "ok" and _always_absent(outcome.trajectories):
                    warned = True
                    progress.log(
                        f"{name}: the tracker reported the target as absent in every frame; "
                        "does its update() return the box?"
                    )
                if live:
                    live.end(name)
                progress.end(name, record, updates / seconds if seconds > 0 else None)
        removed = writer.finalize(summary.records)
        for name, record in removed.items():
            progress.log_failure(name, record)
    summary.records |= removed
    summary.throughput = scheduler.throughput()


def _always_absent(trajectories: list[Trajectory]) -> bool:
    """Whether the target was reported absent in every update, which is hardly intended.

    Supervised runs, which are initialized again, are not considered.
    """
    updates = [trajectory.boxes[1:] for trajectory in trajectories if trajectory.codes is None]
    return any(map(len, updates)) and all(bool(np.isnan(boxes).all()) for boxes in updates)
