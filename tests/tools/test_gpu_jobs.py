from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]


def jobs(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "gpu_jobs.py"), *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )


def test_a_dry_run_says_what_is_left(tmp_path: Path) -> None:
    done = jobs("--out", str(tmp_path), "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "cuda-tests: would write cuda-tests.xml",
        "siamfc-demo: needs --weights",
    ]
    (tmp_path / "cuda-tests.xml").touch()
    done = jobs("--out", str(tmp_path), "--dry-run", "--weights", "w.pth")
    assert done.stdout.splitlines() == ["cuda-tests: done", "siamfc-demo: would write siamfc-demo.json"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_nothing_counts_as_done(tmp_path: Path) -> None:
    done = jobs("--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "device 'cuda' cannot be used" in done.stderr
    assert not (tmp_path / "out").exists()
