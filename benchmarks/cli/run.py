"""`run`: runs a tracker over a data set."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_protocol,
    add_results,
    add_sequences,
    add_split,
    count,
    sequences_to_run,
)
from benchmarks.running.decoding.decoders import DECODERS
from trackers.commands import add_isolation_options, add_tracker_options, positive, tracker_spec
from trackers.errors import UserError
from trackers.signals import interrupt_handler, override_signal_handler
from trackers.stderr import print_stderr
from trackers.wording import counted, counted_of

if TYPE_CHECKING:
    from benchmarks.running import RunSummary
    from benchmarks.running.parallel.ray_options import RayOptions

NAME = "run"
HELP = "Run a tracker over a data set; sequences that an earlier run finished are kept."
EXAMPLES = (
    "examples: sotbench run --tracker ncc --dataset demo; "
    "sotbench run --tracker siamfc --weights siamfc.pth --dataset otb2015 --data-root ~/data; "
    "sotbench run --tracker my_tracker.py:Mine --set rate=0.1 --dataset demo"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    tracker = parser.add_argument_group("tracker")
    add_tracker_options(tracker)
    add_isolation_options(tracker)
    add = tracker.add_argument
    add("--seed", type=int, default=0, metavar="N", help="seed for random trackers (default: 0)")
    add(
        "--timeout",
        type=positive,
        metavar="S",
        help="seconds per sequence, checked after each answer; a tracker that hangs inside the run's process "
        "is stopped only with --isolate",
    )
    data = parser.add_argument_group("data")
    add_dataset(data)
    add_split(data)
    add_data_root(data)
    add_sequences(data)
    add_protocol(data)
    data.add_argument(
        "--repeat", type=count, metavar="N", help="repetitions of each sequence (default: the protocol's)"
    )
    add = parser.add_argument_group("parallel").add_argument
    add("--batch", type=count, default=1, metavar="N", help="run N sequences at once, in one GPU batch")
    add(
        "--decoder",
        choices=DECODERS,
        default="pillow",
        help="with --batch: what decodes JPEG files; torchvision does it on the device (default: pillow)",
    )
    add("--workers", type=count, metavar="N", help="run in N processes, which share cores and GPUs")
    add("--ray", metavar="ADDRESS", help="run on a Ray cluster: local, auto or HOST:PORT")
    add("--cpus-per-worker", type=count, metavar="N", help="with --ray: cores for each worker (default: 1)")
    add(
        "--gpus-per-worker",
        type=_gpus,
        metavar="G",
        help="with --ray: GPUs, or a fraction such as 0.5, for each worker (default: 1 if there are any)",
    )
    output = parser.add_argument_group("output")
    add_results(output)
    add = output.add_argument
    add("--name", metavar="NAME", help="store the results under this name (default: the tracker's)")
    add("--live", action="store_true", help="show the current frame, and write a strip of thumbnails")
    add("--overwrite", action="store_true", help="run finished sequences again")


def run(arguments: argparse.Namespace) -> int:
    """Runs the tracker, prints a summary, and returns 1 if a sequence is not ok."""
    from benchmarks.datasets import open_dataset
    from benchmarks.running import RunSettings, run

    spec = tracker_spec(arguments)
    dataset = open_dataset(arguments.dataset, arguments.data_root, arguments.split)
    names = sequences_to_run(dataset, arguments.sequences, arguments.data_root)
    settings = RunSettings(
        spec=spec,
        name=arguments.name or spec.label,
        results=arguments.results,
        protocol=arguments.protocol,
        seed=arguments.seed,
        repeat=arguments.repeat,
        timeout=arguments.timeout,
        overwrite=arguments.overwrite,
        batch=arguments.batch,
        decoder=arguments.decoder,
        live=arguments.live,
        workers=arguments.workers or 1,
        ray=_ray_options(arguments),
    )
    with interruptible():
        summary = run(settings, dataset, names)
    print_stderr(_summary_line(summary))
    return 1 if summary.failed else 0


@contextmanager
def interruptible() -> Iterator[None]:
    """Treats SIGTERM like Ctrl-C, so that child processes are ended too."""
    interrupt = interrupt_handler()
    # A shell ignores Ctrl-C for commands in the background; leave that unchanged.
    usual = signal.getsignal(signal.SIGINT)
    on_int = interrupt if usual is signal.default_int_handler else usual
    with (
        override_signal_handler(signal.SIGTERM, interrupt),
        override_signal_handler(signal.SIGINT, on_int or signal.SIG_DFL),
    ):
        yield


def _summary_line(summary: RunSummary) -> str:
    done = len(summary.records) - len(summary.failed)
    line = f"{counted_of(done, len(summary.records), 'sequence')} ok"
    if summary.reused:
        line += f" ({summary.reused} from an earlier run)"
    if summary.update_seconds > 0:
        line += (
            f"; {counted(summary.frames, 'frame')}, {summary.updates / summary.update_seconds:.1f} FPS "
            "(updates only, without decoding and initialization)"
        )
    if summary.throughput:
        line += f"; {summary.throughput}"
    if transport := sum(summary.transport) / max(len(summary.transport), 1):
        line += f"; plus {1000 * transport:.2f} ms of transport per frame"
    return f"{line}; in {summary.path}"


def _ray_options(arguments: argparse.Namespace) -> RayOptions | None:
    """Returns the Ray cluster that the options name, if any.

    Raises:
        UserError: the options cannot be combined.
    """
    from benchmarks.running.parallel.ray_options import RayOptions

    per_worker = {"cpus-per-worker": arguments.cpus_per_worker, "gpus-per-worker": arguments.gpus_per_worker}
    if arguments.ray is None:
        for name, value in per_worker.items():
            if value is not None:
                raise UserError(f"--{name} is for a Ray cluster; give --ray as well, or leave it out")
        return None
    if arguments.workers is not None:
        raise UserError(
            "a Ray cluster takes as many workers as it has room for; leave --workers out and give the "
            "resources of each with --cpus-per-worker and --gpus-per-worker"
        )
    if arguments.device.startswith("cuda:"):
        raise UserError(
            f"'{arguments.device}' is a GPU of one machine, but Ray chooses the GPU of each worker; "
            "give --device cuda"
        )
    return RayOptions(arguments.ray, arguments.cpus_per_worker or 1, arguments.gpus_per_worker)


def _gpus(text: str) -> float:
    """Parses a number of GPUs, a fraction of one, or 0, for argparse."""
    value = 0.0 if float(text) == 0 else positive(text)
    if value > 1 and value != int(value):  # Ray can split one GPU, but not several
        raise ValueError
    return value


_gpus.__name__ = "number of GPUs (0, a share of one, or whole ones)"
