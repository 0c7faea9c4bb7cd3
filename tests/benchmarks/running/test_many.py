"""Memory and disk writes of a run grow no faster than necessary with the number of sequences."""

from __future__ import annotations

import weakref
from pathlib import Path

import numpy as np
import pytest

from benchmarks.datasets import Dataset, Frames, Sequence
from benchmarks.running import RunSettings, run
from benchmarks.store import read_run
from trackers.catalog import TrackerSpec
from trackers.tracker import Frame

IO = Path("/proc/self/io")
SLOTS = """
import numpy as np
from trackers.tracker import BatchTracker

class Still(BatchTracker):
    deterministic = True
    def __init__(self, slots: int = 1): self.boxes = np.zeros((slots, 4))
    def init(self, slots, frames, boxes): self.boxes[slots] = boxes
    def update(self, slots, frames): return self.boxes[slots]
"""


class Gray(Frames):
    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Frame:
        return np.zeros((24, 32, 3), np.uint8)

    def fingerprint(self) -> str:
        return str(self.length)


class Many(Dataset):
    """`count` sequences of three frames; records how many were in memory at once."""

    name = title = "many"

    def __init__(self, count: int) -> None:
        self.all_names = tuple(f"s{number:04}" for number in range(count))
        self.alive: list[weakref.ref[Sequence]] = []
        self.most = 0

    def names(self) -> tuple[str, ...]:
        return self.all_names

    def __getitem__(self, name: str) -> Sequence:
        self.alive = [one for one in self.alive if one() is not None]
        self.most = max(self.most, len(self.alive))
        truth = np.tile([4.0, 4, 12, 10], (3, 1))
        sequence = Sequence(name, truth, (), lambda: Gray(3), size=(32, 24))
        self.alive.append(weakref.ref(sequence))
        return sequence


def still(count: int, results: Path, tracker: str = "still", **options: int) -> Many:
    dataset = Many(count)
    settings = RunSettings(TrackerSpec(tracker), "still", results, **options)
    summary = run(settings, dataset, dataset.names())
    assert [record.status for record in summary.records.values()] == ["ok"] * count
    return dataset


def test_run_holds_one_ground_truth_at_a_time(tmp_path: Path) -> None:
    assert still(60, tmp_path / "r").most <= 4


def test_batch_holds_only_its_slots_ground_truth(tmp_path: Path) -> None:
    (tmp_path / "slots.py").write_text(SLOTS)
    assert still(60, tmp_path / "r", f"{tmp_path / 'slots.py'}:Still", batch=8).most <= 8 + 4


def test_bytes_written_grow_linearly(tmp_path: Path) -> None:
    if not IO.exists():
        pytest.skip("needs Linux's /proc to count what is written")
    still(2, tmp_path / "warm")
    written = []
    for count in (30, 120):
        before = _written()
        still(count, tmp_path / str(count))
        written.append(_written() - before)
    assert 3 < written[1] / written[0] < 5  # 13 if the manifest were rewritten after each sequence


def test_file_handles_do_not_leak(tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("needs Linux's /proc to count file handles")
    before = len(list(handles.iterdir()))
    still(30, tmp_path / "r")
    assert len(list(handles.iterdir())) <= before


def test_half_finished_run_runs_the_other_half(tmp_path: Path) -> None:
    still(40, tmp_path / "r")
    folder = tmp_path / "r" / "many" / "still" / "ope"
    kept = {path: path.stat().st_mtime_ns for path in sorted(folder.glob("s*.txt"))}
    removed = list(kept)[::4]
    for path in removed:
        path.unlink()
    dataset = Many(40)
    summary = run(RunSettings(TrackerSpec("still"), "still", tmp_path / "r"), dataset, dataset.names())
    assert summary.reused == 20
    assert not summary.failed
    again = {path for path, moment in kept.items() if path.stat().st_mtime_ns != moment}
    assert len(again) == 40  # two files of each sequence that was not finished
    assert len(read_run(tmp_path / "r", "many", "still").trajectories) == 40


def test_ground_truth_changed_during_the_run_fails(tmp_path: Path) -> None:
    class Edited(Many):
        read = 0

        def __getitem__(self, name: str) -> Sequence:
            sequence = super().__getitem__(name)
            if name == "s0001":
                self.read += 1
                sequence.truth[1:] += self.read
            return sequence

    dataset = Edited(3)
    summary = run(RunSettings(TrackerSpec("still"), "still", tmp_path / "r"), dataset, dataset.names())
    assert {name: record.message for name, record in summary.failed.items()} == {
        "s0001": "s0001: its ground truth was changed since the run began; run it again"
    }


def _written() -> int:
    accounts = dict(line.split(": ") for line in IO.read_text().splitlines())
    return int(accounts["wchar"])
