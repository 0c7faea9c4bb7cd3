"""`tune`: chooses a tracker's settings on a validation set."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli.run import interruptible
from benchmarks.datasets import default_data_root
from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_profile,
    add_protocol,
    add_sequences,
    add_split,
    count,
    sequences_to_run,
)
from trackers.commands import (
    add_isolation_options,
    add_tracker_options,
    positive,
    print_path,
    tracker_spec,
)
from trackers.errors import UserError
from trackers.stderr import print_stderr
from trackers.wording import counted

if TYPE_CHECKING:
    from benchmarks.datasets import Dataset
    from benchmarks.tuning.study import Trial
    from benchmarks.tuning.tune import Tuning
    from benchmarks.tuning.validation_set import Part

NAME = "tune"
HELP = "Choose a tracker's settings on a validation set, with Optuna; resumes an earlier study."
EXAMPLES = (
    "examples: sotbench tune --tracker siamfc --set scale_step=1.02:1.08 window_weight=0.1:0.4 --dataset "
    "folder --data-root my_videos --trials 50; a range is LOW:HIGH (two integers for integers), "
    "LOW:HIGH:log, LOW:HIGH:STEP or A,B,C"
)

_MOST_SUGGESTED = 10
"""Sequences that the suggested command names."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    tracker = parser.add_argument_group("tracker")
    add_tracker_options(tracker)
    add_isolation_options(tracker)
    tracker.add_argument("--timeout", type=positive, metavar="S", help="seconds per sequence")
    data = parser.add_argument_group("validation set")
    add_dataset(data)
    add_split(data)
    add_data_root(data)
    add_sequences(data)
    add_protocol(data)
    test = parser.add_argument_group("test set, which must be another")
    add = test.add_argument
    add("--test-dataset", metavar="D", help="the data set that will be reported")
    add("--test-data-root", type=Path, metavar="DIR", help="its data root (default: --data-root)")
    add("--test-sequences", nargs="+", metavar="S", help="its sequences: names, or @FILE (default: all)")
    add("--force", action="store_true", help="tune even on sequences that will be reported")
    study = parser.add_argument_group("study")
    add = study.add_argument
    add("--trials", type=count, default=30, metavar="N", help="trials of the whole study (default: 30)")
    add("--seed", type=int, default=0, metavar="N", help="seed of the search and of the runs (default: 0)")
    add("--workers", type=count, default=1, metavar="N", help="processes that share each trial's sequences")
    add_profile(parser)
    add("--metric", metavar="M", help="what to optimize (default: the profile's first metric)")
    add("--out", type=Path, metavar="DIR", help="folder of the study (default: tuning/TRACKER-DATASET)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the trials, prints the path of the best settings, and returns 1 if all trials failed."""
    from benchmarks.datasets import open_dataset
    from benchmarks.tuning.ranges import split_settings
    from benchmarks.tuning.tune import PLOT_FILE, TuneSettings, default_folder, tune
    from benchmarks.tuning.validation_set import Part, check_validation_set

    spec = tracker_spec(arguments)
    ranges, fixed = split_settings(spec.settings)
    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    names = sequences_to_run(dataset, arguments.sequences, arguments.data_root)
    try:
        check_validation_set(Part(dataset, arguments.split, tuple(names)), _test_part(arguments))
    except UserError as error:
        if not arguments.force:
            raise
        print_stderr(f"warning: {error}")
    settings = TuneSettings(
        spec=replace(spec, settings=fixed),
        ranges=ranges,
        out=arguments.out or default_folder(spec, dataset),
        trials=arguments.trials,
        seed=arguments.seed,
        workers=arguments.workers,
        protocol=arguments.protocol,
        profile=arguments.profile,
        metric=arguments.metric,
        timeout=arguments.timeout,
    )

    def report(trial: Trial, best: Trial | None) -> None:
        print_stderr(_line(trial, best, arguments.trials))

    with interruptible():
        tuning = tune(settings, dataset, names, report)
    print_stderr(_conclusion(tuning, dataset, len(names)))
    if tuning.best is None:
        return 1
    print_stderr(_test_command(arguments, spec.label, tuning, dataset, names))
    print_stderr(f"plot: {tuning.path / PLOT_FILE}")
    print_path(tuning.settings_file)
    return 0


def _test_part(arguments: argparse.Namespace) -> Part | None:
    """Returns what will be tested on, if the options say so."""
    from benchmarks.datasets import open_dataset
    from benchmarks.tuning.validation_set import Part

    if arguments.test_dataset is None:
        if arguments.test_sequences or arguments.test_data_root:
            raise UserError("--test-sequences and --test-data-root need --test-dataset")
        return None
    root = arguments.test_data_root or arguments.data_root
    dataset = open_dataset(arguments.test_dataset, root)
    return Part(dataset, None, tuple(sequences_to_run(dataset, arguments.test_sequences, root)))


def _line(trial: Trial, best: Trial | None, total: int) -> str:
    chosen = " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.settings.items()
    )
    result = f"failed ({trial.reason})" if trial.score is None else f"{trial.score:.4f}"
    leader = f"; best {best.score:.4f} (trial {best.number + 1})" if best else ""
    return f"trial {trial.number + 1} of {total}: {result}{leader}; {chosen}"


def _conclusion(tuning: Tuning, dataset: Dataset, sequences: int) -> str:
    failed = sum(trial.state == "failed" for trial in tuning.trials)
    ended = counted(len(tuning.trials), "trial") + (f", {failed} of them failed" if failed else "")
    if tuning.best is None:
        return f"{ended}; none gave a score"
    parts = [f"{name} {share:.0%}" for name, share in tuning.importances.items()]
    mattered = f"; what mattered: {', '.join(parts)}" if parts else ""
    where = f"{counted(sequences, 'sequence')} of {dataset.name}"
    return (
        f"{ended}; best {tuning.metric} {tuning.best.score:.4f} on {where}"
        f"{mattered}; a best of many fits its own sequences, so test it on others:"
    )


def _test_command(
    arguments: argparse.Namespace, label: str, tuning: Tuning, dataset: Dataset, names: Sequence[str]
) -> str:
    """Returns the command that runs the best settings, as a shell takes it.

    On the test set that was named, or on sequences of the same data set that were not tuned on, or else on
    the whole data set.
    """
    words = ["sotbench", "run", "--tracker", arguments.tracker]
    words += ["--settings", str(tuning.settings_file), "--name", f"{label}-tuned"]
    for option, given, default in (
        ("--device", arguments.device, "auto"),
        ("--weights", arguments.weights, None),
        ("--protocol", arguments.protocol, "ope"),
    ):
        if given != default:
            words += [option, str(given)]
    if arguments.isolate:
        words.append("--isolate")
    if arguments.test_dataset is not None:
        words += ["--dataset", arguments.test_dataset]
        root, sequences = arguments.test_data_root or arguments.data_root, arguments.test_sequences
    else:
        words += ["--dataset", arguments.dataset]
        if arguments.split is not None:
            words += ["--split", arguments.split]
        root = arguments.data_root
        sequences = [name for name in dataset.names() if name not in names][:_MOST_SUGGESTED]
    if root is not None and root != default_data_root():
        words += ["--data-root", str(root)]
    if sequences:
        words += ["--sequences", *sequences]
    return shlex.join(words)
