"""`run`: a tracker over a data set."""

from __future__ import annotations

import argparse
import signal

from benchmarks.cli.worker_options import add_worker_options, ray_options
from benchmarks.options import (
    add_data_root,
    add_dataset,
    add_protocol,
    add_results,
    add_split,
    count,
    sequences_to_run,
)
from benchmarks.running.frames.decoders import DECODERS
from trackers.commands import add_isolation_options, add_tracker_options, positive, print_stderr, tracker_spec
from trackers.signals import interrupt_handler, override_signal_handler

NAME = "run"
HELP = "Run a tracker over a data set; what an earlier run has done is kept."
EXAMPLES = (
    "examples: sotbench run --tracker ncc --dataset demo; "
    "sotbench run --tracker siamfc --weights siamfc.pth --dataset otb2015 --data-root ~/data; "
    "sotbench run --tracker my_tracker.py:Mine --set rate=0.1 --dataset demo"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_tracker_options(parser)
    add_isolation_options(parser)
    add_dataset(parser)
    add_protocol(parser)
    add_split(parser)
    add_data_root(parser)
    add_results(parser)
    parser.add_argument(
        "--sequences", nargs="+", metavar="S", help="run these alone (default: all that are there)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="for trackers that draw numbers (default: 0)"
    )
    parser.add_argument(
        "--repeat", type=count, metavar="N", help="how often to make each run (default: as the protocol says)"
    )
    parser.add_argument(
        "--batch", type=count, default=1, metavar="N", help="follow N sequences at once, in one GPU batch"
    )
    parser.add_argument(
        "--decoder",
        choices=DECODERS,
        default="pillow",
        help="with --batch: who decodes JPEG files; torchvision does it on the device (default: pillow)",
    )
    add_worker_options(parser)
    parser.add_argument("--timeout", type=positive, metavar="S", help="seconds that one sequence may take")
    parser.add_argument(
        "--name", metavar="NAME", help="keep the results under this name (default: the tracker's)"
    )
    parser.add_argument(
        "--live", action="store_true", help="show the present frame, and keep a strip of thumbnails"
    )
    parser.add_argument("--overwrite", action="store_true", help="run again what is already there")


def run(arguments: argparse.Namespace) -> int:
    """Runs, says how it went, and returns 1 if a sequence is not ok."""
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
        ray=ray_options(arguments),
    )
    # Being told to end is an interruption: what was started has to be ended as well.
    interrupt = interrupt_handler()
    # In the background of a shell Ctrl-C is ignored, and stays so.
    usual = signal.getsignal(signal.SIGINT)
    on_int = interrupt if usual is signal.default_int_handler else usual
    with (
        override_signal_handler(signal.SIGTERM, interrupt),
        override_signal_handler(signal.SIGINT, on_int or signal.SIG_DFL),
    ):
        summary = run(settings, dataset, names)
    done = len(summary.records) - len(summary.failed)
    line = f"{done} of {len(summary.records)} sequences ok"
    if summary.kept:
        line += f" ({summary.kept} from an earlier run)"
    if summary.update_seconds > 0:
        line += (
            f"; {summary.frames} frames, {summary.updates / summary.update_seconds:.1f} FPS "
            "(updates alone, without decoding and initialisation)"
        )
    if summary.throughput:
        line += f"; {summary.throughput}"
    if transport := sum(summary.transport) / max(len(summary.transport), 1):
        line += f"; transport {1000 * transport:.2f} ms per frame apart from that"
    print_stderr(f"{line}; in {summary.path}")
    return 1 if summary.failed else 0
