"""Runs that are killed at any moment and resumed give the same bytes as uninterrupted runs."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from fault_injection import SLEEP, FaultHarness, state, where


def run_and_kill(bench: FaultHarness, results: Path, mode: str, dice: random.Random, by_step: bool) -> None:
    """Starts a run and kills it: at a step of writing files, or after some time."""
    words = bench.words(results, mode)
    if by_step:
        bench.injected[f"SIGKILL in the writing of files, {mode}"] += 1
        status, said = bench.ran(words, FAULT=f"SIGKILL {bench.step(dice, mode)}")
    else:
        bench.injected[f"SIGKILL at some time, {mode}"] += 1
        process = bench.start(words, SLEEP=SLEEP)
        time.sleep(bench.moment(dice, mode))
        process.popen.kill()
        status, said = process.end()
    assert status in (-signal.SIGKILL, 0), said  # 0: it had ended before


def kill_and_resume(bench: FaultHarness, results: Path, mode: str, turn: int) -> None:
    dice = random.Random(f"{mode} {turn}")
    run_and_kill(bench, results, mode, dice, by_step=turn % 2 == 0)
    bench.check_partly(results, mode)
    if turn % 4 == 3:  # the resumed run can be killed as well
        run_and_kill(bench, results, mode, dice, by_step=True)
        bench.check_partly(results, mode)
    bench.check_whole(results, mode)


@pytest.mark.turns(4, 1000)
def test_killed_run(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    kill_and_resume(bench, tmp_path, "alone", turn)


def test_killed_run_of_an_isolated_tracker(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    kill_and_resume(bench, tmp_path, "isolated", turn)


def test_killed_batch_run(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    kill_and_resume(bench, tmp_path / "batch", "batch", turn)


def test_killed_run_that_overwrites_another(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    """The files on disk belong to one run or to the other, and it is clear to which."""
    words = bench.words(tmp_path)
    assert bench.went_well([*words, "--seed", "1"])[0] == 0
    other = state(tmp_path)
    bench.injected["SIGKILL in the writing of files, --overwrite"] += 1
    fault = f"SIGKILL {bench.step(random.Random(turn), 'alone') // (1, 4)[turn % 2]}"
    status, said = bench.ran([*words, "--overwrite"], FAULT=fault)
    assert status in (-signal.SIGKILL, 0), said
    manifest = where(tmp_path) / "run.json"
    if manifest.exists() and json.loads(manifest.read_text())["identity"]["seed"] == 1:
        (where(tmp_path) / "run.lock").unlink()
        assert state(tmp_path) == other
    else:
        bench.check_partly(tmp_path, "alone")
    assert bench.went_well([*words, "--overwrite"])[0] == 0
    bench.check_whole(tmp_path, "alone")


def test_killed_driver_of_workers(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    kill_and_resume(bench, tmp_path, "workers", turn + 1)


def test_killed_worker(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    dice = random.Random(turn)
    bench.whole("workers")
    process = bench.start(bench.words(tmp_path, "workers"), SLEEP=SLEEP)
    until = time.monotonic() + 60
    while not process.workers() and process.popen.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(dice.uniform(0, 1))
    if workers := process.workers():
        bench.injected["SIGKILL of a worker"] += 1
        with suppress(ProcessLookupError):
            os.kill(dice.choice(workers), signal.SIGKILL)
    status, said = process.end()
    # The first worker reports what the tracker is; without it the run cannot start.
    assert status == 0 or (status == 2 and "while building the tracker" in said), said
    bench.check_partly(tmp_path, "workers")
    bench.check_whole(tmp_path, "workers")
