from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from processes import ROOT, alive, until

from benchmarks.speed.subprocess_call import call_in_subprocess, environment_variables
from trackers.errors import UserError

HANGS = "import os, pathlib, time; pathlib.Path({!r}, f'pid-{{os.getpid()}}').touch(); time.sleep(600)"


def test_function_runs_in_another_process() -> None:
    assert call_in_subprocess(os.getpid) != os.getpid()


def test_exception_is_raised_in_the_caller() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        call_in_subprocess(int, "x")


def test_process_that_ends_without_a_result() -> None:
    with pytest.raises(UserError, match="ended with status 3 and without a result"):
        call_in_subprocess(os._exit, 3)


def test_output_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert call_in_subprocess(print, "loading") is None
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "loading\n")


def test_interrupt_ends_the_process() -> None:
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        call_in_subprocess(time.sleep, 60)
    assert time.monotonic() - begin < 20
    assert multiprocessing.active_children() == []


def test_process_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from benchmarks.speed.subprocess_call import call_in_subprocess\n"
        f"if __name__ == '__main__': call_in_subprocess(exec, {HANGS.format(str(tmp_path))!r})"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    assert until(lambda: alive(tmp_path))
    parent.kill()
    parent.wait()
    assert until(lambda: not alive(tmp_path), 20)


def test_variables_are_set_inside_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with environment_variables({"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "3"}):
        assert call_in_subprocess(os.getenv, "OMP_NUM_THREADS") == "3"
        assert call_in_subprocess(os.getenv, "MKL_NUM_THREADS") == "3"
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert "MKL_NUM_THREADS" not in os.environ
