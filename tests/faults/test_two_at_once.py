"""Two writers of one folder: the second is refused, and nothing is mixed."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from fault_injection import SLEEP, FaultHarness, state, where
from processes import until

from benchmarks.cli.main import main


@pytest.mark.turns(1, 10)
def test_second_of_two_runs_is_refused(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    """Runs of the same tracker, or of two."""
    other = turn % 2 == 0
    bench.injected["two runs in one folder"] += 1
    bench.whole("alone")
    first = bench.start(bench.words(tmp_path), SLEEP=SLEEP)
    words = bench.words(tmp_path)
    if other:
        words[words.index("--tracker") + 1] = f"{bench.folder / 't.py'}:Other"
    time.sleep(random.Random(turn).uniform(0, 0.3) if turn else 0)
    second = bench.start(words, SLEEP=SLEEP)
    ends = {0: first.end(), 1: second.end()}
    winners = [number for number, (status, _) in ends.items() if status == 0]
    [loser] = set(ends) - set(winners)
    status, said = ends[loser]
    assert status == 2
    assert f" is writing into {where(tmp_path)}; wait until it has ended, or keep these" in said
    if not other:
        assert state(tmp_path) == bench.whole("alone")
    else:
        alone = tmp_path / "again"
        command = words if winners == [1] else bench.words(tmp_path)
        command[command.index("--results") + 1] = str(alone)
        assert bench.went_well(command)[0] == 0
        assert state(tmp_path) == state(alone)


def test_lock_of_a_killed_run_does_not_block(bench: FaultHarness, tmp_path: Path) -> None:
    bench.injected["a lock that was left behind"] += 1
    process = bench.start(bench.words(tmp_path), SLEEP=SLEEP)
    assert until((where(tmp_path) / "run.json").exists)
    process.popen.kill()
    process.end()
    assert (where(tmp_path) / "run.lock").exists()
    bench.check_whole(tmp_path, "alone")
    assert not (where(tmp_path) / "run.lock").exists()


def test_import_into_an_active_run_is_refused(
    bench: FaultHarness, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.injected["two runs in one folder"] += 1
    bench.whole("alone")
    process = bench.start(bench.words(tmp_path), SLEEP=SLEEP)
    assert until((where(tmp_path) / "run.json").exists)
    words = ["import", str(bench.videos), "--from", "txt", "--tracker", "t", "--dataset", "folder"]
    words += ["--data-root", str(bench.videos), "--results", str(tmp_path), "--overwrite"]
    assert main(words) == 2
    assert f"is writing into {where(tmp_path)}" in capsys.readouterr().err
    assert process.end()[0] == 0
    assert state(tmp_path) == bench.whole("alone")
