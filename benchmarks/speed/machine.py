"""What a measurement was made on, and whether that machine had nothing else to do."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trackers.devices import number_by_bus

BUSY_LOAD = 0.2
"""Load per core from which a machine counts as busy: a fifth of it does something else."""
BUSY_GPU = 10.0
"""Per cent of utilisation from which a GPU counts as busy."""
_GPU_FIGURES = ("driver_version", "clocks.sm", "clocks.max.sm", "utilization.gpu", "temperature.gpu")


@dataclass(frozen=True)
class Gpu:
    """What the driver says of a GPU; a figure that it does not know is None.

    Attributes:
        driver: its version.
        mhz, max_mhz: the clock of the cores, now and at most.
        utilization: per cent of the last moments in which something ran.
        celsius: temperature.
    """

    driver: str
    mhz: float | None
    max_mhz: float | None
    utilization: float | None
    celsius: float | None


@dataclass(frozen=True)
class Conditions:
    """What bears on a measurement beside the machine; None where this system does not tell.

    Attributes:
        load_before, load_after: load average of one minute, before the first repetition and after the last;
            the latter has the measurement itself in it.
        governor: of the CPU's clock; several are joined by a comma.
        mhz, max_mhz: the CPU's clock, mean of its cores right after the last repetition, and at most.
        gpu_before, gpu_after: what `Gpu` says, of the GPU that was used.
    """

    load_before: float | None
    load_after: float | None
    governor: str | None
    mhz: float | None
    max_mhz: float | None
    gpu_before: Gpu | None = None
    gpu_after: Gpu | None = None

    def busy(self, cores: int) -> list[str]:
        """What else was going on, so that figures are not to be trusted, a sentence each.

        Args:
            cores: how many could be used.
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
        """What changes the clock, and figures with it, in a sentence if anything does."""
        if self.governor in (None, "performance"):
            return []
        return [f"the CPU's clock follows its load: governor {self.governor}, not performance"]


def load_average() -> float | None:
    """The load average of the last minute."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def cpu_clock(root: Path = Path("/")) -> tuple[str | None, float | None, float | None]:
    """Governor, present and greatest clock in MHz of the CPU, each None where it is not told.

    Args:
        root: where `sys` and `proc` are.
    """
    policies = sorted((root / "sys/devices/system/cpu/cpufreq").glob("policy*"))
    governors = sorted({text for policy in policies if (text := _text(policy / "scaling_governor"))})
    present = _mean(_text(policy / "scaling_cur_freq") for policy in policies)
    greatest = _mean(_text(policy / "cpuinfo_max_freq") for policy in policies)
    if present is not None:
        return ", ".join(governors) or None, present / 1000, greatest and greatest / 1000
    # A virtual machine has no say in its clock and tells it here at best.
    lines = (_text(root / "proc/cpuinfo") or "").splitlines()
    told = _mean(line.partition(":")[2] for line in lines if line.startswith("cpu MHz"))
    return ", ".join(governors) or None, told, None


def gpu(device: str) -> Gpu | None:
    """What `nvidia-smi` says of `device` (`"cuda:N"`); None for a CPU, or where it cannot be asked.

    CUDA and `nvidia-smi` have to number alike for that: see `number_by_bus`.
    """
    if not device.startswith("cuda"):
        return None
    number_by_bus()
    number = int(device.partition(":")[2] or 0)
    # What torch counts from 0 are those that this variable leaves.
    visible = [word.strip() for word in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if word.strip()]
    which = visible[number] if number < len(visible) else str(number)
    if which.isdecimal() and os.environ["CUDA_DEVICE_ORDER"] != "PCI_BUS_ID":
        return None  # CUDA and nvidia-smi may mean different devices by it
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
    """Reads the answer of `nvidia-smi`, figures separated by commas; None if it is another."""
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
    found = [value for text in texts if (value := _number(text)) is not None]
    return sum(found) / len(found) if found else None


def _cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"
