"""The options of `run` that have several workers do it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.options import count
from trackers.commands import positive
from trackers.errors import UserError

if TYPE_CHECKING:
    from benchmarks.running.parallel.ray_options import RayOptions


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--workers`, `--ray`, and what each of Ray's workers is given."""
    add = parser.add_argument
    add("--workers", type=count, metavar="N", help="run in N processes, which share cores and GPUs")
    add("--ray", metavar="ADDRESS", help="run on a Ray cluster: local, auto or HOST:PORT")
    add("--cpus-per-worker", type=count, metavar="N", help="with --ray: cores for each worker (default: 1)")
    add(
        "--gpus-per-worker",
        type=_share,
        metavar="G",
        help="with --ray: GPUs, or a share such as 0.5, for each worker (default: 1 where there are any)",
    )


def ray_options(arguments: argparse.Namespace) -> RayOptions | None:
    """The Ray cluster that the options name, if they do.

    Raises:
        UserError: options that do not go together.
    """
    from benchmarks.running.parallel.ray_options import RayOptions

    own = {"cpus-per-worker": arguments.cpus_per_worker, "gpus-per-worker": arguments.gpus_per_worker}
    if arguments.ray is None:
        for name, value in own.items():
            if value is not None:
                raise UserError(f"--{name} is for a Ray cluster; give --ray as well, or leave it out")
        return None
    if arguments.workers is not None:
        raise UserError(
            "a Ray cluster takes as many workers as it has room for; leave --workers out and say by "
            "--cpus-per-worker and --gpus-per-worker how much each is given"
        )
    if arguments.device.startswith("cuda:"):
        raise UserError(
            f"'{arguments.device}' is one machine's GPU, and Ray chooses which one a worker gets; "
            "give --device cuda"
        )
    return RayOptions(arguments.ray, arguments.cpus_per_worker or 1, arguments.gpus_per_worker)


def _share(text: str) -> float:
    """Reads a share of a GPU, or a number of GPUs, for argparse; 0 for none."""
    value = 0.0 if float(text) == 0 else positive(text)
    if value > 1 and value != int(value):  # Ray splits one GPU, not several
        raise ValueError
    return value
