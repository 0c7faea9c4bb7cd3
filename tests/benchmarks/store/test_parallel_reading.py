"""Runs read by worker processes: the same runs in the same order, even if a reader is killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest

from benchmarks.protocols import Trajectory
from benchmarks.store import Manifest, RunFolder, RunResults, SequenceRecord, parallel_reading
from benchmarks.store.parallel_reading import apply_to_runs, read_runs_parallel
from trackers.errors import UserError


@pytest.fixture
def folders(tmp_path: Path) -> list[RunFolder]:
    """Five runs of two sequences; the manifest of the third is damaged."""
    made = []
    for number in range(5):
        folder = RunFolder(tmp_path, "demo", f"t{number}", "ope")
        manifest = Manifest("demo", None)
        for name in ("b", "a"):
            boxes = np.full((3, 4), number + 0.1)
            runs = folder.write(name, [Trajectory(boxes, np.ones(3))])
            manifest.sequences[name] = SequenceRecord("ok", runs=runs)
        manifest.sequences["c"] = SequenceRecord("failed", "out of memory")
        manifest.write(folder.manifest_path)
        made.append(folder)
    made[2].manifest_path.write_text("{")
    return made


def summarize(found: list[RunResults | UserError]) -> list[object]:
    return [
        str(one)
        if isinstance(one, UserError)
        else (one.tracker, one.failed, {n: t[0].boxes.tolist() for n, t in one.trajectories.items()})
        for one in found
    ]


def test_readers_return_the_same_runs(folders, monkeypatch):
    alone = summarize(list(read_runs_parallel(folders)))
    monkeypatch.setattr(parallel_reading, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 2)
    assert summarize(list(read_runs_parallel(folders))) == alone
    assert "t2/ope/run.json is not a run's manifest" in str(alone[2])
    assert list(alone[4][2]) == ["b", "a"]


def test_runs_of_a_killed_reader_are_read_here(folders, monkeypatch):
    alone = summarize(list(read_runs_parallel(folders)))
    monkeypatch.setattr(parallel_reading, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 2)
    monkeypatch.setattr(
        parallel_reading, "python_command", lambda _: [sys.executable, "-c", "raise SystemExit(3)"]
    )
    assert summarize(list(read_runs_parallel(folders))) == alone


def test_readers_stop_with_the_iterator(folders, monkeypatch):
    started = []

    def popen(*words, **options):
        started.append(Popen(*words, **options))
        return started[-1]

    monkeypatch.setattr(parallel_reading, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 2)
    monkeypatch.setattr(parallel_reading.subprocess, "Popen", popen)
    runs = read_runs_parallel(folders)
    next(runs)
    runs.close()
    assert len(started) == 2
    assert not any(one.poll() is None for one in started)


def test_times_are_nan_unless_requested(folders):
    [run] = read_runs_parallel(folders[:1], with_times=False)
    assert isinstance(run, RunResults)
    assert np.isnan(run.trajectories["a"][0].seconds).all()


class Mean:
    """Work that other processes can do; refuses one run."""

    def __call__(self, run: RunResults) -> tuple[str, float, int]:
        if run.tracker == "t3":
            raise UserError("t3 is refused")
        return run.tracker, float(run.trajectories["a"][0].boxes.mean()), os.getpid()


def outcomes(found: list[tuple[str, float, int] | UserError]) -> list[object]:
    return [str(one) if isinstance(one, UserError) else one[:2] for one in found]


@pytest.fixture
def two_readers(monkeypatch, folders):
    monkeypatch.setattr(parallel_reading, "MIN_PARALLEL_BYTES", 0)
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 2)
    # The readers import this module, which defines the work.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))


def test_readers_do_the_work(folders, monkeypatch, two_readers):
    found = list(apply_to_runs(folders, Mean()))
    monkeypatch.setattr(parallel_reading, "usable_cores", lambda: 1)
    alone = list(apply_to_runs(folders, Mean()))
    assert outcomes(found) == outcomes(alone)
    assert outcomes(alone)[3] == "t3 is refused"
    assert "run.json is not a run's manifest" in str(alone[2])
    assert {one[2] for one in alone if not isinstance(one, UserError)} == {os.getpid()}
    processes = {one[2] for one in found if not isinstance(one, UserError)}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_work_that_cannot_be_sent_is_done_here(folders, two_readers):
    here = []
    found = list(apply_to_runs(folders, lambda run: here.append(run.tracker) or run.tracker))
    assert here == ["t0", "t1", "t3", "t4"]
    assert [one for one in found if not isinstance(one, UserError)] == here


def test_work_of_a_killed_reader_is_done_here(folders, monkeypatch, two_readers):
    monkeypatch.setattr(
        parallel_reading, "python_command", lambda _: [sys.executable, "-c", "raise SystemExit(3)"]
    )
    found = list(apply_to_runs(folders, Mean()))
    assert [one[2] for one in found if not isinstance(one, UserError)] == [os.getpid()] * 3


def test_work_that_readers_cannot_import_is_done_here(folders, monkeypatch, two_readers, capfd):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path[1:]))
    monkeypatch.setattr(Mean, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Mean", Mean, raising=False)
    found = list(apply_to_runs(folders, Mean()))
    assert [one[2] for one in found if not isinstance(one, UserError)] == [os.getpid()] * 3
    assert capfd.readouterr().err == ""
