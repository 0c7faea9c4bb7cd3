"""Real runs on the command line, with injected faults."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from processes import ROOT, until

from benchmarks.box_text import parse_rows
from benchmarks.cli.main import main
from benchmarks.store import RunFolder, read_run
from benchmarks.store.digests import digest

LENGTHS = {"one": 8, "two": 12, "three": 20, "four": 9}

# Uses random numbers, so that a resumed run with other seeds is noticed.
TRACKERS = """
import json, os, random, sys, time
import numpy as np
from trackers.tracker import BatchTracker, Tracker

SLEEP = float(os.environ.get("SLEEP", "0"))

class Draws(Tracker):
    def init(self, frame, box): self.box = box
    def update(self, frame):
        time.sleep(SLEEP)
        self.box = self.box + [random.random(), float(frame[1, 1, 1]) / 255, 0, 0]
        return self.box

class Other(Draws):
    def update(self, frame): return super().update(frame) + 1

class Weighed(Draws):
    def __init__(self, weights=None, rate: float = 1.0):
        self.weight = float(weights.read_text()) * rate
    def update(self, frame):
        if "FAIL" in os.environ and not os.path.exists(os.environ["FAIL"] + "/failed"):
            open(os.environ["FAIL"] + "/failed", "w").close()
            open(os.environ["CHANGE"], "a").write("7")
            raise RuntimeError("once")
        return super().update(frame) + self.weight

class Many(BatchTracker):
    deterministic = True
    def __init__(self, slots: int = 1): self.boxes = np.zeros((slots, 4))
    def init(self, slots, frames, boxes): self.boxes[slots] = boxes
    def update(self, slots, frames):
        time.sleep(SLEEP)
        self.boxes[slots] += np.array([[f[1, 1, 1] / 255, f[2, 2, 2] / 255, 0, 0] for f in frames])
        return self.boxes[slots].copy()
"""

# Reports the path of its frames, and hangs at the fifth, as does a process that it starts.
HANGS = """
import json, os, subprocess, sys, time
print('{"ready": 1}', flush=True)
for number, line in enumerate(sys.stdin):
    request = json.loads(line)
    if number == 4:
        sleeps = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleeps, start_new_session=True)
        with open(sys.argv[1] + ".new", "w") as file: json.dump([request["track"], child.pid], file)
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        while True: time.sleep(600)
    print('{"box": [1, 2, 3, 4]}', flush=True)
"""

DATASET = "folder-videos"

SLEEP = 0.02
"""Seconds per frame in runs that must take some time."""

MODES = {
    "alone": ("Draws",),
    "isolated": ("Draws", "--isolate"),
    "workers": ("Draws", "--workers", "2"),
    "batch": ("Many", "--batch", "2"),
}


class FaultHarness:
    """A data set, trackers, and the results of an undisturbed run of each.

    Args:
        folder: the folder for all files.
        injected: counts the injected faults by kind.
        brief: whether runs without faults happen in this process, which saves its start.
    """

    def __init__(self, folder: Path, injected: Counter[str], brief: bool) -> None:
        self.folder = folder
        self.brief = brief
        self.injected = injected
        self.videos = videos(folder / "videos")
        (folder / "t.py").write_text(TRACKERS)
        (folder / "hangs.py").write_text(HANGS)
        self._whole: dict[str, dict[str, Any]] = {}

    def words(self, results: Path, mode: str = "alone", *options: str, data: Path | None = None) -> list[str]:
        """Returns the arguments of a run, after `python -m benchmarks`."""
        tracker, *rest = MODES[mode]
        data_set = ("--dataset", "folder", "--data-root", str(data or self.videos), "--results", str(results))
        return [
            "run",
            "--tracker",
            f"{self.folder / 't.py'}:{tracker}",
            "--name",
            "t",
            *data_set,
            *rest,
            *options,
        ]

    def start(self, words: list[str], before: tuple[str, ...] = (), **variables: object) -> Process:
        """Starts a command, with environment variables for the shim or the tracker."""
        return Process([*before, sys.executable, "-m", "benchmarks", *words], variables)

    def ran(self, words: list[str], before: tuple[str, ...] = (), **variables: object) -> tuple[int, str]:
        """Runs a command and returns exit status and standard error."""
        return self.start(words, before, **variables).end()

    def went_well(self, words: list[str]) -> tuple[int, str]:
        """Runs a command without faults and returns exit status and standard error."""
        if not self.brief:
            return self.ran(words)
        with redirect_stderr(StringIO()) as said:
            status = main(words)
        return status, said.getvalue()

    def whole(self, mode: str) -> dict[str, Any]:
        """Returns the final state of an undisturbed run."""
        key = "batch" if mode == "batch" else "alone"
        if key not in self._whole:
            results = self.folder / f"whole-{key}"
            count = self.folder / f"steps-{key}"
            begin = time.monotonic()
            status, said = self.ran(self.words(results, key), FAULT=f"count {count}")
            assert status == 0, said
            self._whole[key] = state(results)
            self._steps, self._seconds = int(count.read_text()), time.monotonic() - begin
        return self._whole[key]

    def moment(self, dice: random.Random, mode: str) -> float:
        """Draws a moment, in seconds, during a run with `SLEEP`."""
        self.whole(mode)
        waits = SLEEP * (sum(LENGTHS.values()) - len(LENGTHS))
        return dice.uniform(0.1, waits + self._seconds * (3 if mode in ("workers", "isolated") else 1))

    def step(self, dice: random.Random, mode: str) -> int:
        """Draws one of the steps in which a run's files are written."""
        self.whole(mode)
        return dice.randint(1, self._steps)

    def check_partly(self, results: Path, mode: str) -> None:
        """Checks that all results equal those of an undisturbed run."""
        if not (where(results) / "run.json").exists():
            return
        whole = read_run(self.folder / f"whole-{'batch' if mode == 'batch' else 'alone'}", DATASET, "t")
        for name, trajectories in read_run(results, DATASET, "t").trajectories.items():
            np.testing.assert_array_equal(trajectories[0].boxes, whole.trajectories[name][0].boxes)
            assert len(trajectories[0].seconds) == LENGTHS[name]

    def check_whole(self, results: Path, mode: str) -> None:
        """Resumes a run to its end, and checks that it equals an undisturbed one."""
        status, said = self.went_well(self.words(results, mode))
        assert (status, "4 of 4 sequences ok" in said) == (0, True), said
        found, whole = state(results), self.whole(mode)
        assert found["files"] == whole["files"]
        assert found["manifest"] == whole["manifest"]


class Process:
    """A running command, and the processes that it starts."""

    def __init__(self, command: list[str], variables: dict[str, object]) -> None:
        self.mark = uuid.uuid4().hex
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SOTBENCH_")}
        path = os.pathsep.join((str(Path(__file__).with_name("shim")), str(ROOT)))
        more = {name: str(value) for name, value in variables.items()}
        self.popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env=inherited | {"PYTHONPATH": path, "FAULTS_MARK": self.mark, "OMP_NUM_THREADS": "1"} | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, seconds: float = 120) -> tuple[int, str]:
        """Waits until it and its children end; returns exit status and standard error."""
        try:
            _, said = self.popen.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            raise
        assert until(lambda: not self.family(), 20), f"left behind: {self.family()}"
        assert "Traceback" not in said, said
        return self.popen.returncode, said

    def family(self) -> list[int]:
        """Returns its running processes, including those that it started."""
        mark, found = f"FAULTS_MARK={self.mark}".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
        return found

    def workers(self) -> list[int]:
        """Returns its running workers."""
        return [pid for pid in self.family() if b"benchmarks.running.parallel.process_pool" in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def videos(root: Path) -> Path:
    """Writes a data set of small noise images."""
    rng = np.random.default_rng(0)
    for name, length in LENGTHS.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(length):
            Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)).save(
                root / name / f"{number:04}.png"
            )
        (root / name / "groundtruth.txt").write_text("10,8,6,5\n" * length)
    (root / "sotbench.toml").write_text("one_based = false\n")
    return root


def where(results: Path) -> Path:
    """Returns the folder of the run."""
    return RunFolder(results, DATASET, "t", "ope").path


def state(results: Path) -> dict[str, Any]:
    """Returns the files of a finished run, without its times, which are only checked for plausibility."""
    folder = where(results)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "tracker.log"}
    manifest = json.loads(files.pop("run.json"))
    del manifest["environments"]
    for name, record in manifest["sequences"].items():
        record["environment"] = record["transport"] = 0
        [run] = record["runs"]
        times = files.pop(f"{name}.time.txt")
        assert run.pop("times") == digest(times)
        seconds = parse_rows(times.decode(), 1, name)
        assert len(seconds) == record["frames"] == LENGTHS[name]
        assert "batch" in str(results) or ((seconds >= 0) & (seconds < 60)).all()
    manifest["sequences"] = dict(sorted(manifest["sequences"].items()))
    return {"files": files, "manifest": manifest}
