"""`doctor`: describes this installation and finds problems."""

from __future__ import annotations

import argparse
import os

from benchmarks.options import add_data_root
from trackers.wording import counted, counted_of

NAME = "doctor"
HELP = "Show versions, devices, data sets and optional packages, and find problems."
EXAMPLES = "Exit status 1 if there is a problem."

_OPTIONAL = {"got10k": "got10k", "vot": "vot-toolkit", "ray": "ray", "gpu-decode": "torchvision"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options."""
    add_data_root(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the findings; returns 1 if there is a problem."""
    import torch

    from benchmarks.datasets import DATASETS, open_dataset
    from benchmarks.environment import describe_environment, package_version
    from benchmarks.installation import conflicting_distributions
    from trackers.devices import resolve_device
    from trackers.errors import UserError

    record = describe_environment(resolve_device("auto"))
    packages = record.pop("packages")
    for name, value in record.items():
        print(f"{name + ':':<16} {value}")
    for name, installed in packages.items():
        print(f"{name + ':':<16} {installed or 'not installed'}")
    devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    print(f"{'CUDA devices:':<16} {', '.join(devices) or 'none'}")

    for extra, package in _OPTIONAL.items():
        installed = package_version(package)
        print(
            f"{package + ':':<16} {installed or f'not installed (optional: pip install sotbench[{extra}])'}"
        )

    root = arguments.data_root
    print(f"{'data root:':<16} {root or 'not given (--data-root or SOTBENCH_DATA)'}")
    for name in DATASETS:
        try:
            dataset = open_dataset(name, root)
        except UserError:
            print(f"{name + ':':<16} not found")
        else:
            found = counted_of(len(dataset.names()), len(dataset.all_names), "sequence")
            print(f"{name + ':':<16} {found}")

    problems = conflicting_distributions()
    if root is not None and not os.path.isdir(root):  # noqa: PTH112
        problems.append(f"the data root {root} is not a folder")
    for problem in problems:
        print(f"problem: {problem}")
    print(f"{counted(len(problems), 'problem') if problems else 'no problems'} found")
    return 1 if problems else 0
