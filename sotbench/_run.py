"""Runs trackers, measures their speed, and tunes them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sotbench._messages import python_errors
from sotbench._paths import AnyPath, check_numbers, to_data_root, to_names, to_path
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.reproduction import Reproduction
    from benchmarks.running import RunSummary
    from benchmarks.speed import SpeedRecord
    from benchmarks.tuning.tune import Tuning
    from trackers.catalog import TrackerSpec


@python_errors
def run(
    tracker: AnyPath | Callable[..., Any],
    dataset: str | Dataset,
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    weights: AnyPath | None = None,
    device: str = "auto",
    precision: str | None = None,
    protocol: str = "ope",
    data_root: AnyPath | None = None,
    split: str | None = None,
    results: AnyPath = "results",
    sequences: str | Iterable[str] | None = None,
    seed: int = 0,
    repeat: int | None = None,
    timeout: float | None = None,
    batch: int = 1,
    decoder: str = "pillow",
    workers: int = 1,
    isolate: bool = False,
    overwrite: bool = False,
) -> RunSummary:
    """Runs a tracker over a data set; what an earlier run has finished is kept.

    Args:
        tracker: what `--tracker` takes (a name, `"package.module:Class"`, `"path/file.py:Class"`,
            `"process:COMMAND"`, ...), or a class, or a function that returns a tracker.
        dataset: the data set's name, or an open one.
        name: the name to keep the results under (default: the tracker's).
        settings: arguments of the tracker's constructor.
        weights: the tracker's weights.
        device: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:N"`.
        precision: of networks: `"float32"`, `"tf32"` or `"bf16"` (default: the tracker's own).
        protocol: how the tracker is run.
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`).
        split: which part of a data set that has several.
        results: the folder of results.
        sequences: names, or `"@FILE"` for a list in a file (default: all that are present).
        seed: for trackers that draw random numbers.
        repeat: how often to run each sequence (default: as the protocol says).
        timeout: seconds that one sequence may take.
        batch: how many sequences to track at once, for trackers that track batches.
        decoder: what decodes the frames of a batch: `"pillow"` or `"torchvision"`.
        workers: how many processes to run.
        isolate: whether to run a tracker in Python in a separate process.
        overwrite: run again what is already there.

    Returns:
        A summary: `.failed` (by sequence, its record with `.status` and `.message`), `.fps` (updates per
        second; None if nothing was run now) and `.path` (the folder with the boxes).

    Raises:
        UserError: the tracker cannot be built, no sequence can be run, or the folder holds results that
            were made with other settings.
    """
    from benchmarks import running
    from benchmarks.datasets import open_dataset
    from benchmarks.options import sequences_to_run
    from benchmarks.running import RunSettings

    check_numbers(seed=(seed, None), repeat=(repeat, 1), batch=(batch, 1), workers=(workers, 1))
    if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
        raise UserError(f"timeout is a number of seconds above 0, not {timeout!r}")
    spec = _spec(tracker, device, weights, settings, precision, isolate=isolate, in_this_process=workers == 1)
    root = to_data_root(data_root)
    opened = open_dataset(dataset, root, split) if isinstance(dataset, str) else dataset
    return running.run(
        RunSettings(
            spec=spec,
            name=name or spec.label,
            results=to_path(results),
            protocol=protocol,
            seed=seed,
            repeat=repeat,
            timeout=timeout,
            overwrite=overwrite,
            batch=batch,
            decoder=decoder,
            workers=workers,
        ),
        opened,
        sequences_to_run(opened, to_names(sequences), root),
    )


@python_errors
def reproduce(
    folder: AnyPath,
    *,
    tracker: AnyPath | Callable[..., Any] | None = None,
    weights: AnyPath | None = None,
    device: str | None = None,
    data_root: AnyPath | None = None,
    split: str | None = None,
    sequences: str | Iterable[str] | None = None,
    out: AnyPath | None = None,
    batch: int = 1,
    workers: int = 1,
    isolate: bool = False,
    record: bool = False,
    by: str = "",
) -> Reproduction:
    """Runs again what a run folder describes, and compares the boxes with the stored ones.

    Tracker, settings, seed, protocol, repetitions and decoder are those of the run's manifest. Weights and
    data must be those of the run; code, versions and machine may be others.

    Args:
        folder: the run's folder, with its `run.json`.
        tracker: the tracker, if it is a class, a file, a module or a program: a manifest alone starts none.
        weights: the weights of the run, if they are not the tracker's default.
        device: another device than that of the run.
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`).
        split: which part of a data set that has several.
        sequences: names, or `"@FILE"` (default: all that the run has finished).
        out: a folder of results to keep the new run in (default: it is not kept).
        batch: how many sequences to track at once, for trackers that track batches.
        workers: how many processes to run.
        isolate: whether to run a tracker in Python in a separate process.
        record: write the outcome beside the run's manifest, as `reproduced.json`.
        by: who reproduces it, for the record.

    Returns:
        The outcome: `.same`, `.sequences` (by name, `.same`, `.max_difference` in pixels, `.mean_iou`,
        `.first` frame that differs) and `.changes` (what of tracker and environment has changed).

    Raises:
        UserError: the run cannot be reproduced: results of another tool, or missing or other weights or data.
    """
    from benchmarks import reproduction
    from benchmarks.datasets import open_dataset
    from benchmarks.reproduction.reproduce import read_identity, recorded_device
    from benchmarks.store import RunFolder

    check_numbers(batch=(batch, 1), workers=(workers, 1))
    found = RunFolder.at(to_path(folder))
    manifest, identity = read_identity(found)
    chosen = reproduction.recorded_tracker(identity) if tracker is None else tracker
    if device is None:
        device = recorded_device(identity, chosen) if isinstance(chosen, str) else identity.device
    in_process = workers == 1
    spec = _spec(
        chosen, device, weights, identity.settings, None, isolate=isolate, in_this_process=in_process
    )
    outcome = reproduction.reproduce(
        found,
        spec,
        open_dataset(manifest.dataset, to_data_root(data_root), split),
        sequences=to_names(sequences),
        out=None if out is None else to_path(out),
        batch=batch,
        workers=workers,
    )
    if record:
        reproduction.write_record(found, outcome.record(by))
    return outcome


@python_errors
def speed(
    tracker: AnyPath | Callable[..., Any],
    dataset: str = "demo",
    *,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    weights: AnyPath | None = None,
    device: str = "auto",
    precision: str | None = None,
    data_root: AnyPath | None = None,
    split: str | None = None,
    results: AnyPath = "results",
    sequences: str | Iterable[str] | None = None,
    frames: int = 40,
    warm_up: int = 10,
    repetitions: int = 5,
    threads: int | None = None,
    isolate: bool = False,
) -> SpeedRecord:
    """Measures a tracker's speed; keeps the record, with what it was measured on, in the results folder.

    Args:
        tracker: what `--tracker` takes.
        dataset: the data set whose sequences are tracked.
        name: the name to keep the record under (default: the tracker's).
        settings: arguments of the tracker's constructor.
        weights: the tracker's weights.
        device: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:N"`.
        precision: of networks: `"float32"`, `"tf32"` or `"bf16"` (default: the tracker's own).
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`).
        split: which part of a data set that has several.
        results: the folder of results.
        sequences: names, or `"@FILE"` for a list in a file (default: all that are present).
        frames: updates to count in each sequence.
        warm_up: updates after each initialization that are not counted.
        repetitions: passes over the sequences, each in a separate process, for the interval.
        threads: threads that libraries may use (default: as they like).
        isolate: whether the tracker runs in a separate process.

    Returns:
        The record: `.fps` with `.fps_low` and `.fps_high` (95 % interval), `.doubts` (why the numbers should
        not be trusted, if so), and the machine.

    Raises:
        UserError: the tracker cannot be built, or no sequence can be read.
    """
    from benchmarks.datasets import open_dataset
    from benchmarks.options import sequences_to_run
    from benchmarks.speed.measurement import Workload, measure

    check_numbers(
        frames=(frames, 1), warm_up=(warm_up, 0), repetitions=(repetitions, 1), threads=(threads, 1)
    )
    # Each repetition runs in a separate process.
    spec = _spec(tracker, device, weights, settings, precision, isolate=isolate, in_this_process=False)
    place = (dataset, to_data_root(data_root), split)
    chosen = sequences_to_run(open_dataset(*place), to_names(sequences), place[1])
    workload = Workload(spec, *place, tuple(chosen), frames, warm_up)
    record = measure(workload, name or spec.label, repetitions, threads, lambda number, fps: None)  # noqa: ARG005
    record.write(to_path(results))
    return record


@python_errors
def tune(
    tracker: str,
    dataset: str | Dataset,
    ranges: Mapping[str, Any],
    *,
    settings: Mapping[str, Any] | None = None,
    weights: AnyPath | None = None,
    device: str = "auto",
    precision: str | None = None,
    protocol: str = "ope",
    data_root: AnyPath | None = None,
    split: str | None = None,
    sequences: str | Iterable[str] | None = None,
    profile: str | None = None,
    metric: str | None = None,
    trials: int = 30,
    seed: int = 0,
    timeout: float | None = None,
    workers: int = 1,
    isolate: bool = False,
    out: AnyPath | None = None,
    force: bool = False,
) -> Tuning:
    """Chooses a tracker's settings on a validation set, with Optuna; continues an earlier study.

    Args:
        tracker: what `--tracker` takes.
        dataset: the validation set's name, or an open one.
        ranges: what to tune: by name, `(low, high)`, a list of values, or text such as `"1e-4:0.1:log"`.
        settings: arguments of the tracker's constructor that stay.
        weights: the tracker's weights.
        device: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:N"`.
        precision: of networks: `"float32"`, `"tf32"` or `"bf16"` (default: the tracker's own).
        protocol: how the tracker is run.
        data_root: the folder that holds one folder per data set (default: `$SOTBENCH_DATA`).
        split: which part of a data set that has several.
        sequences: names, or `"@FILE"` for a list in a file (default: all that are present).
        profile: the scoring profile (default: the data set's).
        metric: what is optimized (default: the profile's first metric).
        trials: how many trials the study has in the end; those of an earlier call count.
        seed: seeds the choice of settings, and every run.
        timeout: seconds that one sequence may take.
        workers: how many processes share the sequences of each trial.
        isolate: whether to run a tracker in Python in a separate process.
        out: the folder of the study (default: `tuning/TRACKER-DATASET`).
        force: tune even on a data set that test scores are published on.

    Returns:
        The study: `.best` (with `.settings` and `.score`; None if all trials failed), `.trials`,
        `.importances` and `.settings_file`.

    Raises:
        UserError: a setting, range, value or metric is wrong, Optuna is missing, the data set is a test set,
            or the folder holds another study.
    """
    from benchmarks.datasets import open_dataset
    from benchmarks.options import sequences_to_run
    from benchmarks.tuning.ranges import to_ranges
    from benchmarks.tuning.tune import TuneSettings, default_folder
    from benchmarks.tuning.tune import tune as run_study
    from benchmarks.tuning.validation_set import Part, check_validation_set

    check_numbers(trials=(trials, 1), seed=(seed, None), workers=(workers, 1))
    spec = _spec(tracker, device, weights, settings, precision, isolate=isolate, in_this_process=False)
    root = to_data_root(data_root)
    opened = open_dataset(dataset, root, split) if isinstance(dataset, str) else dataset
    names = sequences_to_run(opened, to_names(sequences), root)
    if not force:
        check_validation_set(Part(opened, split, tuple(names)), None)
    return run_study(
        TuneSettings(
            spec=spec,
            ranges=to_ranges(ranges),
            out=default_folder(spec, opened) if out is None else to_path(out),
            trials=trials,
            seed=seed,
            workers=workers,
            protocol=protocol,
            profile=profile,
            metric=metric,
            timeout=timeout,
        ),
        opened,
        names,
    )


def _spec(
    tracker: AnyPath | Callable[..., Any],
    device: str,
    weights: AnyPath | None,
    settings: Mapping[str, Any] | None,
    precision: str | None,
    *,
    isolate: bool,
    in_this_process: bool,
) -> TrackerSpec:
    """Returns the tracker that the arguments name; one that only this process can build must run in it."""
    from sotbench._objects import ObjectSpec, import_name
    from trackers.catalog import TrackerSpec

    try:
        chosen = dict(settings or {})
    except (TypeError, ValueError):
        raise UserError(f"settings are a dictionary of names and values, not {settings!r}") from None
    if precision is not None:
        if "precision" in chosen:
            raise UserError("the precision is given by `precision` and in `settings`; give it once")
        chosen["precision"] = precision
    path = None if weights is None else to_path(weights)
    if isinstance(tracker, os.PathLike):
        tracker = os.fspath(tracker)  # "file.py:Class" as a path
    if isinstance(tracker, str) and tracker.startswith("~"):
        tracker = os.path.expanduser(tracker)  # noqa: PTH111 - it ends in :Class
    name = tracker if isinstance(tracker, str) else import_name(tracker)
    if name is not None:
        return TrackerSpec(name, device, path, chosen, isolate=isolate)
    assert not isinstance(tracker, str)
    return ObjectSpec.of(tracker, device, path, chosen, in_this_process=in_this_process and not isolate)
