"""The machine and software that results are made with: versions, cores, threads, devices, commit."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("sotbench", "torch", "numpy", "opencv-python", "pillow")

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
"""Variables that set the number of threads of numerical libraries, if set before the libraries are loaded."""


def package_version(name: str) -> str | None:
    """Returns the installed version of a distribution, or None; imports nothing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    """Returns the processor's name as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def usable_cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_limits(threads: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Returns `THREAD_VARIABLES` for at most `threads` threads, or fewer if `environment` says so."""
    limits = {}
    for name in THREAD_VARIABLES:
        given = environment.get(name, "")
        limits[name] = str(max(min(threads, int(given) if given.isdecimal() else threads), 1))
    return limits


def visible_gpus() -> list[str]:
    """Returns the GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; loads no library.

    Empty if the system does not show them as devices.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip()]
    return [str(number) for number in range(len(list(Path("/dev").glob("nvidia[0-9]*"))))]


def device_type(device: str) -> str:
    """Returns the type of a device: `"cuda"` for `"cuda:0"`."""
    return device.partition(":")[0]


def git_commit() -> str | None:
    """Returns the project's commit, with `+changes` if files differ from it; None outside a checkout."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        changes = git("status", "--porcelain", "-uno")
        return git("rev-parse", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.SubprocessError):
        return None


def describe_environment(device: str) -> dict[str, Any]:
    """Returns a record of machine and versions for a run on `device`.

    Includes torch's settings only if a tracker has imported torch, since importing it takes seconds.
    """
    record: dict[str, Any] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": cpu_name(),
        "cores": usable_cores(),
        "device": device,
        "packages": {name: package_version(name) for name in PACKAGES},
        "commit": git_commit(),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        record["torch_threads"] = torch.get_num_threads()
        if device.startswith("cuda"):
            record["gpu"] = torch.cuda.get_device_name(device)
            record["cuda"] = torch.version.cuda
    return record
