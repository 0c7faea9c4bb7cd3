from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from trackers.devices import resolve_device
from trackers.errors import UserError


def test_a_device_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_freed_memory_is_kept_and_not_faulted_in_again() -> None:
    program = (
        "import resource, sys\nimport numpy as np\nfrom trackers.devices import keep_freed_memory\n"
        "if sys.argv[1] == 'keep': keep_freed_memory()\n"
        "for _ in range(3): np.ones(10_000_000)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(10): np.ones(10_000_000)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n"
    )

    def faults(how: str) -> int:
        # Huge pages would make the difference small and depend on the system's settings.
        environment = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}
        command = [sys.executable, "-c", program, how]
        return int(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)

    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc can be asked")
    assert faults("keep") < faults("leave") / 10
