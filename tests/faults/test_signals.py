"""Whoever is told to end keeps what is finished and leaves nothing behind; what hangs does not stay."""

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
def test_at_any_time(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    mode, kind = MODES[turn % 4], (signal.SIGINT, signal.SIGTERM)[turn % 3 == 1]
    results = tmp_path / mode
    dice = random.Random(turn)
    moment = bench.moment(dice, mode)
    process = bench.start(bench.words(results, mode), SLEEP=SLEEP)
    # Until then it is Python that answers.
    assert until(lambda: loaded(process.popen.pid))
    time.sleep(moment)
    bench.injected[f"{kind.name} at some time, {mode}"] += 1
    process.popen.send_signal(kind)
    if turn % 5 == 4:  # somebody is impatient
        time.sleep(dice.uniform(0, 0.1))
        process.popen.send_signal(kind)
    status, said = process.end()
    # Before and after the run the signal may end the process itself, which a shell calls 130 and 143.
    assert status in (0, 130, -kind), (status, said)
    if status == -signal.SIGINT:
        assert "sequences ok" in said or "interrupted" in said, "Python alone answers when all is over"
    if status == 130:
        assert said.splitlines()[-1].startswith("interrupted"), said
    assert not list(results.rglob("run.lock")) or status < 0
    bench.check_partly(results, mode)
    bench.check_whole(results, mode)


def loaded(pid: int) -> bool:
    """Whether a process has come as far as numpy, which is loaded within the command."""
    try:
        return "multiarray" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return True


def test_within_the_writing_of_files(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    mode, kind = MODES[(turn // 2) % 4], ("SIGINT", "SIGTERM")[turn % 2]
    results = tmp_path / mode
    bench.injected[f"{kind} in the writing of files, {mode}"] += 1
    fault = f"{kind} {bench.step(random.Random(turn), mode)}"
    status, said = bench.ran(bench.words(results, mode), FAULT=fault)
    assert status == 130, said
    assert "interrupted; what was finished is kept" in said
    assert not list(results.rglob("run.lock"))
    bench.check_partly(results, mode)
    bench.check_whole(results, mode)


@pytest.mark.turns(1, 2)
def test_a_tracker_that_hangs_does_not_outlive_a_benchmark_that_is_killed(
    bench: FaultHarness, tmp_path: Path, turn: int
) -> None:
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
    process.end()  # which makes sure that nothing is left of it
    assert not Path(frame).parent.exists(), "its frames stay in memory"
