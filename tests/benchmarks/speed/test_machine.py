from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.speed import machine
from benchmarks.speed.machine import Conditions, Gpu, cpu_clock, gpu, read_gpu

QUIET = Conditions(0.3, 1.2, "performance", 2900.0, 3000.0)
IDLE = Gpu("580.65", 345.0, 1980.0, 0.0, 31.0)


def core(root: Path, number: int, governor: str, present: int, greatest: int) -> None:
    policy = root / f"sys/devices/system/cpu/cpufreq/policy{number}"
    policy.mkdir(parents=True)
    (policy / "scaling_governor").write_text(f"{governor}\n")
    (policy / "scaling_cur_freq").write_text(f"{present}\n")
    (policy / "cpuinfo_max_freq").write_text(f"{greatest}\n")


def test_clocks_of_linux(tmp_path: Path) -> None:
    core(tmp_path, 0, "powersave", 1_200_000, 3_400_000)
    core(tmp_path, 1, "powersave", 2_400_000, 3_400_000)
    assert cpu_clock(tmp_path) == ("powersave", 1800.0, 3400.0)
    core(tmp_path, 2, "performance", 3_000_000, 4_000_000)
    assert cpu_clock(tmp_path) == ("performance, powersave", 2200.0, 3600.0)


def test_clocks_of_a_virtual_machine(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("model name : X\ncpu MHz\t\t: 2400.0\n\ncpu MHz\t\t: 2600.0\n")
    assert cpu_clock(tmp_path) == (None, 2500.0, None)


def test_unknown_clocks(tmp_path: Path) -> None:
    assert cpu_clock(tmp_path) == (None, None, None)


def test_nvidia_smi_output() -> None:
    assert read_gpu("580.65, 345, 1980, 0, 31\n") == IDLE
    assert read_gpu("580.65, [N/A], 1980, [Not Supported], 31\n") == replace(IDLE, mhz=None, utilization=None)
    assert read_gpu("No devices were found\n") is None
    assert read_gpu("") is None


def test_nvidia_smi_is_asked_for_torchs_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\necho "$1, 345, 1980, 0, 31"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    assert gpu("cpu") is None
    found = [gpu("cuda:1"), gpu("cuda")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,GPU-abc")
    found.append(gpu("cuda:1"))
    assert [one and one.driver for one in found] == ["--id=1", "--id=0", "--id=GPU-abc"]
    # With the fastest GPU first, CUDA's numbers differ from nvidia-smi's.
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    assert gpu("cuda:0") is None
    named = gpu("cuda:1")
    assert named is not None
    assert named.driver == "--id=GPU-abc"
    monkeypatch.delenv("CUDA_DEVICE_ORDER")
    found = [gpu("cuda:0")]
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID", "so that CUDA, which comes later, numbers alike"
    assert found[0] is not None
    program.write_text("#!/bin/sh\nexit 6\n")
    assert gpu("cuda:0") is None


def test_missing_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu("cuda:0") is None


def test_quiet_machine() -> None:
    assert QUIET.busy(cores=4) == []
    assert QUIET.scaling() == []


@pytest.mark.parametrize(
    ("changes", "cores", "expected"),
    [
        ({"load_before": 0.9}, 4, "the machine was busy: load average 0.9 on 4 cores before"),
        ({"load_before": 0.3}, 1, "the machine was busy: load average 0.3 on 1 core before"),
        ({"gpu_before": replace(IDLE, utilization=63.0)}, 4, "the GPU was busy: 63 % before"),
    ],
)
def test_busy_machine(changes: dict[str, object], cores: int, expected: str) -> None:
    [sentence] = replace(QUIET, **changes).busy(cores)  # type: ignore[arg-type]
    assert sentence.startswith(expected)


def test_unknown_figures_raise_no_doubt() -> None:
    conditions = Conditions(None, None, None, None, None, replace(IDLE, utilization=None))
    assert conditions.busy(4) + conditions.scaling() == []


def test_clock_that_follows_the_load() -> None:
    [sentence] = replace(QUIET, governor="powersave").scaling()
    assert "governor powersave, not performance" in sentence


def test_system_without_load_averages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError

    monkeypatch.setattr("os.getloadavg", fail)
    assert machine.load_average() is None
