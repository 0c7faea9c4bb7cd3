"""Devices by name, out-of-memory errors, and glibc's freed memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from trackers.devices import is_out_of_memory, resolve_device
from trackers.errors import UserError


def test_missing_device_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"
    with pytest.raises(UserError, match=r"device 'cuda' cannot be used: .*give --device cpu"):
        resolve_device("cuda")
    with pytest.raises(UserError, match=r"there is no device 'gpu'; give auto, cpu"):
        resolve_device("gpu")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("auto") == "cuda:0"
    assert resolve_device("cuda:1") == "cuda:1"
    with pytest.raises(UserError, match="no device 'cuda:2'; this machine has cuda:0 to cuda:1"):
        resolve_device("cuda:2")


def test_rocm_build_is_not_called_cpu_build(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", "6.4")
    with pytest.raises(UserError, match="this torch is built for ROCm and sees no AMD GPU"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.version, "hip", None)
    with pytest.raises(UserError, match="this torch is a CPU build"):
        resolve_device("cuda")


def test_devices_are_numbered_by_bus_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    resolve_device("auto")
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    resolve_device("auto")
    assert os.environ["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported", True),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", True),
        ("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("Error while decoder_threads JPEG images: NVJPEG_STATUS_ALLOCATOR_FAILURE", True),
        ("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", False),
        ("CUDA error: an illegal memory access was encountered", False),
    ],
)
def test_out_of_memory_is_recognized(sentence: str, expected: bool) -> None:
    assert is_out_of_memory(RuntimeError(sentence)) is expected
    assert not is_out_of_memory(ValueError(sentence))


@pytest.mark.parametrize(
    "keeping",
    [
        "from trackers.devices import keep_freed_memory; keep_freed_memory()",
        "from benchmarks.running.decoding import prefetch; prefetch.decoder_threads(False).__enter__()",
        "from benchmarks.running.decoding.prefetch import batch_decoder_threads; batch_decoder_threads()",
    ],
)
def test_freed_memory_is_kept(keeping: str) -> None:
    program = (
        "import resource, sys\nimport numpy as np\n"
        f"if sys.argv[1] == 'keep':\n    {keeping}\n"
        "for _ in range(3): np.ones(10_000_000)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(10): np.ones(10_000_000)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )

    def faults(how: str) -> int:
        # With huge pages the difference would be small, and depend on the system's settings.
        environment = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}
        command = [sys.executable, "-c", program, how]
        return int(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)

    if platform.libc_ver()[0] != "glibc":
        pytest.skip("needs glibc")
    assert faults("keep") < faults("leave") / 10
