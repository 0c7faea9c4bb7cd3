"""A run: one tracker over the sequences of a data set, each kept on disk as soon as it is done."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.datasets import Dataset, SequenceError
from benchmarks.datasets.ondisk import OnDisk
from benchmarks.protocols import PROTOCOLS, Protocol, timed_updates
from benchmarks.running.cluster import Cluster
from benchmarks.running.ledger import Ledger
from benchmarks.running.notices import absent_throughout
from benchmarks.running.plan import planned
from benchmarks.running.progress import RunProgress
from benchmarks.running.recipe import Recipe
from benchmarks.running.scheduler import Contender, Job, Scheduler, Task
from benchmarks.running.workers import Workers
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
        limit: seconds that one sequence may take with all its runs, or None.
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
    limit: float | None = None
    overwrite: bool = False
    batch: int = 1
    decoder: str = "pillow"
    live: bool = False
    workers: int = 1
    ray: Cluster | None = None


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
        remark: what the scheduler has to say.
        transport: on those, by sequence, the median seconds per frame that frames and answers were under way.
    """

    path: Path
    records: dict[str, SequenceRecord] = field(default_factory=dict)
    kept: int = 0
    frames: int = 0
    updates: int = 0
    update_seconds: float = 0.0
    transport: list[float] = field(default_factory=list)
    remark: str = ""

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
    spec = settings.spec.anchored()
    if isinstance(dataset, OnDisk):
        dataset.anchor()
    recipe = Recipe(spec, settings.limit, folder.log_path, settings.batch, settings.decoder, len(names))
    with _scheduler(settings, recipe, dataset) as scheduler:
        contender = scheduler.contender()
        repeat = settings.repeat or (1 if contender.deterministic else protocol.repeat)
        with Ledger(folder, _identity(settings, contender, repeat), settings.overwrite) as ledger:
            environment = ledger.environment(contender.environment)
            job = Job(protocol, repeat, settings.seed, settings.limit)
            return _run(settings, dataset, names, job, environment, scheduler, ledger)


def _scheduler(settings: RunSettings, recipe: Recipe, dataset: Dataset) -> Scheduler:
    # More workers than sequences would be given their share of the machine, and nothing to do.
    most = max(recipe.sequences or 1, 1)
    if settings.ray:
        from benchmarks.running.ray_cluster import OnRay  # needs ray, which is optional

        return OnRay(recipe, dataset, settings.ray, most)
    if settings.workers > 1:
        return Workers(recipe, dataset, min(settings.workers, most))
    return recipe.scheduler()


def _run(
    settings: RunSettings,
    dataset: Dataset,
    names: Iterable[str],
    job: Job,
    environment: int,
    scheduler: Scheduler,
    ledger: Ledger,
) -> RunSummary:
    summary = RunSummary(RunFolder(settings.results, dataset.name, settings.name, settings.protocol).path)
    todo: list[Task] = []
    for name in names:
        old = ledger.done(name)
        try:
            task = planned(dataset, name)
        except SequenceError as error:
            # Data that cannot be read today take nothing from what was made of them before.
            message = f"{error}; its earlier results are kept" if old else str(error)
            summary.records[name] = SequenceRecord("failed", message, environment=environment)
            if not old:
                ledger.note(name, summary.records[name])
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
        from benchmarks.running.live import Live  # brings OpenCV, which other runs need not load

        live = Live(ledger.path)
        job = replace(job, watch=live.see)
    total = sum(task.frames for task in todo)
    with RunProgress(len(todo), total, above=live) as progress:
        for name, record in summary.failed.items():
            progress.note(name, record)
        doubted = False
        with closing(scheduler.outcomes(job, todo, progress)) as outcomes:
            for outcome in outcomes:
                name, record = outcome.sequence, outcome.record
                if outcome.environment is not None:
                    record = replace(record, environment=ledger.environment(outcome.environment))
                updates, seconds = timed_updates(outcome.trajectories)
                if record.status == "ok":
                    summary.frames += record.frames
                    summary.updates += updates
                    summary.update_seconds += seconds
                    summary.transport.append(record.transport)
                summary.records[name] = record = ledger.keep(outcome, record)
                if not doubted and record.status == "ok" and absent_throughout(outcome.trajectories):
                    doubted = True
                    progress.say(
                        f"{name}: the tracker reported the target as absent in every frame; "
                        "does its update() return the box?"
                    )
                if live:
                    live.end(name)
                progress.end(name, record, updates / seconds if seconds > 0 else None)
        gone = ledger.close(summary.records)
        for name, record in gone.items():
            progress.note(name, record)
    summary.records |= gone
    summary.remark = scheduler.remark()
    return summary


def _identity(settings: RunSettings, contender: Contender, repeat: int) -> Identity:
    spec = settings.spec
    return Identity(
        tracker=spec.tracker,
        settings={name: str(value) for name, value in sorted(spec.settings.items())},
        weights=contender.weights,
        code=contender.code,
        protocol=settings.protocol,
        device=contender.device.partition(":")[0],
        seed=settings.seed,
        repeat=repeat,
        decoder=settings.decoder,
    )
