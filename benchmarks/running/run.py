"""A run: one tracker over the sequences of a data set, each kept on disk as soon as it is done."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.datasets.disk_dataset import DiskDataset
from benchmarks.protocols import PROTOCOLS, Protocol, timed_updates
from benchmarks.running.parallel.process_pool import ProcessWorkerPool
from benchmarks.running.parallel.ray_options import RayOptions
from benchmarks.running.progress import RunProgress
from benchmarks.running.run_warnings import always_absent
from benchmarks.running.run_writer import RunWriter
from benchmarks.running.schedulers.base import Job, Scheduler, Task, TrackerInfo
from benchmarks.running.schedulers.config import SchedulerConfig
from benchmarks.running.tasks import plan_task
from benchmarks.store import Identity, RunFolder, SequenceRecord
from trackers.catalogue import TrackerSpec
from trackers.errors import UserError


@dataclass(frozen=True)
class RunSettings:
    """What to run and where to keep it.

    Attributes:
        spec: the tracker.
        name: under which its results are kept.
        results: the folder of all results.
        protocol: the protocol's name.
        seed: sets Python's, numpy's and torch's generators before each run, together with the sequence's
            name and the run's number, so that neither order nor resumption changes a tracker that draws.
        repeat: how often to make each run; by default as the protocol says, and once for a tracker that
            declares itself deterministic.
        timeout: seconds that one sequence may take with all its runs, or None.
        overwrite: run again what is there, and give up results that were made with other settings.
        batch: how many sequences a batch tracker follows at once.
        decoder: how the frames of a batch are decoded: one of `DECODERS`.
        live: show the present frame in the terminal and keep a strip of thumbnails of each sequence.
        workers: how many processes have a tracker each.
        ray: the Ray cluster to run on, if any.
    """

    spec: TrackerSpec
    name: str
    results: Path
    protocol: str = "ope"
    seed: int = 0
    repeat: int | None = None
    timeout: float | None = None
    overwrite: bool = False
    batch: int = 1
    decoder: str = "pillow"
    live: bool = False
    workers: int = 1
    ray: RayOptions | None = None


@dataclass
class RunSummary:
    """What came of a run.

    Attributes:
        path: the run's folder.
        records: by sequence, what became of it, now or in an earlier run.
        kept: how many were done before.
        frames: how many frames the sequences have that are ok now.
        updates, update_seconds: on those, how many updates the tracker made (initialisations left out) and
            its time for them.
        throughput: what the scheduler has to say.
        transport: on those, by sequence, the median seconds per frame that frames and answers were under way.
    """

    path: Path
    records: dict[str, SequenceRecord] = field(default_factory=dict)
    kept: int = 0
    frames: int = 0
    updates: int = 0
    update_seconds: float = 0.0
    transport: list[float] = field(default_factory=list)
    throughput: str = ""

    @property
    def fps(self) -> float | None:
        """Updates per second of the tracker's time; None if nothing was run now."""
        return self.updates / self.update_seconds if self.update_seconds > 0 else None

    @property
    def failed(self) -> dict[str, SequenceRecord]:
        """The sequences that are not ok."""
        return {name: record for name, record in self.records.items() if record.status != "ok"}


def run(settings: RunSettings, dataset: Dataset, names: Iterable[str]) -> RunSummary:
    """Runs a tracker over the sequences `names`, leaving out what an earlier run with the same settings did.

    A sequence that fails is recorded and the run goes on, with the tracker built anew. A sequence's files
    are on disk before the manifest says so: a run that is killed loses only the sequence it was at.

    Raises:
        UserError: the tracker cannot be built, no sequence can be run, results cannot be written, or the
            folder holds results that were made with other settings or is another run's at present.
    """
    if settings.live and (settings.batch > 1 or settings.workers > 1 or settings.ray):
        raise UserError("--live shows one sequence at a time; leave --batch, --workers and --ray out")
    if settings.decoder != "pillow" and settings.batch == 1:
        raise UserError(f"--decoder {settings.decoder} decodes the frames of a batch; give --batch N as well")
    protocol: Protocol = PROTOCOLS.load(settings.protocol)
    names = list(names)
    # A tracker in this process may change the working directory, at any time.
    folder = RunFolder(settings.results.absolute(), dataset.name, settings.name, settings.protocol)
    spec = settings.spec.with_absolute_paths()
    if isinstance(dataset, DiskDataset):
        dataset.make_absolute()
    config = SchedulerConfig(
        spec, settings.timeout, folder.log_path, settings.batch, settings.decoder, len(names)
    )
    with _scheduler(settings, config, dataset) as scheduler:
        tracker_info = scheduler.tracker_info()
        repeat = settings.repeat or (1 if tracker_info.deterministic else protocol.repeat)
        with RunWriter(folder, _identity(settings, tracker_info, repeat), settings.overwrite) as run_writer:
            environment = run_writer.environment(tracker_info.environment)
            job = Job(protocol, repeat, settings.seed, settings.timeout)
            return _run(settings, dataset, names, job, environment, scheduler, run_writer)


def _scheduler(settings: RunSettings, config: SchedulerConfig, dataset: Dataset) -> Scheduler:
    # More workers than sequences would be given their share of the machine, and nothing to do.
    most = max(config.sequences or 1, 1)
    if settings.ray:
        from benchmarks.running.parallel.ray_pool import RayWorkerPool  # needs ray, which is optional

        return RayWorkerPool(config, dataset, settings.ray, most)
    if settings.workers > 1:
        return ProcessWorkerPool(config, dataset, min(settings.workers, most))
    return config.scheduler()


def _run(
    settings: RunSettings,
    dataset: Dataset,
    names: Iterable[str],
    job: Job,
    environment: int,
    scheduler: Scheduler,
    run_writer: RunWriter,
) -> RunSummary:
    summary = RunSummary(RunFolder(settings.results, dataset.name, settings.name, settings.protocol).path)
    todo: list[Task] = []
    for name in names:
        old = run_writer.done(name)
        try:
            task = plan_task(dataset, name)
        except SequenceError as error:
            # Data that cannot be read today take nothing from what was made of them before.
            message = f"{error}; its earlier results are kept" if old else str(error)
            summary.records[name] = SequenceRecord("failed", message, environment=environment)
            if not old:
                run_writer.note(name, summary.records[name])
            continue
        if old and not settings.overwrite and old.same_data(task.record):
            summary.records[name] = old
            summary.kept += 1
        else:
            summary.records[name] = replace(task.record, environment=environment)
            todo.append(replace(task, record=summary.records[name]))
    if summary.failed and not todo and not summary.kept:
        first = next(iter(summary.failed.values()))
        raise UserError(f"none of the {len(summary.records)} sequences can be run: {first.message}")

    live = None
    if settings.live:
        from benchmarks.running.live import LiveView  # brings OpenCV, which other runs need not load

        live = LiveView(run_writer.path)
        job = replace(job, on_box=live.see)
    total = sum(task.frames for task in todo)
    with RunProgress(len(todo), total, above=live) as progress:
        for name, record in summary.failed.items():
            progress.note(name, record)
        doubted = False
        with closing(scheduler.outcomes(job, todo, progress)) as outcomes:
            for outcome in outcomes:
                name, record = outcome.sequence, outcome.record
                if outcome.environment is not None:
                    record = replace(record, environment=run_writer.environment(outcome.environment))
                updates, seconds = timed_updates(outcome.trajectories)
                if record.status == "ok":
                    summary.frames += record.frames
                    summary.updates += updates
                    summary.update_seconds += seconds
                    summary.transport.append(record.transport)
                summary.records[name] = record = run_writer.keep(outcome, record)
                if not doubted and record.status == "ok" and always_absent(outcome.trajectories):
                    doubted = True
                    progress.say(
                        f"{name}: the tracker reported the target as absent in every frame; "
                        "does its update() return the box?"
                    )
                if live:
                    live.end(name)
                progress.end(name, record, updates / seconds if seconds > 0 else None)
        gone = run_writer.close(summary.records)
        for name, record in gone.items():
            progress.note(name, record)
    summary.records |= gone
    summary.throughput = scheduler.throughput()
    return summary


def _identity(settings: RunSettings, tracker_info: TrackerInfo, repeat: int) -> Identity:
    spec = settings.spec
    return Identity(
        tracker=spec.tracker,
        settings={name: str(value) for name, value in sorted(spec.settings.items())},
        weights=tracker_info.weights,
        code=tracker_info.code,
        protocol=settings.protocol,
        device=tracker_info.device.partition(":")[0],
        seed=settings.seed,
        repeat=repeat,
        decoder=settings.decoder,
    )
