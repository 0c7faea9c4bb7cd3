"""Signals: finished results are kept, nothing is left behind, and no hanging process stays."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from fault_injection import SLEEP, FaultHarness
from processes import until

MODES = ("alone", "workers", "isolated", "batch")


@pytest.mark.turns(2, 1000)
def test_signal_at_any_time_keeps_finished_results(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    mode, kind = MODES[turn % 4], (signal.SIGINT, signal.SIGTERM)[turn % 3 == 1]
    results = tmp_path / mode
    dice = random.Random(turn)
    moment = bench.moment(dice, mode)
    process = bench.start(bench.words(results, mode), SLEEP=SLEEP)
    # Until then Python handles the signal.
    assert until(lambda: has_loaded_numpy(process.popen.pid))
    time.sleep(moment)
    bench.injected[f"{kind.name} at some time, {mode}"] += 1
    process.popen.send_signal(kind)
    if turn % 5 == 4:  # an impatient user
        time.sleep(dice.uniform(0, 0.1))
        process.popen.send_signal(kind)
    status, said = process.end()
    # Before and after the run the signal may end the process itself, which a shell reports as 130 or 143.
    assert status in (0, 130, -kind), (status, said)
    if status == -signal.SIGINT:
        assert "sequences ok" in said or "interrupted" in said, (
            "Python handles the signal only when the run is over"
        )
    if status == 130:
        assert said.splitlines()[-1].startswith("interrupted"), said
    assert not list(results.rglob("run.lock")) or status < 0
    bench.check_partly(results, mode)
    bench.check_whole(results, mode)


def has_loaded_numpy(pid: int) -> bool:
    """Whether a process has loaded NumPy, which the command itself does."""
    try:
        return "multiarray" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return True


def test_signal_during_writing_keeps_finished_results(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    mode, kind = MODES[(turn // 2) % 4], ("SIGINT", "SIGTERM")[turn % 2]
    results = tmp_path / mode
    bench.injected[f"{kind} in the writing of files, {mode}"] += 1
    fault = f"{kind} {bench.step(random.Random(turn), mode)}"
    status, said = bench.ran(bench.words(results, mode), FAULT=fault)
    assert status == 130, said
    assert "interrupted; finished work is kept" in said
    assert not list(results.rglob("run.lock"))
    bench.check_partly(results, mode)
    bench.check_whole(results, mode)


@pytest.mark.turns(1, 2)
def test_hanging_tracker_ends_with_a_killed_benchmark(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    bench.injected["SIGKILL while a tracker hangs"] += 1
    told = tmp_path / "told"
    words = [*bench.words(tmp_path / "results"), *((), ("--workers", "2"))[1 - turn]]
    words[words.index("--tracker") + 1] = f"process:{sys.executable} {bench.folder / 'hangs.py'} {told}"
    process = bench.start(words)
    assert until(told.exists)
    frame, stray = json.loads(told.read_text())
    assert Path(frame).exists()
    assert stray in process.family()
    process.popen.kill()
    process.end()  # which checks that no process is left
    assert not Path(frame).parent.exists(), "its frames stay in memory"
