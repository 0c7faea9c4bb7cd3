"""Files and folders that are removed or changed during a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fault_injection import DATASET, SLEEP, FaultHarness, Process, state, videos, where
from PIL import Image
from processes import until

from benchmarks.store import read_run

FIRST, *OTHERS = "four", "one", "three", "two"
"""The sequences in the order of the run."""


def start_run(bench: FaultHarness, results: Path, mode: str, data: Path | None = None) -> Process:
    """Starts a run and waits until its first sequence is done and its journal exists."""
    bench.whole(mode)
    process = bench.start(bench.words(results, mode, data=data), SLEEP=SLEEP)
    assert until((where(results) / "run.journal").exists)
    return process


@pytest.mark.turns(1, 3)
def test_results_removed_during_a_run(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    what = ("all results", "one file", "the run's folder")[turn]
    bench.injected[f"{what} removed while a run goes on"] += 1
    results = tmp_path / "r"
    process = start_run(bench, results, "alone")
    if what == "one file":
        (where(results) / f"{FIRST}.txt").unlink()
    else:
        shutil.rmtree(results if what == "all results" else where(results))
    status, said = process.end()
    assert status == 1, said
    assert (
        f"{FIRST} failed: its results were removed or changed before the run had ended; run it again" in said
    )
    assert "3 of 4 sequences ok" in said
    assert set(read_run(results, DATASET, "t").trajectories) == set(OTHERS)
    status, said = bench.went_well(bench.words(results))
    assert "4 of 4 sequences ok (3 from an earlier run)" in said
    assert state(results) == bench.whole("alone")


def test_folder_replaced_by_another_run(bench: FaultHarness, tmp_path: Path) -> None:
    bench.injected["a run's folder replaced by another's while it goes on"] += 1
    results, other = tmp_path / "r", tmp_path / "other"
    words = [*bench.words(other), "--seed", "1"]
    assert bench.went_well(words)[0] == 0
    process = start_run(bench, results, "alone")
    shutil.rmtree(results)
    shutil.copytree(other, results)
    status, said = process.end()
    assert status == 2, said
    assert "was changed by another process while this run wrote there" in said
    assert state(results) == state(other)


@pytest.mark.turns(1, 3)
def test_frames_removed_during_a_run(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    mode = ("batch", "alone", "workers")[turn]
    bench.injected[f"frames removed while a run goes on, {mode}"] += 1
    data, results = videos(tmp_path / "videos"), tmp_path / mode
    process = start_run(bench, results, mode, data)
    for name in OTHERS:
        for path in (data / name).glob("*.png"):
            path.unlink()
    status, said = process.end()
    manifest = json.loads((where(results) / "run.json").read_text())["sequences"]
    failed = {name for name, record in manifest.items() if record["status"] != "ok"}
    assert status == 1, said
    assert failed
    for name in failed:
        assert f"{name} failed: " in said
    videos(data)
    bench.check_whole(results, mode)


@pytest.mark.turns(1, 2)
def test_frames_replaced_during_a_run(bench: FaultHarness, tmp_path: Path, turn: int) -> None:
    """Results on the new frames must not count as results on those from the start of the run."""
    mode = ("alone", "batch")[turn]
    bench.injected[f"frames replaced while a run goes on, {mode}"] += 1
    data, results = videos(tmp_path / "videos"), tmp_path / mode
    process = start_run(bench, results, mode, data)
    done = json.loads((where(results) / "run.json").read_text())["sequences"]
    for name in {FIRST, *OTHERS} - set(done):
        for path in (data / name).glob("*.png"):
            Image.new("RGB", (32, 24), "red").save(path)
    status, said = process.end()
    assert status == 1, said
    assert "its frames were changed since the run began; run it again" in said
    bench.check_partly(results, mode)
    videos(data)
    bench.check_whole(results, mode)


def test_unreadable_data_keeps_earlier_results(bench: FaultHarness, tmp_path: Path) -> None:
    bench.injected["frames gone when a run goes on"] += 1
    data, results = videos(tmp_path / "videos"), tmp_path / "r"
    bench.whole("alone")
    assert bench.went_well(bench.words(results, data=data))[0] == 0
    (data / "two" / "0003.png").rename(tmp_path / "away.png")
    status, said = bench.went_well(bench.words(results, data=data))
    assert status == 1
    assert "two failed: " in said
    assert "its earlier results are kept" in said
    assert state(results) == bench.whole("alone")
    (tmp_path / "away.png").rename(data / "two" / "0003.png")
    status, said = bench.went_well(bench.words(results, data=data))
    assert "4 of 4 sequences ok (4 from an earlier run)" in said
