"""The machine of a measurement: clocks, load and GPU, and whether it was busy."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trackers.devices import number_by_bus
from trackers.wording import counted

BUSY_LOAD = 0.2
"""Load per core above which a machine counts as busy: a fifth of it does something else."""
BUSY_GPU = 10.0
"""Percent of utilization above which a GPU counts as busy."""
_GPU_FIGURES = ("driver_version", "clocks.sm", "clocks.max.sm", "utilization.gpu", "temperature.gpu")


@dataclass(frozen=True)
class Gpu:
    """The state of a GPU as its driver reports it; unknown figures are None.

    Attributes:
        driver: the driver's version.
        mhz, max_mhz: the current and the maximum clock of the cores.
        utilization: percent of the recent time during which something ran.
        celsius: temperature.
    """

    driver: str
    mhz: float | None
    max_mhz: float | None
    utilization: float | None
    celsius: float | None


@dataclass(frozen=True)
class Conditions:
    """The conditions of a measurement; None where the system does not report them.

    Attributes:
        load_before, load_after: one-minute load average, before the first repetition and after the last;
            the latter includes the measurement itself.
        governor: the CPU's frequency governor; several are joined by commas.
        mhz, max_mhz: the CPU's clock right after the last repetition, mean of its cores, and its maximum.
        gpu_before, gpu_after: state of the GPU that was used.
    """

    load_before: float | None
    load_after: float | None
    governor: str | None
    mhz: float | None
    max_mhz: float | None
    gpu_before: Gpu | None = None
    gpu_after: Gpu | None = None

    def busy(self, cores: int) -> list[str]:
        """Returns a sentence for each sign that something else used the machine.

        Args:
            cores: number of usable cores.
        """
        found = []
        if self.load_before is not None and self.load_before > BUSY_LOAD * cores:
            found.append(
                f"the machine was busy: load average {self.load_before:.1f} on {_cores(cores)} "
                "before the measurement began"
            )
        gpu = self.gpu_before
        if gpu and gpu.utilization is not None and gpu.utilization > BUSY_GPU:
            found.append(f"the GPU was busy: {gpu.utilization:.0f} % before the measurement began")
        return found

    def scaling(self) -> list[str]:
        """Returns a sentence if the CPU's clock, and so the figures, may vary with its load."""
        if self.governor in (None, "performance"):
            return []
        return [f"the CPU's clock follows its load: governor {self.governor}, not performance"]


def load_average() -> float | None:
    """Returns the load average of the last minute, or None."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def cpu_clock(root: Path = Path("/")) -> tuple[str | None, float | None, float | None]:
    """Returns the CPU's governor, and its current and maximum clock in MHz; each None if unknown.

    Args:
        root: the folder of `sys` and `proc`.
    """
    policies = sorted((root / "sys/devices/system/cpu/cpufreq").glob("policy*"))
    governors = sorted({text for policy in policies if (text := _text(policy / "scaling_governor"))})
    current = _mean(_text(policy / "scaling_cur_freq") for policy in policies)
    maximum = _mean(_text(policy / "cpuinfo_max_freq") for policy in policies)
    if current is not None:
        return ", ".join(governors) or None, current / 1000, maximum and maximum / 1000
    # A virtual machine does not control its clock and reports it only here, if at all.
    lines = (_text(root / "proc/cpuinfo") or "").splitlines()
    reported = _mean(line.partition(":")[2] for line in lines if line.startswith("cpu MHz"))
    return ", ".join(governors) or None, reported, None


def gpu(device: str) -> Gpu | None:
    """Returns what `nvidia-smi` reports about `device` (`"cuda:N"`); None for a CPU, or if it cannot be run.

    CUDA and `nvidia-smi` have to number devices in the same way: see `number_by_bus`.
    """
    if not device.startswith("cuda"):
        return None
    number_by_bus()
    number = int(device.partition(":")[2] or 0)
    # torch numbers only the devices that this variable lists.
    visible = [word.strip() for word in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if word.strip()]
    which = visible[number] if number < len(visible) else str(number)
    if which.isdecimal() and os.environ["CUDA_DEVICE_ORDER"] != "PCI_BUS_ID":
        return None  # CUDA and nvidia-smi may number devices differently
    command = ["nvidia-smi", f"--id={which}", f"--query-gpu={','.join(_GPU_FIGURES)}"]
    try:
        done = subprocess.run(
            [*command, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return read_gpu(done.stdout)


def read_gpu(line: str) -> Gpu | None:
    """Parses the output of `nvidia-smi`, comma-separated figures; returns None if it is something else."""
    words = [word.strip() for word in line.strip().split(",")]
    if len(words) != len(_GPU_FIGURES):
        return None
    return Gpu(words[0], *map(_number, words[1:]))


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _mean(texts: Iterable[str | None]) -> float | None:
    values = [value for text in texts if (value := _number(text)) is not None]
    return sum(values) / len(values) if values else None


def _cores(count: int) -> str:
    return counted(count, "core")
